//! Event files of TensorBoard.
//!
//! An event file is a sequence of TFRecords: the length of the data (8 bytes), the checksum of
//! these 8 bytes (4 bytes), the data, and the checksum of the data (4 bytes), all little-endian.
//! Checksums are CRC-32C, masked as TensorFlow's `crc32c::Mask` does. The data is one protobuf
//! message `Event` (`tensorflow/core/util/event.proto`), of which four fields are encoded here by
//! hand: a protobuf library and its generated code would be larger than this file.
//!
//! The crate `crc32c` computes the checksum with the processor's instruction if it has one, and
//! other dependencies use it already.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use resam_files::disk;

use crate::ReportError;

/// The version that the first event of a file must give.
const FILE_VERSION: &str = "brain.Event:2";

/// An event file with scalars. TensorBoard shows all event files of a folder as one run.
#[derive(Debug)]
pub struct EventFile {
    file: BufWriter<disk::File>,
}

impl EventFile {
    /// Creates a file `events.out.tfevents.<seconds>.resam` in a folder, and the folder if needed.
    /// The name does not contain the host, so that a folder can be shared without revealing it.
    ///
    /// An existing file is never overwritten: a second file of the same second gets the suffix
    /// `.1`, because TensorBoard reads files in the order of their names.
    ///
    /// # Errors
    /// [`ReportError`] if the folder or the file cannot be created.
    pub fn create(folder: impl AsRef<Path>, now: SystemTime) -> Result<Self, ReportError> {
        let begun = || {
            disk::create_dir_all(folder.as_ref())?;
            let mut events = Self {
                file: BufWriter::new(new_file(folder.as_ref(), now)?),
            };
            let mut event = event_at(0, now);
            event.bytes(3, FILE_VERSION.as_bytes());
            events.record(&event)?;
            events.file.flush()?;
            Ok(events)
        };
        begun().map_err(ReportError::WriteEvents)
    }

    /// As [`EventFile::create`], for a resumed run. TensorBoard then ignores the values of earlier
    /// event files in the folder for `step` and later steps.
    ///
    /// # Errors
    /// As [`EventFile::create`].
    pub fn resume(
        folder: impl AsRef<Path>,
        now: SystemTime,
        step: u64,
    ) -> Result<Self, ReportError> {
        let mut events = Self::create(folder, now)?;
        // `SessionLog`, whose first field is its status; 1 is START.
        let mut session_log = Message::default();
        session_log.integer(1, 1);
        let mut event = event_at(step, now);
        event.bytes(7, &session_log.0);
        events.record(&event).map_err(ReportError::WriteEvents)?;
        events.flush()?;
        Ok(events)
    }

    /// Adds the value of the scalar `tag` at a step, stored in single precision (a
    /// `tensorflow.Summary` with `simple_value`). Slashes in `tag` group curves.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn scalar(
        &mut self,
        tag: &str,
        step: u64,
        value: f64,
        wall_time: SystemTime,
    ) -> Result<(), ReportError> {
        let mut summary_value = Message::default();
        summary_value.bytes(1, tag.as_bytes());
        summary_value.float(2, value as f32);
        let mut summary = Message::default();
        summary.bytes(1, &summary_value.0);
        let mut event = event_at(step, wall_time);
        event.bytes(5, &summary.0);
        self.record(&event).map_err(ReportError::WriteEvents)
    }

    /// Writes all buffered records, so that a running TensorBoard sees them.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn flush(&mut self) -> Result<(), ReportError> {
        self.file.flush().map_err(ReportError::WriteEvents)
    }

    /// Appends a TFRecord: length, masked CRC-32C of the length, data, masked CRC-32C of the data.
    fn record(&mut self, Message(data): &Message) -> io::Result<()> {
        let length = (data.len() as u64).to_le_bytes();
        self.file.write_all(&length)?;
        self.file.write_all(&masked_crc32c(&length).to_le_bytes())?;
        self.file.write_all(data)?;
        self.file.write_all(&masked_crc32c(data).to_le_bytes())
    }
}

/// Creates the file under the first free name.
fn new_file(folder: &Path, now: SystemTime) -> io::Result<disk::File> {
    let seconds = seconds_of(now) as u64;
    let first = folder.join(format!("events.out.tfevents.{seconds:010}.resam"));
    let further = (1..1000).map(|number| {
        let mut name = first.clone().into_os_string();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    });
    let mut last_error = ErrorKind::AlreadyExists.into();
    for path in std::iter::once(first.clone()).chain(further) {
        match disk::File::open(path, OpenOptions::new().write(true).create_new(true)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => last_error = error,
            result => return result,
        }
    }
    Err(last_error)
}

/// Seconds since 1970-01-01 UTC; 0 for earlier times.
fn seconds_of(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0.0, |duration| duration.as_secs_f64())
}

/// TensorFlow's masked checksum: a plain checksum of data that holds checksums is weak.
fn masked_crc32c(data: &[u8]) -> u32 {
    crc32c::crc32c(data)
        .rotate_right(15)
        .wrapping_add(0xa282_ead8)
}

/// An `Event` with its time and its step. Fields that are zero are left out, as protobuf does.
fn event_at(step: u64, wall_time: SystemTime) -> Message {
    let mut event = Message::default();
    let seconds = seconds_of(wall_time);
    if seconds != 0.0 {
        event.double(1, seconds);
    }
    if step != 0 {
        // The field is signed.
        event.integer(2, step.min(i64::MAX as u64));
    }
    event
}

/// A protobuf message being encoded; its fields must be added in the order of their numbers.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn integer(&mut self, field: u64, value: u64) {
        self.key(field, 0);
        self.varint(value);
    }

    fn double(&mut self, field: u64, value: f64) {
        self.key(field, 1);
        self.0.extend(value.to_le_bytes());
    }

    /// Text, bytes, or a message within this one.
    fn bytes(&mut self, field: u64, value: &[u8]) {
        self.key(field, 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
    }

    fn float(&mut self, field: u64, value: f32) {
        self.key(field, 5);
        self.0.extend(value.to_le_bytes());
    }

    fn key(&mut self, field: u64, wire_type: u64) {
        self.varint(field << 3 | wire_type);
    }

    /// A protobuf varint: seven bits a byte, the lowest first; the highest bit of a byte means that
    /// more bytes follow.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}
