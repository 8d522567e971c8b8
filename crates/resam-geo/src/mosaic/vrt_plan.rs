//! From what a VRT says to parts of files in their places.

use std::path::Path;

use super::files::Part;
use super::vrt::{Band, Description, Source};
use super::{Content, Placement, Plan, Rectangle, Taken, georeference, grid};
use crate::error::RasterError;
use crate::info::Colour;
use crate::tiff::image::RGB;

/// Lays the files of a VRT as it says.
pub(super) fn plan(
    path: &Path,
    description: &Description,
    parts: &[Part],
) -> Result<Plan, RasterError> {
    let refused = |detail: String| RasterError::Vrt {
        path: path.to_owned(),
        detail,
    };
    let Description {
        width,
        height,
        bands,
        ..
    } = description;
    let kind = bands[0].kind;
    if bands.iter().any(|band| band.kind != kind) {
        return Err(refused("bands of several types".to_owned()));
    }
    let whole = Rectangle::of_size(*width, *height);
    let placed = |sources: &[Source]| -> Result<Vec<Placement>, RasterError> {
        let placed = sources
            .iter()
            .map(|source| source.placed(&parts[source.file], whole));
        let placed = placed.collect::<Result<Vec<_>, _>>().map_err(refused)?;
        Ok(placed.into_iter().flatten().collect())
    };
    let placements: Result<Vec<_>, _> = bands.iter().map(|band| placed(&band.sources)).collect();
    let mask = description.mask.as_deref().map(placed).transpose()?;
    let nodata = |band: &Band| band.nodata.filter(|_| !band.hides_nodata);
    let palette = match bands.as_slice() {
        [band] if band.colour == Colour::Palette => band.palette.clone(),
        _ => None,
    };
    let mut notes = description.notes.clone();
    notes.extend(grid::notes(parts));
    let bits = parts
        .iter()
        .filter(|part| part.kind == kind)
        .map(|part| part.bits);
    Ok(Plan {
        width: *width,
        height: *height,
        kind,
        bits: bits.max().unwrap_or(8 * kind.size() as u16),
        colours: bands.iter().map(|band| band.colour).collect(),
        palette,
        nodata: bands.iter().map(nodata).collect(),
        background: bands
            .iter()
            .map(|band| band.nodata.unwrap_or(0.0))
            .collect(),
        bands: placements?,
        mask,
        georeference: georeference(description.geo_transform, description.crs.clone()),
        photometric: RGB,
        format: match parts.len() {
            1 => "VRT of one raster".to_owned(),
            count => format!("VRT of {count} rasters"),
        },
        notes,
    })
}

impl Source {
    /// The part of the file that lies inside it and inside the whole; none if there is none.
    fn placed(&self, part: &Part, whole: Rectangle) -> Result<Option<Placement>, String> {
        let name = part.path.display();
        let from = self
            .from
            .unwrap_or(Rectangle::of_size(part.width, part.height));
        let to = self.to.unwrap_or(whole);
        let is_resampled = from.width != to.width || from.height != to.height;
        let resampling = self.resampling.as_deref().unwrap_or("nearest");
        if is_resampled && !["nearest", "near"].contains(&resampling) {
            return Err(format!("`{name}` is resampled as `{resampling}`"));
        }
        if let Some(band) = self.band
            && band > part.bands.len()
        {
            return Err(format!(
                "band {band} of `{name}`, which has {}",
                part.bands.len()
            ));
        }
        if !(from.width > 0.0 && from.height > 0.0 && to.width > 0.0 && to.height > 0.0) {
            return Ok(None);
        }
        // Pixels of the mosaic for one of the file; what is outside the file is not there.
        let (across, down) = (to.width / from.width, to.height / from.height);
        let left = from.x.max(0.0);
        let top = from.y.max(0.0);
        let right = (from.x + from.width).min(part.width.into());
        let bottom = (from.y + from.height).min(part.height.into());
        if left >= right || top >= bottom {
            return Ok(None);
        }
        let inside = Rectangle::new(left, top, right - left, bottom - top);
        let to = Rectangle::new(
            to.x + (left - from.x) * across,
            to.y + (top - from.y) * down,
            inside.width * across,
            inside.height * down,
        );
        Ok(Some(Placement {
            file: self.file,
            content: match self.band {
                Some(band) => Content::Band {
                    band: band - 1,
                    offset: self.offset,
                    ratio: self.ratio,
                },
                None => Content::Validity,
            },
            from: inside,
            to,
            taken: match self.nodata {
                Some(nodata) => Taken::OtherThan(nodata),
                None if self.uses_mask => Taken::Valid,
                None => Taken::All,
            },
        }))
    }
}
