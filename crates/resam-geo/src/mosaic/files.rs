//! The files of a mosaic: their headers, and few of them open at once.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use resam_crs::Crs;

use super::is_vrt;
use crate::blocks::{self, Area, Part as BlockPart, Unwritten};
use crate::error::RasterError;
use crate::geo_transform::GeoTransform;
use crate::info::{BandInfo, ChunkLayout};
use crate::raster::{Palette, Raster};
use crate::sample::SampleKind;
use crate::window::Window;

/// Bytes of decoded chunks that an open file keeps.
const KEPT: usize = 16 << 20;
/// Bytes that open files may keep together; a plain image is kept whole.
const BUDGET: u64 = 256 << 20;

/// What the header of a file says.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) path: PathBuf,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bands: Vec<BandInfo>,
    pub(super) kind: SampleKind,
    pub(super) bits: u16,
    pub(super) photometric: u64,
    pub(super) palette: Option<Palette>,
    pub(super) crs: Option<Crs>,
    pub(super) crs_problem: Option<String>,
    pub(super) geo_transform: Option<GeoTransform>,
    pub(super) nodata: Vec<Option<f64>>,
    /// Whether a mask tells which pixels are valid.
    pub(super) has_mask: bool,
    pub(super) notes: Vec<String>,
    /// What it takes in memory while it is open.
    bytes: u64,
}

impl Part {
    /// Reads the headers of all files.
    pub(super) fn read_all(paths: Vec<PathBuf>) -> Result<Vec<Self>, RasterError> {
        paths.into_par_iter().map(Self::read).collect()
    }

    fn read(path: PathBuf) -> Result<Self, RasterError> {
        if is_vrt(&path) {
            return Err(RasterError::Vrt {
                path,
                detail: "as a part of another raster".to_owned(),
            });
        }
        let raster = Raster::open_single(&path)?;
        let image = raster.pixels.base();
        let info = raster.info();
        let is_whole = info.chunks == ChunkLayout::Whole;
        let pixels = u64::from(image.width) * u64::from(image.height);
        Ok(Self {
            width: image.width,
            height: image.height,
            kind: image.kind,
            bits: image.bits,
            photometric: image.photometric,
            bands: info.bands.clone(),
            nodata: raster.pixels.nodata.clone(),
            has_mask: raster.pixels.levels[0].mask.is_some(),
            notes: info.notes.clone(),
            bytes: if is_whole {
                pixels.saturating_mul(image.bands as u64)
            } else {
                KEPT as u64
            },
            crs_problem: info.crs_problem.clone(),
            geo_transform: raster.geo_transform(),
            crs: raster.crs().cloned(),
            palette: raster.palette,
            path,
        })
    }

    /// Whether every pixel of it is valid.
    pub(super) fn is_all_valid(&self) -> bool {
        let alpha = self.bands.iter();
        let mut alpha = alpha.filter(|band| band.colour == crate::info::Colour::Alpha);
        self.kind.is_integer() && self.nodata.is_empty() && !self.has_mask && alpha.next().is_none()
    }
}

/// Files that are opened when they are read: there may be thousands.
#[derive(Debug)]
pub(super) struct Files {
    parts: Vec<Part>,
    /// The open ones with their places in the list, the one used last at the end.
    open: Mutex<Vec<(usize, Arc<Raster>)>>,
}

/// Samples of a band of a file.
pub(super) struct Read {
    /// Row after row.
    pub(super) values: Vec<f64>,
    pub(super) valid: Vec<bool>,
}

impl Files {
    pub(super) fn new(parts: Vec<Part>) -> Self {
        Self {
            parts,
            open: Mutex::default(),
        }
    }

    pub(super) fn part(&self, file: usize) -> &Part {
        &self.parts[file]
    }

    /// The file, opened if it is not.
    fn get(&self, file: usize) -> Result<Arc<Raster>, RasterError> {
        // What the lock guards is a list of open files, which is whole at any time.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = open.iter().position(|(which, _)| *which == file) {
            let found = open.remove(at);
            let raster = Arc::clone(&found.1);
            open.push(found);
            return Ok(raster);
        }
        let part = &self.parts[file];
        let mut raster = Raster::open_single(&part.path)?;
        let image = raster.pixels.base();
        let now = (image.width, image.height, image.bands, image.kind);
        if now != (part.width, part.height, part.bands.len(), part.kind) {
            return Err(RasterError::Changed {
                path: part.path.clone(),
            });
        }
        raster.pixels.keep_at_most(KEPT);
        let raster = Arc::new(raster);
        let bytes = |(which, _): &(usize, Arc<Raster>)| self.parts[*which].bytes;
        let mut kept: u64 = part.bytes + open.iter().map(bytes).sum::<u64>();
        while kept > BUDGET && !open.is_empty() {
            kept -= bytes(&open.remove(0));
        }
        open.push((file, Arc::clone(&raster)));
        Ok(raster)
    }

    /// Reads a band (from 0) of a part of a file that lies inside it.
    pub(super) fn read(
        &self,
        file: usize,
        band: usize,
        area: Area,
        with_values: bool,
    ) -> Result<Read, RasterError> {
        let raster = self.get(file)?;
        let pixels = &raster.pixels;
        let count = area.pixels() as usize;
        let mut read = Read {
            values: Vec::new(),
            valid: vec![false; count],
        };
        let width = area.width as usize;
        let level = &pixels.levels[0];
        let unwritten = Unwritten::of(pixels, level);
        // The rows of a part in the area.
        let rows = |inner: Area| {
            let (left, top) = ((inner.x - area.x) as usize, (inner.y - area.y) as usize);
            (0..inner.height as usize).map(move |line| {
                let start = (top + line) * width + left;
                start..start + inner.width as usize
            })
        };
        blocks::for_each_block(pixels, level, area, &[band], unwritten, |part| match part {
            BlockPart::Zeros(zeros) => {
                for row in rows(zeros) {
                    read.valid[row].fill(true);
                }
            }
            BlockPart::Read(block) => {
                let lines = block.planes[0].chunks_exact(block.area.width as usize);
                for (row, line) in rows(block.area).zip(lines) {
                    for (valid, value) in read.valid[row].iter_mut().zip(line) {
                        *valid = !value.is_nan();
                    }
                }
            }
        })
        .map_err(|fault| RasterError::of(&raster.path, fault))?;
        if with_values {
            let window = Window {
                x: area.x.into(),
                y: area.y.into(),
                width: area.width,
                height: area.height,
            };
            read.values = raster.read(window, &[band + 1])?.values;
        }
        Ok(read)
    }
}
