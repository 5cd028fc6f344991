//! The verb `build`.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use sluice_build::Options;

/// Options of `cargo sluice build`.
#[derive(Args)]
pub(crate) struct Build {
    /// The plugin's folder
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Cargo profile; default: `plugin` where the workspace defines it, else `release`
    #[arg(long)]
    profile: Option<String>,
    /// Target folder of the nested cargo
    #[arg(long)]
    target_dir: Option<PathBuf>,
    /// Copy the component to this file
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// Never use the network
    #[arg(long)]
    offline: bool,
    /// Fail when Cargo.lock would change
    #[arg(long)]
    locked: bool,
    /// Print the path only
    #[arg(short, long)]
    quiet: bool,
}

impl Build {
    /// Compiles and prints path, size and digest.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let options = Options {
            profile: self.profile,
            target_dir: self.target_dir,
            offline: self.offline,
            locked: self.locked,
            verbose: !self.quiet,
        };
        let mut built = sluice_build::build(&self.path, &options)?;
        if let Some(to) = self.output {
            std::fs::copy(&built.path, &to).with_context(|| format!("failed to write {}", to.display()))?;
            built.path = to;
        }
        let mut out = std::io::stdout();
        if self.quiet {
            return Ok(writeln!(out, "{}", built.path.display())?);
        }
        let kib = built.size.div_ceil(1024);
        Ok(writeln!(
            out,
            "{}\n{} KiB, {}",
            built.path.display(),
            kib,
            built.digest
        )?)
    }
}
