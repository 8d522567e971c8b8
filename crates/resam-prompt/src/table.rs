//! A CSV table of points, in pixels or on the map: one line a point.

use std::path::Path;

use csv::StringRecord;

use crate::attributes::{instance_names, number, text, typed};
use resam_files::read_bounded;

use crate::columns::{Coordinates, Header, Place, is_before_header, records};
use crate::error::PointsError;
use crate::notice::{Notices, Weight};
use crate::value::{Field, FieldKind, Value};

/// Columns that are text, whatever they look like. `image` is one in pixels alone.
const NAMES: [&str; 3] = ["instance", "label", "image"];

/// Bytes of a table that is read.
const MOST_BYTES: u64 = 512 << 20;
/// Rows that are left out of a table that is still read to its end.
const MOST_FAULTS: usize = 100_000;
/// Bytes of a line of a table: the longest well-known text of a polygon.
const LONGEST_LINE: usize = 16 << 20;

const NO_PLACE: [&str; 2] = [
    "row whose coordinates are no numbers is left out",
    "rows whose coordinates are no numbers are left out",
];
const BLANK: [&str; 2] = ["blank row is passed over", "blank rows are passed over"];
const BEYOND: [&str; 2] = [
    "row has values beyond the last column of the header, which are passed over",
    "rows have values beyond the last column of the header, which are passed over",
];

/// How a table of points is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// Refuse the file where a row would be left out. Default: `false`.
    pub strict: bool,
    /// The column of classes, in any case. Default: `label`, where none of its values says whether
    /// a point is on its object.
    pub class_field: Option<String>,
}

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
    /// What was noticed.
    pub notices: Notices,
    /// The columns as a message repeats them.
    pub(crate) columns: String,
}

/// A line of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct PointRow {
    /// Its number in the file, the first being 1.
    pub line: u64,
    /// Column in pixels, longitude or easting; of a box its middle, of a text 0.
    pub x: f64,
    /// Row in pixels, latitude or northing; of a box its middle, of a text 0.
    pub y: f64,
    /// The box `[x0, y0, x1, y1]` of a table of boxes.
    pub bounds: Option<[f64; 4]>,
    /// The well-known text of a table of texts.
    pub wkt: Option<String>,
    /// The values that are there, each with the place of its field.
    pub values: Vec<(usize, Value)>,
}

impl PointTable {
    /// Reads a CSV file.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and when the file cannot be read.
    pub fn read(path: impl AsRef<Path>, options: &TableOptions) -> Result<Self, PointsError> {
        let path = path.as_ref();
        let bytes = read_bounded(path, MOST_BYTES)?;
        Self::parse_with(&path.display().to_string(), &bytes, options)
    }

    /// [`parse_with`](Self::parse_with) the defaults.
    ///
    /// # Errors
    /// As [`parse_with`](Self::parse_with).
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, PointsError> {
        Self::parse_with(name, bytes, &TableOptions::default())
    }

