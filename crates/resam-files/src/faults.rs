//! Faults on purpose, for tests: the feature `fault-injection`.
//!
//! An [`Injection`] counts the operations ([`crate::disk`]) below a folder, and lets one of them
//! fail, or ends the process there: in a test of the library, nothing below the folder can be
//! changed from then on, as after a `kill -9`. Tests in other folders are not disturbed.
//!
//! ```
//! use std::io::Write;
//! use resam_files::faults::{Fault, Injection};
//! use resam_files::write_atomically;
//! # let folder = tempfile::tempdir()?;
//! let path = folder.path().join("objects.json");
//! let write = || write_atomically(&path, |file| file.write_all(b"[]"));
//!
//! let whole = Injection::count(folder.path());
//! write()?;
//! let operations = whole.operations().len();
//! drop(whole);
//! std::fs::remove_file(&path)?;
//!
//! for number in 0..operations {
//!     let killed = Injection::new(folder.path(), number, Fault::Die);
//!     write().expect_err("it is dead");
//!     drop(killed);
//!     // What was left behind is found by the next run.
//!     resam_files::remove_strays(folder.path())?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A program built with the feature reads the environment variable `RESAM_FAULT`: `die@17` ends the
//! process with `SIGABRT` at its operation number 17, `torn@17` in the middle of it, `full@17` lets
//! the disk be full from there on, and `ENOSPC@17`, `EROFS@17`, `EIO@17` and `EFBIG@17` let one
//! operation fail. The first operation has the number 0.

use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use crate::disk::Operation;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process ends before the operation.
    Die,
    /// The process ends when half of the bytes are written; else as [`Die`](Self::Die).
    DieTorn,
    /// The operation fails with this error of the operating system; later ones work.
    Fail(i32),
    /// The disk is full: this operation and all later ones that need room fail.
    Full,
}

impl Fault {
    /// No space left on device.
    pub const ENOSPC: Self = Self::Fail(28);
    /// Read-only file system.
    pub const EROFS: Self = Self::Fail(30);
    /// Input/output error.
    pub const EIO: Self = Self::Fail(5);
    /// File too large.
    pub const EFBIG: Self = Self::Fail(27);

    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "die" => Self::Die,
            "torn" => Self::DieTorn,
            "full" => Self::Full,
            "ENOSPC" => Self::ENOSPC,
            "EROFS" => Self::EROFS,
            "EIO" => Self::EIO,
            "EFBIG" => Self::EFBIG,
            _ => return None,
        })
    }
}

/// A plan for the operations below a folder.
#[derive(Debug)]
struct Plan {
    number: u64,
    /// The folder as it was named, and without links; none for all of the disk.
    below: Option<[PathBuf; 2]>,
    at: Option<(usize, Fault)>,
    /// The process is another one, which really ends.
    aborts: bool,
    done: Vec<(Operation, PathBuf)>,
    dead: bool,
}

fn killed() -> Error {
    Error::other("the process was killed on purpose")
}

impl Plan {
    fn concerns(&self, path: &Path) -> bool {
        let below = self.below.as_ref();
        below.is_none_or(|folders| folders.iter().any(|folder| path.starts_with(folder)))
    }

    /// The bytes of an operation that may be written before it fails, and the failure.
    fn next(&mut self, operation: Operation, path: &Path, bytes: usize) -> (usize, Option<Error>) {
        if self.dead {
            return (0, Some(killed()));
        }
        let number = self.done.len();
        if self.below.is_some() {
            self.done.push((operation, path.to_owned()));
        } else {
            self.done.push((operation, PathBuf::new()));
        }
        let Some((at, fault)) = self.at else {
            return (bytes, None);
        };
        if number < at || number > at && fault != Fault::Full {
            return (bytes, None);
        }
        match fault {
            Fault::Die | Fault::DieTorn => {
                self.dead = true;
                let torn = fault == Fault::DieTorn && operation == Operation::Write;
                if torn && bytes > 1 {
                    return (bytes / 2, None);
                }
                if self.aborts {
                    std::process::abort();
                }
                (0, Some(killed()))
            }
            Fault::Fail(code) => (0, Some(Error::from_raw_os_error(code))),
            Fault::Full => match operation {
                Operation::Create | Operation::Write => (0, Some(Error::from_raw_os_error(28))),
                _ => (bytes, None),
            },
        }
    }
}

