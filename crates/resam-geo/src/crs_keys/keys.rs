//! The directory of keys, to and from the three tags that hold it.

use std::collections::BTreeMap;

pub(crate) const MODEL_TYPE: u16 = 1024;
pub(crate) const RASTER_TYPE: u16 = 1025;
pub(crate) const CITATION: u16 = 1026;
pub(crate) const GEOGRAPHIC_TYPE: u16 = 2048;
pub(crate) const GEOGRAPHIC_CITATION: u16 = 2049;
pub(crate) const GEODETIC_DATUM: u16 = 2050;
pub(crate) const PRIME_MERIDIAN: u16 = 2051;
pub(crate) const ANGULAR_UNITS: u16 = 2054;
pub(crate) const ELLIPSOID: u16 = 2056;
pub(crate) const SEMI_MAJOR_AXIS: u16 = 2057;
pub(crate) const SEMI_MINOR_AXIS: u16 = 2058;
pub(crate) const INVERSE_FLATTENING: u16 = 2059;
pub(crate) const PRIME_MERIDIAN_LONGITUDE: u16 = 2061;
pub(crate) const TO_WGS84: u16 = 2062;
pub(crate) const PROJECTED_TYPE: u16 = 3072;
pub(crate) const PROJECTED_CITATION: u16 = 3073;
pub(crate) const PROJECTION: u16 = 3074;
pub(crate) const METHOD: u16 = 3075;
pub(crate) const LINEAR_UNITS: u16 = 3076;
pub(crate) const LINEAR_UNIT_SIZE: u16 = 3077;

/// A value of a key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Short(u16),
    Doubles(Vec<f64>),
    Text(String),
}

/// The keys of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct GeoKeys(pub(crate) BTreeMap<u16, Value>);

/// The three tags that hold keys.
#[derive(Debug, Default)]
pub(crate) struct KeyTags {
    pub(crate) directory: Vec<u16>,
    pub(crate) doubles: Vec<f64>,
    pub(crate) text: String,
}

const DOUBLES_TAG: u16 = crate::tiff::tags::GEO_DOUBLE_PARAMS;
const TEXT_TAG: u16 = crate::tiff::tags::GEO_ASCII_PARAMS;

impl GeoKeys {
    /// Keys from the values of their tags. The error is a key whose value is not there.
    pub(crate) fn from_tags(
        directory: &[u64],
        doubles: &[f64],
        text: &[u8],
    ) -> Result<Self, String> {
        let entries = directory.get(4..).unwrap_or_default().chunks_exact(4);
        let entry = |entry: &[u64]| {
            let [key, tag, count, value] = *entry else {
                return None;
            };
            let (first, count) = (usize::try_from(value).ok()?, usize::try_from(count).ok()?);
            let range = first..first.checked_add(count)?;
            let value = match u16::try_from(tag).ok()? {
                0 => Value::Short(u16::try_from(value).ok()?),
                DOUBLES_TAG => Value::Doubles(doubles.get(range)?.to_vec()),
                TEXT_TAG => {
                    // Some writers count a byte that they do not write.
                    let end = range.end.min(text.len());
                    let text = String::from_utf8_lossy(text.get(range.start..end)?);
                    Value::Text(text.trim_end_matches(['|', '\0']).to_owned())
                }
                _ => return None,
            };
            Some((u16::try_from(key).ok()?, value))
        };
        let mut keys = Self::default();
        for read in entries {
            let Some((key, value)) = entry(read) else {
                let key = u16::try_from(read[0]).map_or_else(|_| read[0].to_string(), name_of);
                return Err(format!("the value of its {key} is not in the file"));
            };
            keys.0.insert(key, value);
        }
        Ok(keys)
    }

    /// The tags that hold the keys.
    pub(crate) fn to_tags(&self) -> KeyTags {
        let mut tags = KeyTags {
            directory: vec![1, 1, 0, self.0.len() as u16],
            ..KeyTags::default()
        };
        for (&key, value) in &self.0 {
            let entry = match value {
                Value::Short(value) => [key, 0, 1, *value],
                Value::Doubles(values) => {
                    let first = tags.doubles.len() as u16;
                    tags.doubles.extend_from_slice(values);
                    [key, DOUBLES_TAG, values.len() as u16, first]
                }
                Value::Text(text) => {
                    let first = tags.text.len() as u16;
                    // Text is ASCII, and a bar ends it.
                    let plain = |letter: char| {
                        if letter.is_ascii() && letter != '|' {
                            letter
                        } else {
                            '?'
                        }
                    };
                    tags.text.extend(text.chars().take(8192).map(plain));
                    tags.text.push('|');
                    [key, TEXT_TAG, tags.text.len() as u16 - first, first]
                }
            };
            tags.directory.extend_from_slice(&entry);
        }
        tags
    }

    /// A code or another small number.
    pub(crate) fn short(&self, key: u16) -> Option<u32> {
        match self.0.get(&key)? {
            Value::Short(value) => Some((*value).into()),
            _ => None,
        }
    }

    /// The first number of a key.
    pub(crate) fn double(&self, key: u16) -> Option<f64> {
        self.doubles(key)?.first().copied()
    }

    /// The numbers of a key.
    pub(crate) fn doubles(&self, key: u16) -> Option<&[f64]> {
        match self.0.get(&key)? {
            Value::Doubles(values) => Some(values),
            _ => None,
        }
    }

    /// The text of a key, unless it is empty.
    pub(crate) fn text(&self, key: u16) -> Option<&str> {
        match self.0.get(&key)? {
            Value::Text(text) if !text.trim().is_empty() => Some(text.trim()),
            _ => None,
        }
    }

    pub(crate) fn set(&mut self, key: u16, value: Value) {
        self.0.insert(key, value);
    }
}

/// The name of a key in the specification.
pub(crate) fn name_of(key: u16) -> String {
    let name = match key {
        MODEL_TYPE => "GTModelTypeGeoKey",
        GEOGRAPHIC_TYPE => "GeographicTypeGeoKey",
        GEODETIC_DATUM => "GeogGeodeticDatumGeoKey",
        PRIME_MERIDIAN => "GeogPrimeMeridianGeoKey",
        ANGULAR_UNITS => "GeogAngularUnitsGeoKey",
        ELLIPSOID => "GeogEllipsoidGeoKey",
        SEMI_MAJOR_AXIS => "GeogSemiMajorAxisGeoKey",
        SEMI_MINOR_AXIS => "GeogSemiMinorAxisGeoKey",
        INVERSE_FLATTENING => "GeogInvFlatteningGeoKey",
        PRIME_MERIDIAN_LONGITUDE => "GeogPrimeMeridianLongGeoKey",
        PROJECTED_TYPE => "ProjectedCSTypeGeoKey",
        PROJECTION => "ProjectionGeoKey",
        METHOD => "ProjCoordTransGeoKey",
        LINEAR_UNITS => "ProjLinearUnitsGeoKey",
        LINEAR_UNIT_SIZE => "ProjLinearUnitSizeGeoKey",
        other => return format!("GeoKey {other}"),
    };
    name.to_owned()
}
