//! Features from GeoJSON.
//!
//! The features are kept as text until it is their turn, so that a fault in one names that one, and
//! a large file is not held as a tree.

use std::collections::HashMap;
use std::fmt;

use resam_crs::Crs;
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{PIXELS, geometry};
use crate::source::{Geometry, Row, Source, Stated};
use crate::{Field, FieldKind, Value, VectorError};
use resam_prompt::common;

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
    features: Option<Vec<&'a RawValue>>,
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

/// Reads the bytes of a file; messages call it `name`.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<Source, VectorError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let malformed = |problem: String| VectorError::Malformed {
        file: name.to_owned(),
        format: "GeoJSON",
        problem,
        hint: "expected one JSON object whose `type` is `FeatureCollection`, `Feature` or a geometry",
    };
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(error.to_string()))?;
    let outline: Outline<'_> =
        serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
    let mut source = Source::new(name, "feature");
    source.layer = outline
        .name
        .as_ref()
        .and_then(|name| name.as_str().map(ToOwned::to_owned));
    source.stated = stated(&outline);
    match &*outline.r#type {
        "FeatureCollection" => {
            let features = outline
                .features
                .ok_or_else(|| malformed("the list `features` is missing".to_owned()))?;
            let mut columns = Columns::default();
            for (index, feature) in features.into_iter().enumerate() {
                let row = read_feature(&source, index + 1, feature.get(), &mut columns)?;
                source.push(row)?;
            }
            source.fields = columns.fields();
        }
        "Feature" => {
            let mut columns = Columns::default();
            let row = read_feature(&source, 1, text, &mut columns)?;
            source.push(row)?;
            source.fields = columns.fields();
        }
        _ => {
            let geometry = geometry::read(text).map_err(|error| malformed(error.to_string()))?;
            source.push(Row {
                number: 1,
                geometry,
                values: Vec::new(),
            })?;
        }
    }
    Ok(source)
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
    let mut values: Vec<(usize, Value)> = Vec::new();
    for (name, value) in feature.properties.map_or_else(Vec::new, |it| it.0) {
        let value = value_of(value);
        let place = columns.place(name, value.kind());
        // A name used twice: the last one counts, as everywhere in JSON.
        match columns.earlier(place, number, values.len()) {
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
}

impl Columns {
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
