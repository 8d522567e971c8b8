//! A CSV table of points, in pixels or on the map: one line a point.

use std::path::Path;

use csv::StringRecord;

use crate::attributes::{instance_names, number, text, typed};
use crate::columns::{Coordinates, Header, is_before_header, records};
use crate::error::PointsError;
use crate::value::{Field, FieldKind, Value};

/// Columns that are text, whatever they look like. `image` is one in pixels alone.
const NAMES: [&str; 3] = ["instance", "label", "image"];

/// A table of points.
#[derive(Debug, Clone, PartialEq)]
pub struct PointTable {
    /// The name that messages use, normally the path of the file.
    pub name: String,
    /// What x and y are.
    pub coordinates: Coordinates,
    /// The columns beside the coordinates, in the file's order, `instance` and `label` as text.
    pub fields: Vec<Field>,
    /// The points, in the file's order.
    pub rows: Vec<PointRow>,
    /// What was passed over, a sentence each.
    pub notes: Vec<String>,
    /// The columns as a message repeats them.
    pub(crate) columns: String,
}

/// A line of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct PointRow {
    /// Its number in the file, the first being 1.
    pub line: u64,
    /// Column in pixels, longitude or easting.
    pub x: f64,
    /// Row in pixels, latitude or northing.
    pub y: f64,
    /// The values that are there, each with the place of its field.
    pub values: Vec<(usize, Value)>,
}

impl PointTable {
    /// Reads a CSV file.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and when the file cannot be read.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, PointsError> {
        let path = path.as_ref();
        Self::parse(&path.display().to_string(), &fs_err::read(path)?)
    }

    /// Reads the bytes of a CSV file; messages call it `name`.
    ///
    /// The delimiter is a comma, a semicolon or a tab, as the header has it, and a decimal comma is
    /// understood where the delimiter is none. Names of columns are known in any case. Rows without
    /// any value are passed over. A column is of numbers when every one of its values prints back
    /// the same; otherwise it is text.
    ///
    /// # Errors
    /// When it is not CSV in UTF-8, has no columns of coordinates or one of the known columns
    /// twice, or a coordinate is not a finite number. A table without a point is none.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, PointsError> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let header = Header::of(name, bytes)?;
        let comma = header.has_decimal_commas();
        let mut lines = Lines::new(name, bytes, &header);
        let is_carried =
            |&at: &usize| at != header.x && at != header.y && !header.columns[at].is_empty();
        let carried: Vec<usize> = (0..header.columns.len()).filter(is_carried).collect();
        let mut rows = Vec::new();
        let mut texts: Vec<Vec<String>> = Vec::new();
        while let Some(line) = lines.next()? {
            let coordinate = |place: usize| {
                let text = lines.record.get(place).unwrap_or_default();
                number(text, comma).ok_or_else(|| PointsError::Value {
                    file: name.to_owned(),
                    line,
                    column: header.columns[place].to_owned(),
                    value: text.chars().take(60).collect(),
                    expected: "a finite number",
                })
            };
            rows.push(PointRow {
                line,
                x: coordinate(header.x)?,
                y: coordinate(header.y)?,
                values: Vec::new(),
            });
            // Only what is there, so that a header of many columns over short lines stays small.
            let present = carried.iter().map_while(|&place| lines.record.get(place));
            texts.push(present.map(ToOwned::to_owned).collect());
        }
        let mut table = Self {
            name: name.to_owned(),
            coordinates: header.coordinates,
            fields: Vec::with_capacity(carried.len()),
            rows,
            notes: lines.notes(),
            columns: header.shown(),
        };
        let names = match header.coordinates {
            Coordinates::Pixels => &NAMES[..],
            _ => &NAMES[..2],
        };
        for (at, &place) in carried.iter().enumerate() {
            let field = &header.columns[place];
            let column = texts
                .iter()
                .map(|line| line.get(at).map_or("", |text| text));
            let is = |name: &&str| field.eq_ignore_ascii_case(name);
            let (kind, values) = match names.iter().find(|name| is(name)) {
                Some(&"instance") => (FieldKind::Text, instance_names(column, comma)),
                Some(_) => (FieldKind::Text, column.map(text).collect()),
                None => typed(column, comma),
            };
            table.fields.push(Field::new(field, kind));
            for (row, value) in table.rows.iter_mut().zip(values) {
                if value != Value::Null {
                    row.values.push((at, value));
                }
            }
        }
        Ok(table)
    }

    /// The place of the field with this name, in any case.
    pub fn field(&self, name: &str) -> Option<usize> {
        self.fields
            .iter()
            .position(|field| field.name.eq_ignore_ascii_case(name))
    }
}

impl PointRow {
    /// The value of the field at a place.
    pub fn value(&self, place: usize) -> &Value {
        let value = self.values.iter().find(|(at, _)| *at == place);
        value.map_or(&Value::Null, |(_, value)| value)
    }
}

/// The lines below the header, and what is passed over in them.
struct Lines<'a> {
    file: &'a str,
    bytes: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    record: StringRecord,
    columns: usize,
    header_is_read: bool,
    blank: usize,
    long: usize,
}

impl<'a> Lines<'a> {
    fn new(file: &'a str, bytes: &'a [u8], header: &Header) -> Self {
        Self {
            file,
            bytes,
            reader: records(bytes, header.delimiter),
            record: StringRecord::new(),
            columns: header.columns.len(),
            header_is_read: false,
            blank: 0,
            long: 0,
        }
    }

    /// Reads the next line that holds something into `record`; its number, or none at the end.
    fn next(&mut self) -> Result<Option<u64>, PointsError> {
        loop {
            let read = self.reader.read_record(&mut self.record);
            let read = read.map_err(|source| PointsError::NotCsv {
                file: self.file.to_owned(),
                source,
            })?;
            if !read {
                return Ok(None);
            }
            if !self.header_is_read {
                self.header_is_read = !is_before_header(&self.record);
            } else if self.record.iter().all(str::is_empty) {
                self.blank += 1;
            } else {
                let beyond = self.record.iter().skip(self.columns);
                self.long += usize::from(beyond.into_iter().any(|cell| !cell.is_empty()));
                return Ok(Some(self.number()));
            }
        }
    }

    /// The number of the line that was read. The reader gives that of the empty lines before it.
    fn number(&self) -> u64 {
        let position = self.record.position();
        let (byte, line) = position.map_or((0, 0), |at| (at.byte(), at.line()));
        let rest = usize::try_from(byte)
            .ok()
            .and_then(|byte| self.bytes.get(byte..));
        let rest = rest.unwrap_or_default().iter();
        let empty = rest.take_while(|byte| matches!(byte, b'\n' | b'\r'));
        line + empty.filter(|&&byte| byte == b'\n').count() as u64
    }

    fn notes(&self) -> Vec<String> {
        let file = self.file;
        let mut notes = Vec::new();
        match self.blank {
            0 => {}
            1 => notes.push(format!("{file}: 1 blank row is passed over")),
            count => notes.push(format!("{file}: {count} blank rows are passed over")),
        }
        if self.long > 0 {
            notes.push(format!(
                "{file}: values beyond the last column of the header are passed over, in {} rows",
                self.long
            ));
        }
        notes
    }
}
