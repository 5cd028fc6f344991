//! The command line: names, flags and help; each command's work is in the file of its name.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{build, completion, crds, diff, plugin, render, run, version};

/// GitOps for Kubernetes: Flux's API, with every renderer, source and notifier in a sandbox.
#[derive(Debug, Parser)]
#[command(name = "sluice", disable_version_flag = true, max_term_width = 110)]
#[command(after_help = "Examples:
  sluice crds | kubectl apply --server-side -f -       install the kinds
  sluice run --storage-path /data                      run the controllers
  sluice render kustomize ./clusters/prod              print what kustomize build prints
  sluice diff kustomization apps --path ./apps         what local files would change
  sluice render helm web ./charts/web                  print what helm template prints
  sluice plugin list                                   what is built in and installed")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the controllers.
    Run(Box<run::RunArgs>),
    /// Print the custom resource definitions of all kinds.
    Crds(crds::CrdsArgs),
    /// Render manifests through the sandboxed renderers.
    #[command(subcommand)]
    Render(render::RenderCommand),
    /// Print what an object would apply, from local files.
    #[command(subcommand)]
    Build(build::BuildCommand),
    /// Show what local files would change in the cluster.
    #[command(subcommand)]
    Diff(diff::DiffCommand),
    /// Inspect, move and list plugins.
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Print the version.
    Version(version::VersionArgs),
    /// Print a completion script for a shell.
    Completion(completion::CompletionArgs),
}

/// Form of machine-readable output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// Which cluster, and where in it.
#[derive(Debug, Clone, Default, Args)]
pub struct ClusterArgs {
    /// Kubeconfig file; the default is $KUBECONFIG, then the service account of the pod.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<std::path::PathBuf>,
    /// Context of the kubeconfig file.
    #[arg(long)]
    pub context: Option<String>,
}

impl Cli {
    /// Runs the command; an error is printed with its causes and ends the process with 1.
    pub fn execute(self) -> ExitCode {
        let result = match self.command {
            Command::Run(args) => run::run(*args),
            Command::Crds(args) => crds::print(&args),
            Command::Render(command) => render::render(command),
            Command::Build(command) => build::execute(command),
            Command::Diff(command) => return diff::execute(command),
            Command::Plugin(command) => return ended(plugin::execute(command)),
            Command::Version(args) => version::print(&args),
            Command::Completion(args) => completion::print(&args),
        };
        ended(result.map(|()| ExitCode::SUCCESS))
    }
}

/// Writes to standard output.
///
/// # Errors
/// It cannot be written.
pub fn print(text: &str) -> anyhow::Result<()> {
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

/// What the shell says of a program that SIGPIPE ended.
const CLOSED: u8 = 128 + 13;

fn ended(result: anyhow::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| failed(&error, 1))
}

/// Tells an error, and the exit code `code` of it.
pub fn failed(error: &anyhow::Error, code: u8) -> ExitCode {
    if is_closed(error) {
        return ExitCode::from(CLOSED);
    }
    eprintln!("Error: {error:#}");
    ExitCode::from(code)
}

/// Whether the reader of the output has seen enough, as `head` does: nothing to complain about.
fn is_closed(error: &anyhow::Error) -> bool {
    let is_closed = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error.downcast_ref::<std::io::Error>().is_some_and(is_closed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_of_flux_controllers_parse() {
        let args = [
            "sluice",
            "run",
            "--events-addr=http://x/",
            "--watch-all-namespaces=true",
            "--log-level=info",
            "--log-encoding=json",
            "--enable-leader-election",
            "--storage-path=/data",
            "--storage-adv-addr=source-controller.flux-system.svc.cluster.local.",
            "--no-cross-namespace-refs=true",
        ];
        assert!(Cli::try_parse_from(args).is_ok());
    }

    #[test]
    fn a_misspelt_kind_is_refused() {
        let with = |kinds: &str| Cli::try_parse_from(["sluice", "run", kinds]);
        assert!(with("--kinds=gitrepository,Plugin").is_ok());
        let told = with("--kinds=GitRepositry")
            .expect_err("no such kind")
            .to_string();
        assert!(
            told.contains("GitRepositry") && told.contains("GitRepository"),
            "{told}"
        );
    }

    #[test]
    fn flags_of_kustomize_build_parse() {
        let args = "sluice render kustomize . --as-current-user --enable-alpha-plugins --enable-exec --enable-helm \
            --enable-managedby-label -e A=b --env=C=d --helm-api-versions=v1 --helm-command=helm --helm-debug \
            --helm-kube-version=1.30 --load-restrictor=LoadRestrictionsNone --mount type=bind --network \
            --network-name=bridge --reorder=legacy --stack-trace -o out.yaml";
        let parsed = Cli::try_parse_from(args.split_whitespace());
        assert!(parsed.is_ok(), "{:?}", parsed.err());
    }
}
