//! Points from CSV, one line a point.

use csv::StringRecord;
use resam_crs::Crs;

use crate::layer::common;
use crate::source::{Geometry, Row, Source, Stated};
use crate::{Field, FieldKind, Value, VectorError};

/// The names that x and y go by, and whether they are degrees.
const COORDINATES: [(&str, &str, bool); 9] = [
    ("x", "y", false),
    ("lon", "lat", true),
    ("lng", "lat", true),
    ("long", "lat", true),
    ("longitude", "latitude", true),
    ("easting", "northing", false),
    ("east", "north", false),
    ("e", "n", false),
    ("coord_x", "coord_y", false),
];

const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// Reads the bytes of a file; messages call it `name`.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<Source, VectorError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let delimiter = delimiter(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(bytes);
    let malformed = |problem: String| VectorError::Malformed {
        file: name.to_owned(),
        format: "a CSV file of points",
        problem,
        hint: "save it as CSV in UTF-8 with a header such as `x,y`, `lon,lat` or `easting,northing`; `instance` and `label` may follow",
    };
    let header = reader
        .headers()
        .map_err(|error| malformed(error.to_string()))?
        .clone();
    let place = |wanted: &str| {
        header
            .iter()
            .position(|column| column.eq_ignore_ascii_case(wanted))
    };
    let found = COORDINATES
        .iter()
        .find_map(|&(x, y, degrees)| Some((place(x)?, place(y)?, degrees)));
    let Some((x, y, degrees)) = found else {
        let columns: Vec<String> = header
            .iter()
            .take(20)
            .map(|column| column.chars().take(60).collect())
            .collect();
        return Err(malformed(format!(
            "no columns of coordinates, the columns are `{}`",
            columns.join(",")
        )));
    };
    let others: Vec<usize> = (0..header.len()).filter(|&at| at != x && at != y).collect();
    let mut source = Source {
        file: name.to_owned(),
        layer: None,
        row_name: "line",
        stated: if degrees {
            Stated::Crs(Crs::wgs84())
        } else {
            Stated::Nothing
        },
        fields: Vec::new(),
        rows: Vec::new(),
    };
    let mut texts: Vec<Vec<String>> = Vec::new();
    let mut record = StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|error| malformed(error.to_string()))?
    {
        let line = record.position().map_or(0, csv::Position::line);
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        let coordinate = |place: usize| {
            let text = record.get(place).unwrap_or_default();
            number(text, delimiter).ok_or_else(|| {
                let value: String = text.chars().take(60).collect();
                let column = &header[place];
                source.row_error(
                    line,
                    format!("`{column}` is `{value}`, expected a finite number"),
                    "mend or delete the line",
                )
            })
        };
        let geometry = Geometry::Points(vec![(coordinate(x)?, coordinate(y)?)]);
        source.rows.push(Row {
            number: line,
            geometry,
            values: Vec::new(),
        });
        // Only what is there, so that a header of many columns over short lines stays small.
        let present = others.iter().map_while(|&place| record.get(place));
        texts.push(present.map(ToOwned::to_owned).collect());
    }
    for (column, &place) in others.iter().enumerate() {
        let kind = texts
            .iter()
            .filter_map(|line| value(line.get(column)?).kind())
            .fold(None, |kind, another| common(kind, Some(another)))
            .unwrap_or(FieldKind::Text);
        source.fields.push(Field::new(&header[place], kind));
    }
    for (row, line) in source.rows.iter_mut().zip(texts) {
        for (column, text) in line.into_iter().enumerate() {
            let value = match source.fields[column].kind {
                _ if text.is_empty() => continue,
                // As text it keeps the form that it has in the file.
                FieldKind::Text => Value::Text(text),
                kind => value(&text).to_kind(kind),
            };
            row.values.push((column, value));
        }
    }
    Ok(source)
}

/// The delimiter that the header has most of; a comma if it has none.
fn delimiter(bytes: &[u8]) -> u8 {
    let header = bytes
        .split(|&byte| byte == b'\n' || byte == b'\r')
        .next()
        .unwrap_or_default();
    let count = |delimiter: u8| header.iter().filter(|&&byte| byte == delimiter).count();
    let mut best = DELIMITERS[0];
    for delimiter in DELIMITERS {
        if count(delimiter) > count(best) {
            best = delimiter;
        }
    }
    best
}

/// A finite number; with semicolons between values a comma may stand for the point.
fn number(text: &str, delimiter: u8) -> Option<f64> {
    let number = match text.parse::<f64>() {
        Err(_) if delimiter == b';' => text.replacen(',', ".", 1).parse(),
        parsed => parsed,
    };
    number.ok().filter(|number| number.is_finite())
}

/// What a text is: a number only if it reads the same as a number, so that `007` stays what it is.
fn value(text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    if let Ok(number) = text.parse::<i64>() {
        if number.to_string() == text {
            return Value::Integer(number);
        }
        return Value::Text(text.to_owned());
    }
    let is_decimal = text.bytes().all(|byte| b"+-.eE0123456789".contains(&byte));
    match text.parse::<f64>() {
        Ok(number) if is_decimal && number.is_finite() && !text.starts_with("00") => {
            Value::Real(number)
        }
        _ => Value::Text(text.to_owned()),
    }
}
