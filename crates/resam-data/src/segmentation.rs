//! COCO segmentations: polygons or run lengths.

use resam_mask::{Bitmap, MaskError, Rle, rasterize_polygon};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::coco::plain;

/// The outline of one object, not yet a mask.
#[derive(Debug, Clone, PartialEq)]
pub enum Segmentation {
    /// Rings of `x, y` pairs in continuous pixel coordinates. The mask is the union of the rings
    /// (COCO has no holes).
    Polygons(Vec<Vec<[f64; 2]>>),
    /// Run lengths of the mask, column by column, the first of zeros.
    Runs(Rle),
}

#[derive(Deserialize)]
struct RawRle<'a> {
    size: [u32; 2],
    #[serde(borrow)]
    counts: &'a RawValue,
}

impl Segmentation {
    /// Parses and checks the JSON of a `segmentation` of an image of this size. The fault does not
    /// name the record: the caller adds it.
    pub(crate) fn parse(json: &str, width: u32, height: u32) -> Result<Self, String> {
        match json.as_bytes().first() {
            Some(b'[') => parse_polygons(json, width, height),
            Some(b'{') => parse_rle(json, width, height),
            _ => Err("no segmentation; polygons or run lengths are needed".to_owned()),
        }
    }

    /// The mask as run lengths, of `width` x `height` pixels. Polygons are filled as by
    /// pycocotools' `frPyObjects` and `merge`.
    ///
    /// # Errors
    /// When the run lengths are of another size, or a side is zero.
    pub fn rle(&self, width: u32, height: u32) -> Result<Rle, MaskError> {
        match self {
            Self::Polygons(rings) => rasterize_polygon(rings, width, height),
            Self::Runs(runs) if (runs.width(), runs.height()) == (width, height) => {
                Ok(runs.clone())
            }
            Self::Runs(runs) => Err(MaskError::SizesDiffer {
                left: (runs.width(), runs.height()),
                right: (width, height),
            }),
        }
    }

    /// The mask as a bitmap; see [`Segmentation::rle`].
    ///
    /// # Errors
    /// When the run lengths are of another size, or a side is zero.
    pub fn mask(&self, width: u32, height: u32) -> Result<Bitmap, MaskError> {
        Ok(self.rle(width, height)?.decode())
    }
}

fn parse_polygons(json: &str, width: u32, height: u32) -> Result<Segmentation, String> {
    let rings: Vec<Vec<f64>> = serde_json::from_str(json).map_err(|error| plain(&error))?;
    if rings.is_empty() {
        return Err("segmentation without a polygon".to_owned());
    }
    // Vertices a little outside are common and are clipped. Far ones are a mistake of units, and
    // an edge costs time in proportion to its length.
    let reach = f64::from(width.max(height));
    let mut polygons = Vec::with_capacity(rings.len());
    for ring in rings {
        let (points, rest) = ring.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(format!(
                "polygon of {} numbers, which are no pairs",
                ring.len()
            ));
        }
        if points.len() < 3 {
            return Err(format!("polygon of {} points", points.len()));
        }
        for &[x, y] in points {
            // Written so that it refuses what is not a number as well.
            let near = |value: f64| (-reach..=2.0 * reach).contains(&value);
            if !(near(x) && near(y)) {
                return Err(format!(
                    "polygon point ({x}, {y}) is far off the image of {width} x {height} pixels"
                ));
            }
        }
        polygons.push(points.to_vec());
    }
    Ok(Segmentation::Polygons(polygons))
}

fn parse_rle(json: &str, width: u32, height: u32) -> Result<Segmentation, String> {
    let raw: RawRle<'_> = serde_json::from_str(json).map_err(|error| plain(&error))?;
    let [rle_height, rle_width] = raw.size;
    if (rle_width, rle_height) != (width, height) {
        return Err(format!(
            "run lengths are for {rle_width} x {rle_height} pixels, the image has {width} x {height}"
        ));
    }
    let counts = raw.counts.get();
    let runs = if counts.starts_with('"') {
        let text: String = serde_json::from_str(counts).map_err(|error| plain(&error))?;
        Rle::from_compressed(text, width, height)
    } else {
        let runs: Vec<u32> = serde_json::from_str(counts).map_err(|error| plain(&error))?;
        Rle::from_counts(runs, width, height)
    };
    runs.map(Segmentation::Runs)
        .map_err(|error| error.to_string())
}
