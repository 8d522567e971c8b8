//! Outputs that lose nothing: no input is written to, and what is there already and no run wrote is
//! only replaced when asked for.

use std::path::{Path, PathBuf};

pub use resam_export::record_path;
use resam_export::{Format, RUN_RECORD_NAME, RunRecord, recorded_command};
use resam_files::{FileError, check_apart};
use resam_vector::{VectorFormat, geopackage_layers};

use crate::error::Result;
use crate::observer::Observer;

/// Endings of files that belong to another: they follow its name.
const AFTER_NAME: [&str; 6] = ["aux.xml", "msk", "ovr", "tfw", "wld", "qmd"];
/// The same: they take the place of its ending.
const AFTER_STEM: [&str; 9] = [
    "tfw", "tifw", "wld", "jgw", "pgw", "prj", "dbf", "shx", "cpg",
];

/// Refuses outputs that are an input of the run, or that are one file, by whatever path. An input
/// brings the files that belong to it, and a folder all files in it.
///
/// # Errors
/// [`FileError::IsInput`], [`FileError::SameOutput`].
pub fn check_outputs(outputs: &[PathBuf], inputs: &[PathBuf]) -> Result<()> {
    let mut all = Vec::new();
    for input in inputs {
        match std::fs::read_dir(input) {
            Ok(entries) => all.extend(entries.flatten().map(|entry| entry.path())),
            Err(_) => all.extend(with_side_files(input)),
        }
    }
    Ok(check_apart(outputs, &all)?)
}

/// A file and those that may belong to it.
fn with_side_files(path: &Path) -> Vec<PathBuf> {
    let after = |end: String| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let mut files = vec![path.to_owned(), after("-wal".into()), after("-shm".into())];
    files.extend(AFTER_NAME.map(|ending| after(format!(".{ending}"))));
    files.extend(AFTER_STEM.map(|ending| path.with_extension(ending)));
    files
}

/// Refuses to replace a file that no run of resam wrote. A GeoPackage keeps its other layers, so
/// only its layer of the same name counts.
///
/// # Errors
/// [`FileError::NotOurs`], and when a GeoPackage cannot be read.
pub(crate) fn check_ours(output: &Path, layer: &str) -> Result<()> {
    let is_there = |path: &Path| std::fs::metadata(path).is_ok_and(|file| file.len() > 0);
    let refused = |path: &Path, what: &str| -> Result<()> {
        Err(FileError::NotOurs {
            path: path.to_owned(),
            what: what.to_owned(),
        }
        .into())
    };
    let record = record_path(output);
    if is_there(&record) && recorded_command(&record).is_none() {
        return refused(&record, "a file of the name of the run's record");
    }
    if !is_there(output) || is_ours(output, &record) {
        return Ok(());
    }
    if Format::of(output)? == Format::Vector(VectorFormat::GeoPackage) {
        let layers = geopackage_layers(output)?;
        let has_layer = layers.iter().any(|name| name.eq_ignore_ascii_case(layer));
        return if has_layer {
            refused(output, &format!("a layer `{layer}`"))
        } else {
            Ok(())
        };
    }
    refused(output, "a file")
}

/// Whether a run wrote a file: its record says so, or that of earlier versions in its folder.
fn is_ours(output: &Path, record: &Path) -> bool {
    if recorded_command(record).is_some() {
        return true;
    }
    let command = recorded_command(&output.with_file_name(RUN_RECORD_NAME));
    let name = output.file_name();
    command.is_some_and(|words| words.iter().any(|word| Path::new(word).file_name() == name))
}

/// Writes the record of each output beside it, and `run.json` into their folders where it is not
/// another's.
pub fn write_records(
    record: &RunRecord,
    outputs: &[PathBuf],
    observer: &mut dyn Observer,
) -> Result<()> {
    let mut folders = std::collections::BTreeSet::new();
    for output in outputs {
        record.write_of(output)?;
        if !folders.insert(output.parent()) {
            continue;
        }
        let shared = output.with_file_name(RUN_RECORD_NAME);
        if shared.symlink_metadata().is_err() || recorded_command(&shared).is_some() {
            record.write_beside(output)?;
        } else {
            observer.note(&format!(
                "`{}` is no record of resam and stays; the record is `{}`",
                shared.display(),
                record_path(output).display()
            ));
        }
    }
    Ok(())
}