    /// Reads the bytes of a CSV file; messages call it `name`.
    ///
    /// The delimiter is a comma, a semicolon or a tab, as the header has it, and a decimal comma is
    /// understood where the delimiter is none. Names of columns are known in any case. Rows without
    /// any value are passed over. A column is of numbers when every one of its values prints back
    /// the same, of dates when every one is a date; otherwise it is text.
    ///
    /// A row whose coordinates are no finite numbers is left out and counted.
    ///
    /// # Errors
    /// When it is not CSV in UTF-8, has no columns of coordinates or one of the known columns
    /// twice, a line is longer than 16 MiB, or the coordinates of every row, with `options.strict`
    /// of any row, are no finite numbers. A table without a point is none.
    pub fn parse_with(
        name: &str,
        bytes: &[u8],
        options: &TableOptions,
    ) -> Result<Self, PointsError> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        check_lines(name, bytes)?;
        let header = Header::of(name, bytes)?;
        let comma = header.has_decimal_commas();
        let mut lines = Lines::new(name, bytes, &header);
        let is_carried =
            |at: &usize| !header.place.columns().contains(at) && !header.columns[*at].is_empty();
        let carried: Vec<usize> = (0..header.columns.len()).filter(is_carried).collect();
        let mut rows = Vec::new();
        let mut texts: Vec<Vec<String>> = Vec::new();
        let mut first_fault = None;
        let mut faults = 0;
        while let Some(line) = lines.next()? {
            match lines.row(line, &header, comma) {
                Ok(row) => rows.push(row),
                Err(fault) if options.strict => return Err(fault),
                Err(fault) => {
                    let first = || fault.place();
                    lines.notices.add(name, Weight::LeftOut, NO_PLACE, first);
                    faults += 1;
                    if faults > MOST_FAULTS {
                        return Err(fault);
                    }
                    first_fault = first_fault.or(Some(fault));
                    continue;
                }
            }
            // Only what is there, so that a header of many columns over short lines stays small.
            let present = carried.iter().map_while(|&place| lines.record.get(place));
            texts.push(present.map(ToOwned::to_owned).collect());
        }
        if let (true, Some(fault)) = (rows.is_empty(), first_fault) {
            return Err(fault);
        }
        let mut table = Self {
            name: name.to_owned(),
            coordinates: header.coordinates,
            fields: Vec::with_capacity(carried.len()),
            rows,
            notices: lines.notices,
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

/// Refuses lines that no table of points has: one takes several times its length of memory.
fn check_lines(name: &str, bytes: &[u8]) -> Result<(), PointsError> {
    let mut lines = bytes.split(|&byte| byte == b'\n');
    match lines.position(|line| line.len() > LONGEST_LINE) {
        None => Ok(()),
        Some(at) => Err(PointsError::LongLine {
            file: name.to_owned(),
            line: at as u64 + 1,
        }),
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
    notices: Notices,
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
            notices: Notices::default(),
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
                let line = format!("line {}", self.number());
                self.notices.add(self.file, Weight::Taken, BLANK, || line);
            } else {
                let mut beyond = self.record.iter().skip(self.columns);
                let line = self.number();
                if beyond.any(|cell| !cell.is_empty()) {
                    let first = || format!("line {line}");
                    self.notices.add(self.file, Weight::Taken, BEYOND, first);
                }
                return Ok(Some(line));
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

    /// The row of the line that was read.
    fn row(&self, line: u64, header: &Header, comma: bool) -> Result<PointRow, PointsError> {
        let refuse = |place: usize, expected| PointsError::Value {
            file: self.file.to_owned(),
            line,
            column: header.columns[place].to_owned(),
            value: self.text(place).chars().take(60).collect(),
            expected,
        };
        let coordinate = |place: usize| {
            let number = number(self.text(place), comma);
            number.ok_or_else(|| refuse(place, "a finite number"))
        };
        let mut row = PointRow {
            line,
            x: 0.0,
            y: 0.0,
            bounds: None,
            wkt: None,
            values: Vec::new(),
        };
        match header.place {
            Place::Point([x, y]) => (row.x, row.y) = (coordinate(x)?, coordinate(y)?),
            Place::Box([left, top, right, bottom]) => {
                let [x0, y0] = [coordinate(left)?, coordinate(top)?];
                let [x1, y1] = [coordinate(right)?, coordinate(bottom)?];
                // The second corner is the other one on maps, where y goes up.
                let ([x0, x1], [y0, y1]) = ([x0.min(x1), x0.max(x1)], [y0.min(y1), y0.max(y1)]);
                if x0 >= x1 || y0 >= y1 {
                    return Err(refuse(right, "another edge than the opposite one"));
                }
                (row.x, row.y) = (x0 / 2.0 + x1 / 2.0, y0 / 2.0 + y1 / 2.0);
                row.bounds = Some([x0, y0, x1, y1]);
            }
            Place::Text(place) => row.wkt = Some(self.text(place).to_owned()),
        }
        Ok(row)
    }

    fn text(&self, place: usize) -> &str {
        self.record.get(place).unwrap_or_default()
    }
}
