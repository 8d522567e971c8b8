//! Why a model could not be fetched.

use std::path::PathBuf;
use std::time::Duration;

use crate::size::size_text;

/// Why a model could not be fetched.
///
/// Addresses in messages are shown without user name and password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// No model has this name.
    #[error("`{name}`: no model of this name\n\nhint: {}", hint_names(*nearest))]
    UnknownName {
        /// The name that was given.
        name: String,
        /// The most similar name, if one is similar.
        nearest: Option<&'static str>,
    },
    /// The model is not stored, and the network must not be used.
    #[error("`{name}` is not on this computer, and fetching it needs the network\n\nhint: use the network, or bring `{file_name}` ({}) on a disk and take the weights from there", size_text(*size))]
    Offline {
        /// The model.
        name: String,
        /// The name of its file.
        file_name: String,
        /// The length of that file in bytes.
        size: u64,
    },
    /// An address that is not valid for a download.
    #[error("`{address}`: {problem}\n\nhint: {hint}")]
    Address {
        /// The address.
        address: String,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// The option `from` of [`PullOptions`](crate::PullOptions) is not an address and not a file.
    #[error("`{}`: not a file\n\nhint: name the file of the weights, or an address that starts with https:// or http://", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The proxy in the environment is not a valid address.
    #[error(
        "the environment variable `{variable}` holds no address of a proxy\n\nhint: write it as http://HOST:PORT or socks5://HOST:PORT, or unset it"
    )]
    Proxy {
        /// The environment variable.
        variable: &'static str,
    },
    /// The connection could not be established.
    #[error(
        "`{address}`: cannot be reached: {reason}\n\nhint: check the network; behind a proxy, set `HTTPS_PROXY`; or take a mirror or a file"
    )]
    Unreachable {
        /// The address.
        address: String,
        /// What went wrong.
        reason: String,
    },
    /// The connection could not be made secure.
    #[error(
        "`{address}`: no secure connection: {reason}\n\nhint: check the clock and the certificates of this system (`SSL_CERT_FILE` names others, such as a company's); a file needs no network"
    )]
    Secure {
        /// The address.
        address: String,
        /// What went wrong.
        reason: String,
    },
    /// The server refused the request.
    #[error("`{address}`: the server answers {status}\n\nhint: {}", hint_status(*status))]
    Status {
        /// The address.
        address: String,
        /// The HTTP status.
        status: u16,
    },
    /// The response is not valid HTTP.
    #[error(
        "`{address}`: the answer cannot be understood: {reason}\n\nhint: take a mirror or a file"
    )]
    Answer {
        /// The address.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file has a wrong length.
    #[error(
        "`{from}`: {found} bytes, but {name} has {expected}\n\nhint: this is another file, or a page that answers in its place; take a mirror or a file"
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
    /// The file has a wrong SHA-256. It was removed.
    #[error(
        "`{from}`: wrong bytes for {name}: their SHA-256 is\n  {found}\nand should be\n  {expected}\n\nhint: nothing of them was kept; run the command again, and if it says the same, take a mirror or a file"
    )]
    Sum {
        /// The model.
        name: String,
        /// Where the bytes came from.
        from: String,
        /// The SHA-256 of the model.
        expected: String,
        /// The SHA-256 of the bytes.
        found: String,
    },
    /// The connection broke too often.
    #[error("`{address}`: given up after {tries} tries in a row: {reason}; {} of {} are here\n\nhint: the same command goes on from there", size_text(*done), size_text(*size))]
    GivenUp {
        /// The address.
        address: String,
        /// The number of tries in a row without progress.
        tries: u32,
        /// The reason of the last failure.
        reason: String,
        /// The number of bytes that are stored.
        done: u64,
        /// The length of the model's file in bytes.
        size: u64,
    },
    /// The disk is full.
    #[error("{}: the disk is full, {} are missing\n\nhint: make room and run the same command, or set `RESAM_HOME` to a folder on another disk", path.display(), size_text(*missing))]
    DiskFull {
        /// The file being written.
        path: PathBuf,
        /// The number of missing bytes.
        missing: u64,
    },
    /// The time limit of a download is over.
    #[error("`{address}`: too slow: {} of {} have come\n\nhint: run it again to go on, or take a mirror or a file", size_text(*done), size_text(*size))]
    TooSlow {
        /// The address.
        address: String,
        /// The number of stored bytes.
        done: u64,
        /// The length of the file in bytes.
        size: u64,
    },
    /// Another process holds the lock and does nothing.
    #[error("`{}`: another process holds this lock and has stored nothing for {} s\n\nhint: end that process; it may be stopped", path.display(), waited.as_secs())]
    Busy {
        /// The lock.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// A file could not be read or written.
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
        401 | 403 | 407 => "access is refused here; take a mirror or a file",
        _ => "check the address, or take a mirror or a file",
    }
}

/// Why a try ended before all bytes were there.
pub(crate) enum Failure {
    /// A retry would not help.
    Final(PullError),
    /// A retry may help, after `wait`.
    Again {
        /// What went wrong.
        reason: String,
        /// The `Retry-After` of the server.
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
