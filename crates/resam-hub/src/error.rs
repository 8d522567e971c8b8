//! Why a model could not be fetched.

use std::path::PathBuf;
use std::time::Duration;

use crate::size::size_text;

/// Why a model could not be fetched.
///
/// Addresses in these messages never carry the user name and password that may stand in them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// No model has this name.
    #[error("`{name}`: no model of this name\n\nhint: {}", hint_names(*nearest))]
    UnknownName {
        /// What was typed.
        name: String,
        /// The name that is spelt nearly so.
        nearest: Option<&'static str>,
    },
    /// The model is not there, and the network may not be used.
    #[error("`{name}` is not on this computer, and fetching it needs the network\n\nhint: leave `--offline` out, or bring `{file_name}` ({}) on a disk and run `resam weights pull {name} --from FILE`", size_text(*size))]
    Offline {
        /// The model.
        name: String,
        /// Its file.
        file_name: String,
        /// The length of that file in bytes.
        size: u64,
    },
    /// An address that weights cannot be fetched from.
    #[error("`{address}`: {problem}\n\nhint: {hint}")]
    Address {
        /// The address.
        address: String,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// `--from` names a file that is not there, or a folder.
    #[error("`{}`: not a file\n\nhint: `--from` takes the weights themselves or an address that starts with https:// or http://", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The proxy in the environment is no address.
    #[error(
        "the environment variable `{variable}` holds no address of a proxy\n\nhint: write it as http://HOST:PORT or socks5://HOST:PORT, or unset it"
    )]
    Proxy {
        /// The variable.
        variable: &'static str,
    },
    /// No connection came about.
    #[error(
        "`{address}`: cannot be reached: {reason}\n\nhint: check the network; behind a proxy, set `HTTPS_PROXY`; `--from URL|FILE` takes a mirror or a file"
    )]
    Unreachable {
        /// The address.
        address: String,
        /// What went wrong.
        reason: String,
    },
    /// The connection could not be made secure.
    #[error(
        "`{address}`: no secure connection: {reason}\n\nhint: check the clock and the certificates of this system (`SSL_CERT_FILE` names others, such as a company's); `--from FILE` needs no network"
    )]
    Secure {
        /// The address.
        address: String,
        /// What went wrong.
        reason: String,
    },
    /// The server has no such file, or will not give it.
    #[error("`{address}`: the server answers {status}\n\nhint: {}", hint_status(*status))]
    Status {
        /// The address.
        address: String,
        /// The HTTP status.
        status: u16,
    },
    /// What answers does not speak HTTP as it should.
    #[error(
        "`{address}`: the answer cannot be understood: {reason}\n\nhint: `--from URL|FILE` takes a mirror or a file"
    )]
    Answer {
        /// The address.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The length is not that of the model.
    #[error(
        "`{from}`: {found} bytes, but {name} has {expected}\n\nhint: this is another file, or a page that answers in its place; `--from URL|FILE` takes a mirror or a file"
    )]
    Length {
        /// The model.
        name: String,
        /// Where the bytes come from.
        from: String,
        /// The length of the model's file.
        expected: u64,
        /// The length offered, or `more than` the expected one.
        found: String,
    },
    /// The bytes are not those of the model. They were removed.
    #[error(
        "`{from}`: wrong bytes for {name}: their SHA-256 is\n  {found}\nand should be\n  {expected}\n\nhint: nothing of them was kept; run the command again, and if it says the same, take another source with `--from URL|FILE`"
    )]
    Sum {
        /// The model.
        name: String,
        /// Where the bytes came from.
        from: String,
        /// The pinned sum.
        expected: String,
        /// The sum of the bytes that came.
        found: String,
    },
    /// The connection broke again and again.
    #[error("`{address}`: given up after {tries} tries in a row: {reason}; {} of {} are here\n\nhint: the same command goes on from there", size_text(*done), size_text(*size))]
    GivenUp {
        /// The address.
        address: String,
        /// How often it was tried without getting on.
        tries: u32,
        /// What went wrong the last time.
        reason: String,
        /// The bytes that are there.
        done: u64,
        /// The length of the model's file in bytes.
        size: u64,
    },
    /// The disk has no room for the model.
    #[error("{}: the disk is full, {} are missing\n\nhint: make room and run the same command, or set `RESAM_HOME` to a folder on another disk", path.display(), size_text(*missing))]
    DiskFull {
        /// The file being written.
        path: PathBuf,
        /// The bytes that were still to come.
        missing: u64,
    },
    /// The operating system would not read or write a file.
    #[error("{0}\n\nhint: see that the folder may be written to, or set `RESAM_HOME` to another")]
    File(#[from] std::io::Error),
}

fn hint_names(nearest: Option<&'static str>) -> String {
    match nearest {
        Some(name) => format!("did you mean `{name}`?"),
        None => "`resam weights list` shows the names".to_owned(),
    }
}

fn hint_status(status: u16) -> &'static str {
    match status {
        401 | 403 | 407 => "access is refused here; `--from URL|FILE` takes a mirror or a file",
        _ => "check the address; `--from URL|FILE` takes a mirror or a file",
    }
}

/// Why a try came to its end without all bytes.
pub(crate) enum Failure {
    /// Trying again would not help.
    Final(PullError),
    /// The next try may get on, not earlier than after `wait`.
    Again {
        /// What went wrong.
        reason: String,
        /// How long the server asks to be left alone.
        wait: Option<Duration>,
    },
}

impl Failure {
    pub(crate) fn again(reason: impl Into<String>) -> Self {
        Self::Again {
            reason: reason.into(),
            wait: None,
        }
    }
}

impl From<PullError> for Failure {
    fn from(error: PullError) -> Self {
        Self::Final(error)
    }
}
