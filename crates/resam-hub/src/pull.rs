//! Bringing a model into the folder: from its publisher, a mirror or a file.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

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

/// How to fetch a model.
#[derive(Debug, Clone)]
pub struct PullOptions {
    /// The folder of everything that resam keeps, see [`home`](crate::home()). It is made if need
    /// be.
    pub home: PathBuf,
    /// An address (`https://`, `http://`) or a file that holds the same bytes as the publisher's.
    pub from: Option<String>,
    /// Whether the network must not be used.
    pub offline: bool,
    /// How often to try again in a row without getting on.
    pub retries: u32,
    /// The pause before the first of these tries; each further one is twice as long, up to 30 s.
    pub pause: Duration,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long a server may send nothing before the connection is taken for broken.
    pub stall_timeout: Duration,
}

impl PullOptions {
    /// From the publisher into a home folder, with 6 retries and the patience of a slow network.
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
        }
    }
}

/// Where the bytes come from.
enum Source<'a> {
    File(&'a Path),
    Address(Client),
}

/// Fetches a model by its name, an alias or its file name, and returns the path of its file.
///
/// A file that is there is checked and, if its bytes are right, left as it is. An interrupted
/// download goes on where it was. `progress` is called with the bytes that are there and those of
/// the whole file; the first number falls back when a server makes us begin again. While another
/// process fetches the same model, this one waits and shows the other's progress.
///
/// # Errors
/// If the name is unknown, the source cannot be read or holds other bytes, the disk is full or not
/// writable, or the connection breaks more often in a row than the options allow. What has come so
/// far is kept for the next call unless it is wrong; the model's own name is given to nothing else
/// than its bytes.
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

/// As [`pull`], for a model that need not be in the catalogue.
///
/// # Errors
/// As [`pull`], and if the entry's address is not `https`.
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
    fs_err::create_dir_all(folder(&options.home))?;
    let part_path = part::path_of(&path);
    let _lock = Lock::take(&part::with_suffix(&path, ".lock"), || {
        progress(length_of_file(&part_path).unwrap_or(0), entry.size);
    })?;
    // Another process may have brought it in the meantime.
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

/// What the options say about where the bytes come from, refused if nothing can come from there.
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
    // Anyone may stand behind a mirror's address, since the sum is pinned; the publisher's own are
    // asked for in a way that nobody between can see or break.
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

/// A file that may hold the model, told by its length.
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

/// Takes the bytes of a file, no more than the model has.
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
