//! Several rasters as one: files on one pixel grid, or what a VRT of GDAL describes.
//!
//! A mosaic is a [`ChunkSource`] like any file, so stretch, windows and outputs know nothing of it.
//! Its chunks are put together from the files that have pixels there. Only the headers are read
//! beforehand, and few files are open at once.

mod compose;
mod files;
mod grid;
mod vrt;
mod vrt_plan;

use std::path::{Path, PathBuf};

use resam_crs::Crs;

use crate::error::RasterError;
use crate::geo_transform::GeoTransform;
use crate::georeference::Georeference;
use crate::info::{ChunkLayout, Colour, RasterInfo};
use crate::level::{Level, Numbered, Pixels};
use crate::raster::{Palette, Raster, common_info};
use crate::sample::SampleKind;
use crate::tiff::image::{Image, RGB};
use compose::Composition;
use files::{Files, Part};

pub(crate) use vrt::is_vrt;

/// Side of a chunk, in pixels.
const CHUNK: u32 = 512;
/// The number of the image and that of its mask.
const IMAGE: usize = 0;
const MASK: usize = 1;

/// A rectangle of continuous pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rectangle {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Rectangle {
    fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self {
            x,
            y,
            width,
            height,
        }
    }

    fn of_size(width: u32, height: u32) -> Self {
        Self::new(0.0, 0.0, width.into(), height.into())
    }
}

/// Which pixels of a file are written over what lies below.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Taken {
    /// All, those without data too.
    All,
    /// Those of another value than this one.
    OtherThan(f64),
    /// Those that are valid by the file's own word: nodata, alpha, mask.
    Valid,
}

/// What is written of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Content {
    /// The samples of a band, from 0, as `offset + ratio * sample`.
    Band {
        band: usize,
        offset: f64,
        ratio: f64,
    },
    /// 255 where the file is valid, and 0 elsewhere.
    Validity,
}

/// A part of a file, and where it goes in a band of the mosaic.
#[derive(Debug, Clone, Copy)]
struct Placement {
    /// The file, as its place in the list.
    file: usize,
    content: Content,
    from: Rectangle,
    to: Rectangle,
    taken: Taken,
}

/// How a mosaic is put together.
#[derive(Debug)]
struct Plan {
    width: u32,
    height: u32,
    kind: SampleKind,
    bits: u16,
    colours: Vec<Colour>,
    palette: Option<Palette>,
    /// The value of samples without data, for each band.
    nodata: Vec<Option<f64>>,
    /// What samples that no file has are, for each band.
    background: Vec<f64>,
    /// The parts of each band, the one on top last.
    bands: Vec<Vec<Placement>>,
    /// The parts of a mask that is more than what the files cover.
    mask: Option<Vec<Placement>>,
    georeference: Georeference,
    photometric: u64,
    format: String,
    notes: Vec<String>,
}

impl Raster {
    /// Opens one raster, or several that are one: the same CRS, bands and type of samples on one
    /// pixel grid. Where they overlap, the last that is valid there is on top, as in a VRT of
    /// GDAL's. What none of them covers is not valid.
    ///
    /// # Errors
    /// As [`Raster::open`], and if two of the files do not go together.
    pub fn open_all(paths: &[PathBuf]) -> Result<Self, RasterError> {
        if let [path] = paths {
            return Self::open(path);
        }
        let parts = Part::read_all(paths.to_vec())?;
        let plan = grid::plan(&parts)?;
        of_plan(&name_of_all(paths), paths.to_vec(), plan, parts)
    }

    /// What the raster was opened by: [`Raster::open_all`] of these opens it again.
    pub fn opened(&self) -> &[PathBuf] {
        &self.opened
    }

    /// Every file that it is made of, those that a VRT names included.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }
}

/// Opens what a VRT describes.
pub(crate) fn open_vrt(path: &Path) -> Result<Raster, RasterError> {
    let description = vrt::read(path)?;
    let parts = Part::read_all(description.files.clone())?;
    let plan = vrt_plan::plan(path, &description, &parts)?;
    of_plan(path, vec![path.to_owned()], plan, parts)
}

/// The name of several files, for outputs and messages.
fn name_of_all(paths: &[PathBuf]) -> PathBuf {
    let first = paths.first().cloned().unwrap_or_default();
    match paths.len() {
        0 | 1 => first,
        count => {
            let mut name = first.file_name().unwrap_or_default().to_owned();
            name.push(format!(" and {} more", count - 1));
            first.with_file_name(name)
        }
    }
}

fn of_plan(
    path: &Path,
    opened: Vec<PathBuf>,
    plan: Plan,
    parts: Vec<Part>,
) -> Result<Raster, RasterError> {
    let count = plan.colours.len();
    let mut image = tiled(plan.width, plan.height, count, plan.kind);
    image.bits = plan.bits;
    image.photometric = plan.photometric;
    let alpha = plan.colours.iter().position(|&one| one == Colour::Alpha);
    let mut files: Vec<PathBuf> = opened.clone();
    files.extend(parts.iter().map(|part| part.path.clone()));
    files.sort();
    files.dedup();
    // Where every band has a nodata value, or pixels can be transparent, what is not covered is so
    // without a mask.
    let tells_gaps = alpha.is_some() || plan.nodata.iter().all(Option::is_some);
    let mask = (plan.mask.is_some() || !tells_gaps).then(|| Numbered {
        file: 0,
        number: MASK,
        image: tiled(plan.width, plan.height, 1, SampleKind::U8),
    });
    let levels = vec![Level {
        pixels: Numbered {
            file: 0,
            number: IMAGE,
            image,
        },
        mask,
    }];
    let composition = Composition::new(Files::new(parts), plan.bands, plan.background, plan.mask);
    let mut pixels = Pixels::of_source(composition, levels);
    pixels.alpha = alpha;
    if plan.nodata.iter().any(Option::is_some) {
        pixels.nodata = plan.nodata;
    }
    let nodata = nodata_text(&pixels.nodata);
    let info = RasterInfo {
        format: plan.format,
        bits_per_sample: plan.bits,
        compression: "as the files have it".to_owned(),
        chunks: ChunkLayout::Tiles {
            width: CHUNK,
            height: CHUNK,
        },
        nodata,
        ..common_info(&pixels, plan.colours, &plan.georeference, plan.notes)
    };
    Ok(Raster {
        path: path.to_owned(),
        opened,
        files,
        pixels,
        palette: plan.palette,
        crs: plan.georeference.crs,
        info,
    })
}

/// An image in square chunks, each band on its own.
fn tiled(width: u32, height: u32, bands: usize, kind: SampleKind) -> Image {
    Image {
        planar: true,
        tiled: true,
        chunk_width: CHUNK,
        chunk_height: CHUNK,
        photometric: RGB,
        ..Image::elsewhere(width, height, bands, kind)
    }
}

/// The value of all bands, or that of each.
fn nodata_text(values: &[Option<f64>]) -> Option<String> {
    let text = |value: &Option<f64>| value.map_or("none".to_owned(), |value| value.to_string());
    let mut texts: Vec<String> = values.iter().map(text).collect();
    texts.dedup();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// A georeference as a VRT states it.
fn georeference(
    geo_transform: Option<GeoTransform>,
    crs: Option<Result<Crs, String>>,
) -> Georeference {
    let (crs, crs_problem) = match crs {
        None => (None, None),
        Some(Ok(crs)) => (Some(crs), None),
        Some(Err(problem)) => (None, Some(problem)),
    };
    Georeference {
        geo_transform,
        crs,
        crs_problem,
        ..Georeference::default()
    }
}
