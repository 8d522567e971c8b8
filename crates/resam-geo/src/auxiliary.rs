//! What GDAL writes about a raster as XML: the side file `.aux.xml` (PAM), and the tag
//! `GDAL_METADATA` of a TIFF.

use std::path::{Path, PathBuf};

use resam_crs::Crs;
use roxmltree::{Document, Node};

use crate::error::RasterError;
use crate::geo_transform::GeoTransform;
use crate::georeference::Georeference;
use crate::info::Colour;
use crate::side_file::{beside, read_at_most};

/// The largest side file that is read, in bytes. Those with a table of attributes have about one.
const MAX_BYTES: u64 = 8 << 20;

/// What a side file says. What it does not say is `None`.
#[derive(Debug, Default)]
pub(crate) struct Auxiliary {
    /// WKT, or whatever else names a CRS.
    srs: Option<String>,
    geo_transform: Option<GeoTransform>,
    bands: Vec<AuxiliaryBand>,
}

#[derive(Debug, Default)]
struct AuxiliaryBand {
    /// From 0.
    band: usize,
    nodata: Option<String>,
    colour: Option<Colour>,
}

impl Auxiliary {
    /// The side file of a raster, if it has one.
    ///
    /// # Errors
    /// When it is no sound XML or over the limit: it may say where the raster lies, so it cannot be
    /// passed over.
    pub(crate) fn beside(path: &Path) -> Result<Option<(PathBuf, Self)>, RasterError> {
        let Some(file) = beside(path, ".aux.xml") else {
            return Ok(None);
        };
        let refused = |detail: String| RasterError::SideFile {
            path: file.clone(),
            detail,
        };
        let bytes = read_at_most(&file, MAX_BYTES)?
            .ok_or_else(|| refused(format!("it is over the limit of {MAX_BYTES} bytes")))?;
        let text = String::from_utf8_lossy(&bytes);
        if text.trim().is_empty() {
            return Ok(None);
        }
        let read = Self::parse(&text)
            .map_err(|detail| refused(format!("it is no sound XML: {detail}")))?;
        Ok(Some((file, read)))
    }

