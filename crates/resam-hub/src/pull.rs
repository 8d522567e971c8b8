//! Downloads a model from its publisher or a mirror, or copies it from a file.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fs_err::File;

use crate::catalogue::{Entry, entry};
use crate::client::{Client, shown};
use crate::download::download;
use crate::error::PullError;
use crate::home::{folder, length_of_file};
use crate::lock::Lock;
use crate::part::{self, Part};
use crate::proxy::is_https;
use crate::resolve::nearest;

/// The options of a download.
#[derive(Debug, Clone)]
pub struct PullOptions {
    /// The folder of all stored files, see [`home`](crate::home()). It is created if needed.
    pub home: PathBuf,
    /// Another source of the same bytes: an address (`https://`, `http://`) or the path of a file.
    /// `None` is the publisher.
    pub from: Option<String>,
    /// Whether the network must not be used.
    pub offline: bool,
    /// The number of retries in a row without progress.
    pub retries: u32,
    /// The pause before the first retry. Each further pause is twice as long, up to 30 s.
    pub pause: Duration,
    /// The time limit for establishing a connection.
    pub connect_timeout: Duration,
    /// The time without a byte after which a connection counts as broken.
    pub stall_timeout: Duration,
    /// The time limit for the whole download, whatever arrives.
    pub total_timeout: Duration,
    /// The time after which another process that downloads the same model, and stores nothing
    /// meanwhile, is not waited for any longer.
    pub lock_timeout: Duration,
}

impl PullOptions {
    /// Options for a download from the publisher into a home folder: 6 retries, a first pause of 1
    /// s, and time limits of 30 s for a connection and 60 s without a byte.
    #[must_use]
    pub fn at(home: impl Into<PathBuf>) -> Self {
        Self {
            home: home.into(),
            from: None,
            offline: false,
            retries: 6,
            pause: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(30),
            stall_timeout: Duration::from_secs(60),
            total_timeout: Duration::from_secs(24 * 3600),
            lock_timeout: Duration::from_secs(600),
        }
    }
}

/// Where the bytes come from.
enum Source<'a> {
    File(&'a Path),
    Address(Client),
}

/// Downloads a model by its name, an alias or its file name, and returns the path of its file.
///
/// If the file is there and its SHA-256 is right, nothing is downloaded. An interrupted download is
/// resumed with an HTTP range request (RFC 9110, section 14). `progress` is called with the number
/// of stored bytes and the length of the file; the first number decreases if a server makes the
/// download start again. While another process downloads the same model, this one waits and reports
/// the other's progress.
///
/// # Errors
/// [`PullError`] if the name is unknown, if the source cannot be read or has other bytes, if the
/// disk is full or not writable, or if the connection breaks more often in a row than the options
/// allow. Bytes that have arrived are kept for the next call unless they are wrong. A file gets the
/// name of the model only after its SHA-256 was checked.
pub fn pull(
    name: &str,
    options: &PullOptions,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<PathBuf, PullError> {
    let entry = entry(name).ok_or_else(|| PullError::UnknownName {
        name: name.to_owned(),
        nearest: nearest(name),
    })?;
    pull_entry(entry, options, progress)
}

/// As [`pull()`], for a model that need not be in the catalogue.
///
/// # Errors
/// As [`pull()`]. Also if the entry's address is not `https`.
pub fn pull_entry(
    entry: &Entry,
    options: &PullOptions,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<PathBuf, PullError> {
    let path = folder(&options.home).join(entry.file_name);
    if part::is_whole(entry, &path)? {
        return Ok(path);
    }
    let source = source(entry, options)?;
    resam_files::disk::create_private_dir_all(folder(&options.home))?;
    let part_path = part::path_of(&path);
    let lock_path = part::with_suffix(&path, ".lock");
    let (mut stored, mut since) = (0, Instant::now());
    let lock = Lock::take(&lock_path, || {
        let length = length_of_file(&part_path).unwrap_or(0);
        if length != stored {
            (stored, since) = (length, Instant::now());
        }
        progress(length, entry.size);
        since.elapsed() < options.lock_timeout
    })?;
    let Some(_lock) = lock else {
        return Err(PullError::Busy {
            path: lock_path,
            waited: options.lock_timeout,
        });
    };
    // Left by a process that was killed while it wrote down where bytes come from.
    resam_files::remove_strays(&folder(&options.home))?;
    // Another process may have downloaded it in the meantime.
    if part::is_whole(entry, &path)? {
        return Ok(path);
    }
    let (mut part, from, outcome);
    match source {
        Source::File(file) => {
            from = file.display().to_string();
            part = Part::empty(entry, part_path)?;
            outcome = copy(&mut part, file, progress);
        }
        Source::Address(client) => {
            from = client.shown().to_owned();
            part = Part::open(entry, part_path, progress)?;
            outcome = download(&mut part, client, options, progress);
        }
    }
    if let Err(error) = outcome {
        part.leave();
        return Err(error);
    }
    part.finish(&path, &from)?;
    Ok(path)
}

/// The source of the options, or an error if it cannot be a source.
fn source<'a>(entry: &Entry, options: &'a PullOptions) -> Result<Source<'a>, PullError> {
    if let Some(from) = options.from.as_deref()
        && !from.contains("://")
    {
        return file(entry, from.as_ref()).map(Source::File);
    }
    if options.offline {
        return Err(PullError::Offline {
            name: entry.name.to_owned(),
            file_name: entry.file_name.to_owned(),
            size: entry.size,
        });
    }
    // A mirror may use `http`, because the SHA-256 is pinned; the publisher is always asked with
    // `https`.
    let (address, secure) = match options.from.as_deref() {
        Some(from) => (from, false),
        None => (entry.address, true),
    };
    let scheme = address.split("://").next().unwrap_or_default();
    if !is_https(address) && (secure || !scheme.eq_ignore_ascii_case("http")) {
        let hint = "`--from` takes addresses that start with https:// or http://, and files";
        return Err(PullError::Address {
            address: shown(address),
            problem: format!("addresses of the kind {scheme}:// are not fetched from here"),
            hint,
        });
    }
    Client::new(
        address,
        secure,
        options.connect_timeout,
        options.stall_timeout,
    )
    .map(Source::Address)
}

/// Checks that a file has the length of the model.
fn file<'a>(entry: &Entry, path: &'a Path) -> Result<&'a Path, PullError> {
    match length_of_file(path) {
        None => Err(PullError::NotAFile {
            path: path.to_owned(),
        }),
        Some(length) if length != entry.size => Err(PullError::Length {
            name: entry.name.to_owned(),
            from: path.display().to_string(),
            expected: entry.size,
            found: length.to_string(),
        }),
        Some(_) => Ok(path),
    }
}

/// Copies the bytes of a file, at most as many as the model has.
fn copy(
    part: &mut Part<'_>,
    path: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), PullError> {
    let size = part.entry().size;
    let mut file = File::open(path)?.take(size);
    let mut chunk = vec![0; part::CHUNK];
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok(());
        }
        part.append(&chunk[..read])?;
        progress(part.length(), size);
    }
}
