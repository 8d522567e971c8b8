//! The header of a CSV table: its delimiter, and which columns say where points lie.

use std::io::Read;
use std::path::Path;

use csv::StringRecord;

use resam_files::open_regular;

use crate::error::PointsError;

/// Bytes of a file in which its header ends.
const HEADER: u64 = 1 << 16;

/// Tried in this order; a later one has to fit better.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// The names that x and y go by. The first pair that is there counts.
const COORDINATES: [(&str, &str, Coordinates); 9] = [
    ("x", "y", Coordinates::Pixels),
    ("lon", "lat", Coordinates::Degrees),
    ("lng", "lat", Coordinates::Degrees),
    ("long", "lat", Coordinates::Degrees),
    ("longitude", "latitude", Coordinates::Degrees),
    ("easting", "northing", Coordinates::Projected),
    ("east", "north", Coordinates::Projected),
    ("e", "n", Coordinates::Projected),
    ("coord_x", "coord_y", Coordinates::Projected),
];

/// The names that the edges of boxes go by.
const BOXES: [[&str; 4]; 5] = [
    ["x0", "y0", "x1", "y1"],
    ["xmin", "ymin", "xmax", "ymax"],
    ["x_min", "y_min", "x_max", "y_max"],
    ["minx", "miny", "maxx", "maxy"],
    ["left", "top", "right", "bottom"],
];

/// The names of columns of well-known text, where there is no pair of coordinates.
const TEXTS: [&str; 5] = ["wkt", "geom", "geometry", "the_geom", "wkt_geom"];

/// What the coordinates of a CSV table are, by the names of their columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coordinates {
    /// `x,y`: continuous pixels, unless the caller knows a CRS that they are in.
    Pixels,
    /// `lon,lat` and the like: degrees on the map.
    Degrees,
    /// `easting,northing` and the like: on the map, in the units of a CRS that the table does not
    /// name.
    Projected,
    /// A column `wkt` of well-known text: on the map, in the units of a CRS that the text may name
    /// (`SRID=4326;POINT(5 50)`).
    Wkt,
}

impl Coordinates {
    /// What the coordinates of a CSV file are. This alone decides whether they are pixels or on the
    /// map.
    ///
    /// # Errors
    /// When the file cannot be read or its header is not that of a table of points.
    pub fn of_file(path: impl AsRef<Path>) -> Result<Self, PointsError> {
        let path = path.as_ref();
        let mut start = Vec::new();
        open_regular(path)?.take(HEADER).read_to_end(&mut start)?;
        let header = Header::of(&path.display().to_string(), &start)?;
        Ok(header.coordinates)
    }
}

/// The header of a table.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) delimiter: u8,
    pub(crate) columns: StringRecord,
    pub(crate) coordinates: Coordinates,
    pub(crate) place: Place,
}

/// The columns that say where a row lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// x and y.
    Point([usize; 2]),
    /// The least x and y and the greatest.
    Box([usize; 4]),
    /// Well-known text.
    Text(usize),
}

impl Place {
    /// The columns.
    pub(crate) fn columns(&self) -> &[usize] {
        match self {
            Self::Point(columns) => columns,
            Self::Box(columns) => columns,
            Self::Text(column) => std::slice::from_ref(column),
        }
    }
}

