//! The directory of a file that is written: its tags, and their bytes as a classic TIFF or as a
//! BigTIFF.

use std::collections::BTreeMap;

use crate::crs_keys::GeoKeys;
use crate::geo_transform::GeoTransform;
use crate::sample::SampleKind;
use crate::tiff::tags;
use crate::writer::{Compression, GeoTiffSpec, Photometric};

/// Room for the header of a BigTIFF; a classic one takes half of it.
pub(super) const HEADER_BYTES: u64 = 16;

/// Values of a tag.
#[derive(Debug, Clone)]
enum Values {
    Text(String),
    Shorts(Vec<u16>),
    Longs(Vec<u32>),
    /// Positions and lengths, of 32 bits in a classic TIFF and of 64 bits in a BigTIFF.
    Places(Vec<u64>),
    Doubles(Vec<f64>),
}

/// The tags that are known before any tile is.
#[derive(Debug)]
pub(super) struct DirectoryPlan {
    tags: BTreeMap<u16, Values>,
}

/// The bytes that complete a file.
pub(super) struct Completion {
    /// For its beginning.
    pub(super) header: Vec<u8>,
    /// For its end.
    pub(super) after_data: Vec<u8>,
}

impl DirectoryPlan {
    pub(super) fn new(spec: &GeoTiffSpec, keys: Option<&GeoKeys>) -> Self {
        let bands = spec.bands;
        let bits = (spec.sample.size() * 8) as u16;
        let format = match spec.sample {
            SampleKind::U8 | SampleKind::U16 | SampleKind::U32 | SampleKind::U64 => 1,
            SampleKind::I8 | SampleKind::I16 | SampleKind::I32 | SampleKind::I64 => 2,
            SampleKind::F32 | SampleKind::F64 => 3,
        };
        let (photometric, colours) = match spec.photometric {
            Photometric::MinIsBlack => (1, 1),
            Photometric::Rgb | Photometric::RgbAlpha => (2, 3),
        };
        let mut tags = BTreeMap::from([
            (tags::IMAGE_WIDTH, Values::Longs(vec![spec.width])),
            (tags::IMAGE_LENGTH, Values::Longs(vec![spec.height])),
            (tags::BITS_PER_SAMPLE, Values::Shorts(vec![bits; bands])),
            (
                tags::COMPRESSION,
                Values::Shorts(vec![spec.compression.tag()]),
            ),
            (tags::PHOTOMETRIC, Values::Shorts(vec![photometric])),
            (tags::SAMPLES_PER_PIXEL, Values::Shorts(vec![bands as u16])),
            (tags::PLANAR_CONFIGURATION, Values::Shorts(vec![1])),
            (tags::TILE_WIDTH, Values::Longs(vec![spec.tile])),
            (tags::TILE_LENGTH, Values::Longs(vec![spec.tile])),
            (tags::SAMPLE_FORMAT, Values::Shorts(vec![format; bands])),
        ]);
        if spec.compression == Compression::Deflate && spec.sample.is_integer() {
            tags.insert(tags::PREDICTOR, Values::Shorts(vec![2]));
        }
        if bands > colours {
            let mut extra = vec![0; bands - colours];
            if spec.photometric == Photometric::RgbAlpha {
                extra[0] = 2;
            }
            tags.insert(tags::EXTRA_SAMPLES, Values::Shorts(extra));
        }
        if let Some(nodata) = spec.nodata {
            let text = if nodata.is_nan() {
                "nan".to_owned()
            } else {
                nodata.to_string()
            };
            tags.insert(tags::GDAL_NODATA, Values::Text(text));
        }
        if let Some(transform) = spec.geo_transform {
            tags.extend(transform_tags(transform));
        }
        if let Some(keys) = keys {
            let keys = keys.to_tags();
            tags.insert(tags::GEO_KEY_DIRECTORY, Values::Shorts(keys.directory));
            if !keys.doubles.is_empty() {
                tags.insert(tags::GEO_DOUBLE_PARAMS, Values::Doubles(keys.doubles));
            }
            tags.insert(tags::GEO_ASCII_PARAMS, Values::Text(keys.text));
        }
        Self { tags }
    }

    /// The bytes of the header, and those after the tiles, which end at `end`.
    pub(super) fn encode(&self, end: u64, places: &[(u64, u64)], big: bool) -> Completion {
        let mut tags = self.tags.clone();
        let (offsets, lengths) = places.iter().copied().unzip();
        tags.insert(tags::TILE_OFFSETS, Values::Places(offsets));
        tags.insert(tags::TILE_BYTE_COUNTS, Values::Places(lengths));
        if !big && let Some(classic) = encode_tags(&tags, end, false) {
            return classic;
        }
        // Positions of 64 bits always fit.
        encode_tags(&tags, end, true).unwrap_or_else(|| unreachable!("a BigTIFF has room"))
    }
}

