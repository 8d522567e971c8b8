//! The record of a run.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use resam_files::{read_bounded, write_atomically};
use serde::{Serialize, Serializer};

use crate::OutputError;
use crate::format::is_run_record;

/// The name of the record's file.
pub const RUN_RECORD_NAME: &str = "run.json";

/// How a result came about, to be read by people and to be run again.
#[derive(Debug, Clone, Serialize)]
pub struct RunRecord {
    /// The version of the program.
    pub version: String,
    /// The command line, the program's name first.
    pub command_line: Vec<String>,
    /// The seed of everything random; none if nothing was.
    pub seed: Option<u64>,
    /// The weights; none if none were read.
    pub weights: Option<Weights>,
    /// What it ran on, for example `cpu`.
    pub device: String,
    /// The numbers that it computed with, for example `f32`.
    pub precision: String,
    /// Number of threads.
    pub threads: usize,
    /// When it started; written in UTC by RFC 3339, to the second.
    #[serde(serialize_with = "as_rfc3339")]
    pub started: SystemTime,
    /// The stages in order, and the seconds that each took.
    #[serde(serialize_with = "as_map")]
    pub seconds: Vec<(String, f64)>,
    /// What came out: counts, scores, files.
    pub result: serde_json::Value,
}

/// Which weights were used.
#[derive(Debug, Clone, Serialize)]
pub struct Weights {
    /// Where they were read.
    pub path: String,
    /// The SHA-256 of the file, 64 hexadecimal digits.
    pub sha256: String,
    /// The SHA-256 of the adapter's factors, if there was an adapter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter_sha256: Option<String>,
}

impl RunRecord {
    /// Writes the record of an output beside it, as [`record_path`] says, and returns its path.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_of(&self, output: &Path) -> Result<PathBuf, OutputError> {
        let path = record_path(output);
        self.write(&path)?;
        Ok(path)
    }

    /// Writes the record as `run.json` into the folder of an output, and returns its path. What is
    /// there already is replaced.
    ///
    /// # Errors
    /// If the output itself has that name, or if the file cannot be written.
    pub fn write_beside(&self, output: &Path) -> Result<PathBuf, OutputError> {
        if is_run_record(output) {
            return Err(OutputError::NameIsTaken {
                path: output.to_owned(),
            });
        }
        let path = output.with_file_name(RUN_RECORD_NAME);
        self.write(&path)?;
        Ok(path)
    }

    fn write(&self, path: &Path) -> Result<(), OutputError> {
        Ok(write_atomically(path, |file| {
            serde_json::to_writer_pretty(&mut *file, self)?;
            file.write_all(b"\n")
        })?)
    }
}

/// The name of the record of an output: `objects.gpkg.run.json` for `objects.gpkg`.
pub fn record_path(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".");
    name.push(RUN_RECORD_NAME);
    PathBuf::from(name)
}

/// The command line that a record states, the program's name first; none if the file is no record
/// of a run.
pub fn recorded_command(record: &Path) -> Option<Vec<String>> {
    /// No record is larger: an object takes 200 bytes.
    const MOST: u64 = 1 << 30;
    #[derive(serde::Deserialize)]
    struct Stated {
        command_line: Vec<String>,
        #[serde(rename = "version")]
        _version: String,
        #[serde(rename = "started")]
        _started: String,
        #[serde(rename = "result")]
        _result: serde::de::IgnoredAny,
    }
    let bytes = read_bounded(record, MOST).ok()?;
    let stated: Stated = serde_json::from_slice(&bytes).ok()?;
    Some(stated.command_line)
}

/// Times before 1970, or after the year 9999, are given as the start of 1970.
fn as_rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let time = Timestamp::try_from(*time).unwrap_or_default();
    serializer.collect_str(&format_args!("{:.0}", time.max(Timestamp::UNIX_EPOCH)))
}

fn as_map<S: Serializer>(stages: &[(String, f64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(stages.iter().map(|(stage, seconds)| (stage, seconds)))
}
