//! Features from GeoJSON.
//!
//! The features are kept as text until it is their turn, so that a fault in one names that one, and
//! a large file is not held as a tree.

use std::collections::HashMap;
use std::fmt;

use resam_crs::Crs;
use serde::Deserialize;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::text::{lines, without_nan};
use super::{PIXELS, geometry};
use crate::source::{Geometry, NO_GEOMETRY, Row, Source, Stated};
use crate::{Field, FieldKind, Value, VectorError};
use resam_prompt::{Weight, common, is_date, is_date_time};

#[derive(Deserialize)]
struct Outline<'a> {
    r#type: String,
    #[serde(default)]
    name: Option<serde_json::Value>,
    #[serde(default, borrow)]
    crs: Option<&'a RawValue>,
    #[serde(default, borrow)]
    coordinate_system: Option<&'a RawValue>,
    #[serde(default, borrow)]
    features: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawFeature<'a> {
    r#type: String,
    #[serde(default, borrow)]
    geometry: Option<&'a RawValue>,
    #[serde(default)]
    properties: Option<Properties>,
}

/// The properties in the order of the file.
struct Properties(Vec<(String, serde_json::Value)>);

const NAN: [&str; 2] = [
    "number is `NaN` or an infinity, which is read as no value",
    "numbers are `NaN` or infinities, which are read as no value",
];

/// Reads the bytes of a file; messages call it `name`.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<Source, VectorError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let malformed = |problem: String| malformed(name, problem);
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(error.to_string()))?;
    let (text, no_numbers) = without_nan(text);
    let mut source = Source::new(name, "feature");
    let mut columns = Columns::default();
    if let Some(lines) = lines(&text) {
        source.row_name = "line";
        read_lines(&mut source, &lines, &mut columns)?;
    } else {
        let outline = outline(&text).map_err(malformed)?;
        read_object(&mut source, &text, outline, &mut columns)?;
    }
    source.fields = columns.fields();
    for _ in 0..no_numbers {
        source.notices.add(name, Weight::Taken, NAN, String::new);
    }
    Ok(source)
}

fn malformed(name: &str, problem: String) -> VectorError {
    VectorError::Malformed {
        file: name.to_owned(),
        format: "GeoJSON",
        problem,
        hint: "expected one JSON object whose `type` is `FeatureCollection`, `Feature` or a geometry, or one feature a line",
    }
}

fn outline(text: &str) -> Result<Outline<'_>, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// One object: a collection, a feature or a geometry.
fn read_object(
    source: &mut Source,
    text: &str,
    outline: Outline<'_>,
    columns: &mut Columns,
) -> Result<(), VectorError> {
    let name = source.file.clone();
    source.layer = outline
        .name
        .as_ref()
        .and_then(|name| name.as_str().map(ToOwned::to_owned));
    source.stated = stated(&outline);
    let features = match &*outline.r#type {
        "FeatureCollection" => outline
            .features
            .ok_or_else(|| malformed(&name, "the list `features` is missing".to_owned()))?,
        "Feature" => return take_feature(source, 1, text, columns),
        _ => {
            let geometry =
                geometry::read(text).map_err(|error| malformed(&name, error.to_string()))?;
            return source.push(Row {
                number: 1,
                geometry,
                values: Vec::new(),
            });
        }
    };
    each_feature(&name, features, |index, feature| {
        take_feature(source, index + 1, feature, columns)
    })
}

/// Goes through a list of features one by one: a list of rubbish is not kept.
fn each_feature(
    name: &str,
    list: &RawValue,
    take: impl FnMut(usize, &str) -> Result<(), VectorError>,
) -> Result<(), VectorError> {
    struct Each<F>(F, Option<VectorError>);

    impl<'de, F: FnMut(usize, &str) -> Result<(), VectorError>> Visitor<'de> for &mut Each<F> {
        type Value = ();

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("the list `features`")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
            let mut index = 0;
            while let Some(feature) = list.next_element::<&RawValue>()? {
                if let Err(error) = (self.0)(index, feature.get()) {
                    self.1 = Some(error);
                    return Err(serde::de::Error::custom("stopped"));
                }
                index += 1;
            }
            Ok(())
        }
    }

    let mut each = Each(take, None);
    let mut text = serde_json::Deserializer::from_str(list.get());
    let read = serde::Deserializer::deserialize_seq(&mut text, &mut each);
    match (read, each.1) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some(stopped)) => Err(stopped),
        (Err(error), None) => Err(malformed(name, plain(&error))),
    }
}

/// An object a line. The first CRS that a line states holds for all, as in a collection.
fn read_lines(
    source: &mut Source,
    lines: &[(usize, &str)],
    columns: &mut Columns,
) -> Result<(), VectorError> {
    let name = source.file.clone();
    let mut all = None;
    for &(number, text) in lines {
        let outline = match outline(text) {
            Ok(outline) => outline,
            Err(problem) => {
                let fault = source.row_error(number, problem, "mend or delete the line");
                source.fault(fault, &NO_GEOMETRY)?;
                continue;
            }
        };
        let of_line = stated(&outline);
        if all.get_or_insert_with(|| of_line.clone()) != &of_line {
            return Err(source.row_error(
                number,
                "it states another CRS than the lines before",
                "write the lines of each CRS to a file of their own",
            ));
        }
        if outline.r#type == "FeatureCollection" {
            if let Some(features) = outline.features {
                each_feature(&name, features, |_, feature| {
                    take_feature(source, number, feature, columns)
                })?;
            }
        } else if outline.r#type == "Feature" {
            take_feature(source, number, text, columns)?;
        } else {
            match geometry::read(text) {
                Ok(geometry) => source.push(Row {
                    number,
                    geometry,
                    values: Vec::new(),
                })?,
                Err(error) => {
                    let fault = source.row_error(number, plain(&error), "mend or delete the line");
                    source.fault(fault, &NO_GEOMETRY)?;
                }
            }
        }
    }
    source.stated = all.unwrap_or(Stated::DegreesBySilence);
    Ok(())
}