    /// Reads the text of a side file.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let document = Document::parse(text.trim_start_matches('\u{feff}'))
            .map_err(|error| error.to_string())?;
        let root = document.root_element();
        let mut read = Self::default();
        for node in root.children() {
            match node.tag_name().name() {
                "SRS" => read.srs = text_of(node),
                "GeoTransform" => {
                    let text = text_of(node).unwrap_or_default();
                    let numbers = text.split(',').map(|number| number.trim().parse().ok());
                    let numbers: Option<Vec<f64>> = numbers.collect();
                    let numbers = numbers.and_then(|numbers| <[f64; 6]>::try_from(numbers).ok());
                    let transform = numbers
                        .map(GeoTransform)
                        .filter(GeoTransform::is_invertible);
                    let transform = transform.ok_or_else(|| format!("`{text}` is no transform"))?;
                    // GDAL writes the identity for rasters that have no place.
                    read.geo_transform =
                        Some(transform).filter(|&transform| transform != GeoTransform::IDENTITY);
                }
                "PAMRasterBand" => read.bands.extend(band(node)),
                _ => {}
            }
        }
        Ok(read)
    }

    /// Puts what the side file says of the place over what the raster says, as GDAL does.
    pub(crate) fn overrule_place(
        &self,
        file: &Path,
        georeference: &mut Georeference,
        notes: &mut Vec<String>,
    ) {
        let name = file.display();
        if let Some(transform) = self.geo_transform
            && georeference.geo_transform != Some(transform)
        {
            notes.push(format!("its transform is from `{name}`"));
            georeference.geo_transform = Some(transform);
            georeference.pixel_is_point = false;
        }
        let Some(text) = &self.srs else {
            return;
        };
        match Crs::parse(text) {
            Ok(crs) => {
                if georeference.crs.as_ref() != Some(&crs) {
                    notes.push(format!("its CRS is from `{name}`"));
                }
                georeference.crs = Some(crs);
                georeference.crs_problem = None;
            }
            Err(error) => {
                let text = error.to_string();
                let reason = text.split("\n\n").next().unwrap_or_default();
                georeference.crs = None;
                georeference.crs_problem = Some(format!("`{name}`: {reason}"));
            }
        }
    }

    /// Puts nodata values over those of the raster, one a band. Says whether there were any.
    pub(crate) fn overrule_nodata(&self, nodata: &mut [Option<String>]) -> bool {
        let mut any = false;
        for band in &self.bands {
            if let (Some(text), Some(place)) = (&band.nodata, nodata.get_mut(band.band)) {
                any |= place.as_ref() != Some(text);
                *place = Some(text.clone());
            }
        }
        any
    }

    /// The nodata values of an image of `stored` bands that is seen with `shown` bands: grey is
    /// red, green and blue, and opacity has none.
    pub(crate) fn nodata_as_shown(&self, stored: usize, shown: usize) -> Vec<Option<String>> {
        let mut nodata = vec![None; stored];
        self.overrule_nodata(&mut nodata);
        if nodata.iter().all(Option::is_none) {
            return Vec::new();
        }
        let band = |band: usize| if stored < 3 { 0 } else { band };
        let of = |place: usize| nodata.get(band(place)).cloned().flatten();
        (0..shown)
            .map(|place| if place < 3 { of(place) } else { None })
            .collect()
    }

    /// Puts the meanings of bands over those of the raster.
    pub(crate) fn overrule_colours(&self, colours: &mut [Colour]) {
        let said = self
            .bands
            .iter()
            .filter_map(|band| Some((band.band, band.colour?)));
        overrule(colours, said);
    }
}

/// The meanings of bands in the tag `GDAL_METADATA`, put over those of other tags.
pub(crate) fn overrule_by_metadata(text: &str, colours: &mut [Colour]) -> Result<(), String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let items = document.root_element().children();
    let said = items.filter_map(|item| {
        let is_colour =
            item.attribute("name")? == "COLORINTERP" && item.attribute("role")? == "colorinterp";
        let band = item.attribute("sample")?.parse().ok()?;
        Some((band, colour_named(item.text()?).filter(|_| is_colour)?))
    });
    overrule(colours, said);
    Ok(())
}

fn overrule(colours: &mut [Colour], said: impl Iterator<Item = (usize, Colour)>) {
    for (band, colour) in said {
        if let Some(place) = colours.get_mut(band) {
            *place = colour;
        }
    }
}

fn band(node: Node<'_, '_>) -> Option<AuxiliaryBand> {
    let number: usize = node.attribute("band")?.parse().ok()?;
    let child = |name| {
        let mut children = node.children();
        text_of(children.find(|child| child.has_tag_name(name))?)
    };
    Some(AuxiliaryBand {
        band: number.checked_sub(1)?,
        nodata: child("NoDataValue"),
        // What is undefined leaves the meaning as it is.
        colour: child("ColorInterp").and_then(|name| colour_named(&name)),
    })
}

fn text_of(node: Node<'_, '_>) -> Option<String> {
    let text = node.text()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The meaning that GDAL's name of it stands for.
fn colour_named(name: &str) -> Option<Colour> {
    Some(match name.trim().to_ascii_lowercase().as_str() {
        "gray" | "grey" => Colour::Grey,
        "palette" => Colour::Palette,
        "red" => Colour::Red,
        "green" => Colour::Green,
        "blue" => Colour::Blue,
        "alpha" => Colour::Alpha,
        "cyan" => Colour::Cyan,
        "magenta" => Colour::Magenta,
        "yellow" => Colour::Yellow,
        "black" => Colour::Black,
        "undefined" => return None,
        _ => Colour::Undefined,
    })
}
