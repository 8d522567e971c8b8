//! The record of a run.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use resam_files::write_atomically;
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
    /// Writes the record as `run.json` into the folder of an output, and returns its path. A
    /// record that is there already is replaced.
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
        write_atomically(&path, |file| {
            serde_json::to_writer_pretty(&mut *file, self)?;
            file.write_all(b"\n")
        })?;
        Ok(path)
    }
}

/// Times before 1970, or after the year 9999, are given as the start of 1970.
fn as_rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let time = Timestamp::try_from(*time).unwrap_or_default();
    serializer.collect_str(&format_args!("{:.0}", time.max(Timestamp::UNIX_EPOCH)))
}

fn as_map<S: Serializer>(stages: &[(String, f64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(stages.iter().map(|(stage, seconds)| (stage, seconds)))
}
