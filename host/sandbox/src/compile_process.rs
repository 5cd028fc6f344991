//! Compiles in a process of its own: Cranelift can be ended, may run out of memory alone, and leaves no heap behind.

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::text;

/// The program that compiles, and the cache that it fills.
#[derive(Debug, Clone)]
pub(crate) struct CompileProcess {
    pub(crate) program: PathBuf,
    pub(crate) cache_path: PathBuf,
}

/// What became of the process.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The cache has the compiled form.
    Compiled,
    /// It found out that the component does not compile; its last words.
    Refused(String),
    /// It was ended after this time.
    TimedOut(Duration),
    /// It could not do its work, whatever the component is.
    Unusable(String),
}

/// What the program's exit code says when the component is at fault.
pub const REFUSED: u8 = 65;

impl CompileProcess {
    /// Runs `PROGRAM plugin compile --plugin-cache-path FOLDER` with the component on its standard input.
    pub(crate) async fn run(&self, component: &[u8], patience: Duration) -> Ended {
        match tokio::time::timeout(patience, self.output(component)).await {
            Err(_) => Ended::TimedOut(patience),
            Ok(Err(error)) => Ended::Unusable(error.to_string()),
            Ok(Ok(output)) if output.status.success() => Ended::Compiled,
            Ok(Ok(output)) => {
                let words = text::one_line(&last_line(&output.stderr), 1024);
                if output.status.code() == Some(i32::from(REFUSED)) {
                    Ended::Refused(words)
                } else {
                    Ended::Unusable(format!("{}: {words}", output.status))
                }
            }
        }
    }

    async fn output(&self, component: &[u8]) -> std::io::Result<Output> {
        let mut child = Command::new(&self.program)
            .args(["plugin", "compile", "--plugin-cache-path"])
            .arg(&self.cache_path)
            // what it compiles is foreign; it gets no token and no proxy of ours
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // one that ended early says why on its standard error
            stdin.write_all(component).await.ok();
        }
        child.wait_with_output().await
    }
}

fn last_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let line = text.lines().rev().find(|line| !line.trim().is_empty());
    line.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(program: &str) -> CompileProcess {
        CompileProcess {
            program: program.into(),
            cache_path: "/nowhere".into(),
        }
    }

    /// A script that stands for the program. A shell writes it: were it open for writing here, the fork of another test
    /// could hold it open for a moment longer, and nothing runs a file that is open for writing (`ETXTBSY`).
    fn script(folder: &tempfile::TempDir, text: &str) -> CompileProcess {
        let path = folder.path().join("program");
        let written = std::process::Command::new("sh")
            .args([
                "-c",
                "printf '#!/bin/sh\\n%s\\n' \"$1\" >\"$2\" && chmod 700 \"$2\"",
                "sh",
                text,
            ])
            .arg(&path)
            .status();
        assert!(written.expect("a shell").success());
        process(&path.to_string_lossy())
    }

    #[tokio::test]
    async fn its_end_says_who_is_at_fault() {
        let folder = tempfile::tempdir().expect("a folder");
        let patience = Duration::from_secs(10);
        let refusing = script(&folder, "cat >/dev/null; echo no such type >&2; exit 65");
        let ended = refusing.run(b"x", patience).await;
        assert!(
            matches!(&ended, Ended::Refused(words) if words == "no such type"),
            "{ended:?}"
        );
        let killed = script(&folder, "kill -9 $$").run(b"x", patience).await;
        assert!(
            matches!(&killed, Ended::Unusable(words) if words.contains("signal: 9")),
            "{killed:?}"
        );
        let absent = process("/nowhere/program").run(b"x", patience).await;
        assert!(matches!(absent, Ended::Unusable(_)), "{absent:?}");
        let told = script(
            &folder,
            "test -z \"$HOME$KUBECONFIG\" && test \"$1 $2\" = 'plugin compile'",
        )
        .run(b"x", patience)
        .await;
        assert!(matches!(told, Ended::Compiled), "{told:?}");
    }

    /// A compile bomb costs its own process only.
    #[tokio::test]
    async fn p11_a_compiler_that_does_not_end_is_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let endless = script(&folder, "exec sleep 1000");
        let started = std::time::Instant::now();
        let ended = endless.run(b"x", Duration::from_millis(100)).await;
        assert!(matches!(ended, Ended::TimedOut(_)), "{ended:?}");
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}