static PLANS: LazyLock<Mutex<Vec<Plan>>> = LazyLock::new(|| Mutex::new(of_environment()));

fn plans() -> MutexGuard<'static, Vec<Plan>> {
    PLANS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn of_environment() -> Vec<Plan> {
    let Ok(text) = std::env::var("RESAM_FAULT") else {
        return Vec::new();
    };
    let plan = text.split_once('@').and_then(|(name, at)| {
        Some(Plan {
            number: 0,
            below: None,
            at: Some((at.parse().ok()?, Fault::parse(name)?)),
            aborts: true,
            done: Vec::new(),
            dead: false,
        })
    });
    vec![plan.unwrap_or_else(|| panic!("RESAM_FAULT is `{text}`, not such as die@17"))]
}

/// Asked before each operation that writes no bytes.
pub(crate) fn before(operation: Operation, path: &Path) -> Result<()> {
    for plan in plans().iter_mut().filter(|plan| plan.concerns(path)) {
        if let (_, Some(error)) = plan.next(operation, path, 0) {
            return Err(named(&error, path));
        }
    }
    Ok(())
}

/// Asked before so many bytes are written: how many of them may be.
pub(crate) fn before_write(path: &Path, bytes: usize) -> Result<usize> {
    let mut allowed = bytes;
    for plan in plans().iter_mut().filter(|plan| plan.concerns(path)) {
        // The half of a torn write was allowed: the other one comes next.
        if plan.dead && plan.aborts {
            std::process::abort();
        }
        let (of_plan, error) = plan.next(Operation::Write, path, bytes);
        allowed = allowed.min(of_plan);
        if let Some(error) = error {
            return Err(named(&error, path));
        }
    }
    Ok(allowed)
}

/// An error with its path, as those of the disk have it.
fn named(error: &Error, path: &Path) -> Error {
    Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Whether the process counts as killed for what lies here.
pub(crate) fn is_dead(path: &Path) -> bool {
    plans().iter().any(|plan| plan.dead && plan.concerns(path))
}

/// Counts the operations below a folder, and lets one of them go wrong, until it is dropped.
#[derive(Debug)]
pub struct Injection(u64);

impl Injection {
    /// Lets the operation of this number below the folder, counted from 0, go wrong.
    #[must_use]
    pub fn new(folder: &Path, at: usize, fault: Fault) -> Self {
        Self::plan(folder, Some((at, fault)))
    }

    /// Counts, and lets nothing go wrong.
    #[must_use]
    pub fn count(folder: &Path) -> Self {
        Self::plan(folder, None)
    }

    fn plan(folder: &Path, at: Option<(usize, Fault)>) -> Self {
        let real = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let mut plans = plans();
        let number = plans.iter().map(|plan| plan.number + 1).max().unwrap_or(1);
        plans.push(Plan {
            number,
            below: Some([folder.to_owned(), real]),
            at,
            aborts: false,
            done: Vec::new(),
            dead: false,
        });
        Self(number)
    }

    fn with<T>(&self, read: impl FnOnce(&Plan) -> T) -> T {
        let plans = plans();
        let own = plans.iter().find(|plan| plan.number == self.0);
        read(own.expect("it is there until it is dropped"))
    }

    /// The operations so far, with what they changed.
    pub fn operations(&self) -> Vec<(Operation, PathBuf)> {
        self.with(|plan| plan.done.clone())
    }

    /// Whether the operation that was to go wrong was reached.
    pub fn happened(&self) -> bool {
        self.with(|plan| plan.at.is_some_and(|(at, _)| plan.done.len() > at))
    }
}

impl Drop for Injection {
    fn drop(&mut self) {
        plans().retain(|plan| plan.number != self.0);
    }
}
