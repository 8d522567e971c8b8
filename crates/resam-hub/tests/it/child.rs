//! This test binary again, as a process of its own with an environment of its own.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use resam_hub::{PullOptions, home, pull_entry};

use crate::common::model;

const LENGTH: &str = "RESAM_TEST_LENGTH";
const ADDRESS: &str = "RESAM_TEST_ADDRESS";

/// A process that fetches the small model of a given length.
pub(crate) struct Child {
    command: Command,
}

/// One that runs.
pub(crate) struct Running {
    process: std::process::Child,
}

impl Child {
    /// A process that fetches a model from an address into the home of its environment.
    pub(crate) fn pulls(content: &[u8], address: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "--exact",
                "child::pulls_what_the_environment_says",
                "--ignored",
                "--nocapture",
            ])
            .env(LENGTH, content.len().to_string())
            .env(ADDRESS, address)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for variable in ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"] {
            command
                .env_remove(variable)
                .env_remove(variable.to_lowercase());
        }
        Self { command }
    }

    pub(crate) fn with(mut self, variable: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(variable, value);
        self
    }

    pub(crate) fn start(mut self) -> Running {
        let process = self.command.spawn().unwrap();
        Running { process }
    }
}

impl Running {
    /// Waits, and fails with what the process said unless it ended well.
    pub(crate) fn ends_well(self) {
        let output = self.process.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        // A misspelt filter would run no test and end well.
        let ran = String::from_utf8_lossy(&output.stdout);
        assert!(ran.contains("1 passed"), "{ran}");
    }

    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
#[ignore = "run by other tests as a process of its own"]
fn pulls_what_the_environment_says() {
    let length = std::env::var(LENGTH).unwrap().parse().unwrap();
    let content = crate::common::bytes(length);
    let home = home().unwrap();
    let mut options = PullOptions::at(&home);
    options.from = Some(std::env::var(ADDRESS).unwrap());
    let path = pull_entry(&model(&content), &options, &mut |_, _| {}).unwrap();
    assert!(path.starts_with(std::env::var_os("RESAM_HOME").unwrap()));
    assert_eq!(std::fs::read(path).unwrap(), content);
}