/// Nothing if it needs a BigTIFF.
fn encode_tags(tags: &BTreeMap<u16, Values>, end: u64, big: bool) -> Option<Completion> {
    let (count_bytes, entry_bytes, field_bytes) = if big { (8, 20, 8) } else { (2, 12, 4) };
    // Directories begin at even positions.
    let padding = end % 2;
    let start = end + padding;
    let directory_bytes = count_bytes + tags.len() as u64 * entry_bytes + field_bytes;
    let mut after = start + directory_bytes;
    let mut entries = Vec::new();
    let mut values = Vec::new();
    push(&mut entries, tags.len() as u64, count_bytes)?;
    for (&tag, list) in tags {
        let (kind, count, bytes) = list.encode(big)?;
        push(&mut entries, tag.into(), 2)?;
        push(&mut entries, kind.into(), 2)?;
        push(&mut entries, count, field_bytes)?;
        if bytes.len() as u64 <= field_bytes {
            let blank = field_bytes as usize - bytes.len();
            entries.extend_from_slice(&bytes);
            entries.extend(std::iter::repeat_n(0, blank));
        } else {
            push(&mut entries, after, field_bytes)?;
            values.extend_from_slice(&bytes);
            if bytes.len() % 2 == 1 {
                values.push(0);
            }
            after = start + directory_bytes + values.len() as u64;
        }
    }
    // No further directory.
    push(&mut entries, 0, field_bytes)?;
    let mut header = if big {
        b"II\x2b\0\x08\0\0\0".to_vec()
    } else {
        b"II\x2a\0".to_vec()
    };
    push(&mut header, start, field_bytes)?;
    let mut after_data = vec![0; padding as usize];
    after_data.extend_from_slice(&entries);
    after_data.extend_from_slice(&values);
    // Positions at the end of the file must fit too.
    (big || u32::try_from(after).is_ok()).then_some(Completion { header, after_data })
}

/// Appends a number with this many bytes; returns whether it fits.
fn push(target: &mut Vec<u8>, number: u64, bytes: u64) -> Option<()> {
    let encoded = number.to_le_bytes();
    let (kept, rest) = encoded.split_at(bytes as usize);
    if rest.iter().any(|&byte| byte != 0) {
        return None;
    }
    target.extend_from_slice(kept);
    Some(())
}

impl Values {
    /// Kind, count and bytes; nothing if a place does not fit.
    fn encode(&self, big: bool) -> Option<(u16, u64, Vec<u8>)> {
        Some(match self {
            Self::Text(text) => {
                let mut bytes = text.clone().into_bytes();
                bytes.push(0);
                (2, bytes.len() as u64, bytes)
            }
            Self::Shorts(values) => {
                let bytes = values.iter().flat_map(|value| value.to_le_bytes());
                (3, values.len() as u64, bytes.collect())
            }
            Self::Longs(values) => {
                let bytes = values.iter().flat_map(|value| value.to_le_bytes());
                (4, values.len() as u64, bytes.collect())
            }
            Self::Places(values) => {
                let size = if big { 8 } else { 4 };
                let mut bytes = Vec::with_capacity(values.len() * size as usize);
                for &value in values {
                    push(&mut bytes, value, size)?;
                }
                (if big { 16 } else { 4 }, values.len() as u64, bytes)
            }
            Self::Doubles(values) => {
                let bytes = values.iter().flat_map(|value| value.to_le_bytes());
                (12, values.len() as u64, bytes.collect())
            }
        })
    }
}

/// Pixel scale and tie point where they can say it, else a matrix.
fn transform_tags(transform: GeoTransform) -> Vec<(u16, Values)> {
    let GeoTransform([x0, a, b, y0, d, e]) = transform;
    if !transform.is_rotated() && a > 0.0 && e < 0.0 {
        return vec![
            (tags::MODEL_PIXEL_SCALE, Values::Doubles(vec![a, -e, 0.0])),
            (
                tags::MODEL_TIEPOINT,
                Values::Doubles(vec![0.0, 0.0, 0.0, x0, y0, 0.0]),
            ),
        ];
    }
    let matrix = [
        [a, b, 0.0, x0],
        [d, e, 0.0, y0],
        [0.0; 4],
        [0.0, 0.0, 0.0, 1.0],
    ];
    vec![(tags::MODEL_TRANSFORMATION, Values::Doubles(matrix.concat()))]
}