impl Header {
    /// The header of the bytes of a file. The delimiter is the one that splits it into columns of
    /// coordinates, and of those the one that splits it most.
    pub(crate) fn of(file: &str, bytes: &[u8]) -> Result<Self, PointsError> {
        let zeros = bytes.iter().take(64).any(|&byte| byte == 0);
        if zeros || bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
            return Err(PointsError::Utf16 {
                file: file.to_owned(),
            });
        }
        let mut best: Option<(u8, StringRecord)> = None;
        let fit = |columns: &StringRecord| (coordinates_of(columns).is_some(), columns.len());
        for delimiter in DELIMITERS {
            let columns = first_record(bytes, delimiter).map_err(|source| PointsError::NotCsv {
                file: file.to_owned(),
                source,
            })?;
            if best
                .as_ref()
                .is_none_or(|(_, best)| fit(&columns) > fit(best))
            {
                best = Some((delimiter, columns));
            }
        }
        let (delimiter, columns) = best.unwrap_or_default();
        let refuse = |problem| PointsError::Header {
            file: file.to_owned(),
            problem,
            found: shown(&columns),
        };
        let Some((place, coordinates)) = coordinates_of(&columns) else {
            return Err(refuse(missing(&columns)));
        };
        let is_used = |at: usize, column: &str| {
            let also = match coordinates {
                Coordinates::Pixels => &["instance", "label", "image"][..],
                _ => &["instance", "label"],
            };
            place.columns().contains(&at)
                || also.iter().any(|name| column.eq_ignore_ascii_case(name))
        };
        for (at, column) in columns.iter().enumerate() {
            let same = |other: &str| other.eq_ignore_ascii_case(column);
            if is_used(at, column) && columns.iter().filter(|other| same(other)).count() > 1 {
                let name = column.to_ascii_lowercase();
                return Err(refuse(format!("column `{name}` is there twice")));
            }
        }
        Ok(Self {
            delimiter,
            columns,
            coordinates,
            place,
        })
    }

    /// The columns as a message repeats them.
    pub(crate) fn shown(&self) -> String {
        shown(&self.columns)
    }

    /// Whether a comma may stand for the decimal point.
    pub(crate) fn has_decimal_commas(&self) -> bool {
        self.delimiter != b','
    }
}

/// A reader of records of any length, trimmed, the header among them.
pub(crate) fn records(bytes: &[u8], delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(bytes)
}

/// Whether a record before the header is passed over: without a value, or Excel's `sep=;`.
pub(crate) fn is_before_header(record: &StringRecord) -> bool {
    let mut cells = record.iter().filter(|cell| !cell.is_empty());
    let first = cells.next();
    first.is_none_or(|cell| {
        let start = cell.get(..4).unwrap_or_default();
        start.eq_ignore_ascii_case("sep=") && cells.next().is_none()
    })
}

/// The first record that may be a header; an empty one if there is none.
fn first_record(bytes: &[u8], delimiter: u8) -> Result<StringRecord, csv::Error> {
    let mut reader = records(bytes, delimiter);
    let mut record = StringRecord::new();
    while reader.read_record(&mut record)? {
        if !is_before_header(&record) {
            return Ok(record);
        }
    }
    Ok(StringRecord::new())
}

/// The places of what says where a row lies, and what it is. Points come before boxes, boxes before
/// texts.
fn coordinates_of(columns: &StringRecord) -> Option<(Place, Coordinates)> {
    let at = |name| place_of(columns, name);
    let point = COORDINATES
        .iter()
        .find_map(|&(x, y, coordinates)| Some((Place::Point([at(x)?, at(y)?]), coordinates)));
    let edges = || {
        let mut boxes = BOXES.iter();
        boxes.find_map(|&[x0, y0, x1, y1]| Some([at(x0)?, at(y0)?, at(x1)?, at(y1)?]))
    };
    let boxes = || edges().map(|edges| (Place::Box(edges), Coordinates::Pixels));
    let text = || {
        let place = TEXTS.iter().find_map(|name| at(name))?;
        Some((Place::Text(place), Coordinates::Wkt))
    };
    point.or_else(boxes).or_else(text)
}

fn place_of(columns: &StringRecord, name: &str) -> Option<usize> {
    columns
        .iter()
        .position(|column| column.eq_ignore_ascii_case(name))
}

/// What a header without a pair of coordinates lacks.
fn missing(columns: &StringRecord) -> String {
    let has = |name| place_of(columns, name).is_some();
    let half = COORDINATES.iter().find_map(|(x, y, _)| {
        let other = if has(x) { y } else { x };
        (has(x) || has(y)).then_some(other)
    });
    match half {
        Some(name) => format!("no column `{name}`"),
        None => "no columns of coordinates".to_owned(),
    }
}

fn shown(columns: &StringRecord) -> String {
    let short = |column: &str| column.chars().take(60).collect::<String>();
    let columns: Vec<String> = columns.iter().take(20).map(short).collect();
    columns.join(",")
}