/// Adds a feature, or leaves it out where it is none.
fn take_feature(
    source: &mut Source,
    number: usize,
    text: &str,
    columns: &mut Columns,
) -> Result<(), VectorError> {
    match read_feature(source, number, text, columns) {
        Ok(row) => source.push(row),
        Err(fault) => source.fault(fault, &NO_GEOMETRY),
    }
}

fn read_feature(
    source: &Source,
    number: usize,
    text: &str,
    columns: &mut Columns,
) -> Result<Row, VectorError> {
    let refuse = |problem: String| {
        source.row_error(
            number,
            problem,
            "features count from 1; mend or delete this one",
        )
    };
    let feature: RawFeature<'_> =
        serde_json::from_str(text).map_err(|error| refuse(plain(&error)))?;
    if feature.r#type != "Feature" {
        let kind: String = feature.r#type.chars().take(60).collect();
        return Err(refuse(format!("its `type` is `{kind}`, not `Feature`")));
    }
    let geometry = match feature.geometry {
        None => Geometry::None,
        Some(geometry) => geometry::read(geometry.get()).map_err(|error| refuse(plain(&error)))?,
    };
    let index = columns.begin();
    let mut values: Vec<(usize, Value)> = Vec::new();
    for (name, value) in feature.properties.map_or_else(Vec::new, |it| it.0) {
        let value = value_of(value);
        let place = columns.place(name, value.kind());
        // A name used twice: the last one counts, as everywhere in JSON.
        match columns.earlier(place, index, values.len()) {
            Some(earlier) => values[earlier].1 = value,
            None => values.push((place, value)),
        }
    }
    Ok(Row {
        number,
        geometry,
        values,
    })
}

/// The fields met so far.
#[derive(Default)]
struct Columns {
    names: Vec<(String, Option<FieldKind>)>,
    places: HashMap<String, usize>,
    /// The feature that last had the field, and where among its values.
    last: Vec<(usize, usize)>,
    features: usize,
}

impl Columns {
    /// Begins another feature; its number.
    fn begin(&mut self) -> usize {
        self.features += 1;
        self.features
    }

    fn place(&mut self, name: String, kind: Option<FieldKind>) -> usize {
        let place = if let Some(&place) = self.places.get(&name) {
            place
        } else {
            let place = self.names.len();
            self.places.insert(name.clone(), place);
            self.names.push((name, None));
            self.last.push((0, 0));
            place
        };
        let known = &mut self.names[place].1;
        *known = common(*known, kind);
        place
    }

    /// Where a feature has the value of a field already; if it has not, it is noted to have it at
    /// `index` now.
    fn earlier(&mut self, place: usize, feature: usize, index: usize) -> Option<usize> {
        let (last, at) = self.last[place];
        if last == feature {
            return Some(at);
        }
        self.last[place] = (feature, index);
        None
    }

    fn fields(self) -> Vec<Field> {
        let field = |(name, kind): (String, Option<FieldKind>)| Field {
            name,
            kind: kind.unwrap_or(FieldKind::Text),
        };
        self.names.into_iter().map(field).collect()
    }
}

fn value_of(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(value),
        serde_json::Value::String(text) if is_date(&text) => Value::Date(text),
        serde_json::Value::String(text) if is_date_time(&text) => Value::DateTime(text),
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Value::Integer(number),
            (None, Some(number)) => Value::Real(number),
            (None, None) => Value::Null,
        },
        // Lists and objects have no column of their own anywhere else.
        other => Value::Text(other.to_string()),
    }
}

/// The CRS by the `crs` member, which RFC 7946 has done away with and programs still write.
fn stated(outline: &Outline<'_>) -> Stated {
    let in_pixels = outline.coordinate_system.is_some_and(|text| {
        serde_json::from_str::<String>(text.get()).is_ok_and(|text| text.starts_with(PIXELS))
    });
    if in_pixels {
        return Stated::Undefined;
    }
    let Some(text) = outline.crs else {
        return Stated::DegreesBySilence;
    };
    let member: serde_json::Value =
        serde_json::from_str(text.get()).unwrap_or(serde_json::Value::Null);
    let properties = &member["properties"];
    let named = properties["name"]
        .as_str()
        .map(ToOwned::to_owned)
        .or_else(|| Some(format!("EPSG:{}", properties["code"].as_u64()?)));
    // A member that names nothing is told as it stands.
    let named = named.unwrap_or_else(|| format!("\"crs\": {}", text.get()));
    match Crs::parse(&named) {
        Ok(crs) => Stated::Crs(crs),
        Err(source) => Stated::Unusable(source.into()),
    }
}

/// The message without its place, which counts within the feature and would mislead.
fn plain(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rfind(" at line ") {
        Some(end) => message[..end].to_owned(),
        None => message,
    }
}

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Properties;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of properties")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
                let mut properties = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    properties.push(entry);
                }
                Ok(Properties(properties))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
