//! The arguments of `resam completions` and `resam man`.

use std::path::PathBuf;

use clap::Args;

/// Print the completions of a shell.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

/// Write a manual page for each subcommand.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The folder to write into, made if there is none: `man` finds pages in
    /// `~/.local/share/man/man1`
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}
