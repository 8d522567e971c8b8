//! Writes a tiled GeoTIFF, tile by tile in any order, whole or not at all.
//!
//! Tiles are written as they come, and only their positions are kept, so memory hardly depends on
//! the raster. The header is written last, because only then is it known whether the file has to be
//! a BigTIFF. There is room for either header before the data.

use std::io::{self, BufWriter, IntoInnerError, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::write::ZlibEncoder;
use resam_crs::Crs;
use resam_files::Unfinished;

use crate::crs_keys::keys_of_crs;
use crate::geo_transform::GeoTransform;
use crate::sample::SampleKind;
use crate::tiff::{ADOBE_DEFLATE, NO_COMPRESSION, difference_rows};
use crate::write_error::GeoTiffWriteError;

mod tag_list;

use tag_list::{DirectoryPlan, HEADER_BYTES};

/// Most tiles of a raster; their places take 16 bytes each.
const MAX_TILES: u64 = 1 << 26;

/// The meaning of the bands (TIFF tag `PhotometricInterpretation`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Photometric {
    /// Each band is brightness or any other quantity.
    MinIsBlack,
    /// Red, green and blue; further bands are unspecified.
    Rgb,
    /// Red, green, blue and opacity.
    RgbAlpha,
}

/// How tiles are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// No compression.
    None,
    /// Deflate (TIFF compression 8); integer samples with the horizontal predictor.
    Deflate,
}

/// The specification of a GeoTIFF.
#[derive(Debug, Clone, PartialEq)]
pub struct GeoTiffSpec {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The number of bands.
    pub bands: usize,
    /// The type of each sample.
    pub sample: SampleKind,
    /// Side of a tile in pixels, a multiple of 16.
    pub tile: u32,
    /// The transform from pixels (corner convention) to the CRS.
    pub geo_transform: Option<GeoTransform>,
    /// The CRS.
    pub crs: Option<Crs>,
    /// The nodata value (TIFF tag `GDAL_NODATA`).
    pub nodata: Option<f64>,
    /// How tiles are compressed.
    pub compression: Compression,
    /// The meaning of the bands (TIFF tag `PhotometricInterpretation`).
    pub photometric: Photometric,
    /// Whether to write a BigTIFF. If the data needs it, the file becomes a BigTIFF anyway.
    pub big: bool,
}

impl GeoTiffSpec {
    /// One band of 8 bits in Deflate tiles of 256 x 256 pixels, without a georeference.
    pub fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            bands: 1,
            sample: SampleKind::U8,
            tile: 256,
            geo_transform: None,
            crs: None,
            nodata: None,
            compression: Compression::Deflate,
            photometric: Photometric::MinIsBlack,
            big: false,
        }
    }

    /// The number of bytes of one tile. Tiles at the edges are as large as the others.
    pub fn tile_bytes(&self) -> usize {
        let pixels = self.tile as usize * self.tile as usize;
        pixels * self.bands * self.sample.size()
    }

    /// The number of columns of tiles.
    pub fn tiles_across(&self) -> u32 {
        self.width.div_ceil(self.tile)
    }

    /// The number of rows of tiles.
    pub fn tiles_down(&self) -> u32 {
        self.height.div_ceil(self.tile)
    }

    /// The reason why no TIFF can have this specification, if there is one.
    fn fault(&self) -> Option<String> {
        let bands_of_colours = match self.photometric {
            Photometric::MinIsBlack => 1,
            Photometric::Rgb => 3,
            Photometric::RgbAlpha => 4,
        };
        if self.width == 0 || self.height == 0 {
            return Some(format!("{} x {} pixels", self.width, self.height));
        }
        if self.bands < bands_of_colours || self.bands > 1024 {
            return Some(format!("{} bands", self.bands));
        }
        if self.tile == 0 || !self.tile.is_multiple_of(16) || self.tile > 4096 {
            return Some(format!(
                "tiles of {} pixels, no multiple of 16 up to 4096",
                self.tile
            ));
        }
        let tiles = u64::from(self.tiles_across()) * u64::from(self.tiles_down());
        if tiles > MAX_TILES {
            return Some(format!("{tiles} tiles, over the limit of {MAX_TILES}"));
        }
        let invertible = self
            .geo_transform
            .is_none_or(|transform| transform.is_invertible());
        (!invertible).then(|| "its transform has no inverse".to_owned())
    }
}

/// A GeoTIFF that is being written. [`GeoTiffWriter::finish`] gives it its name; if the writer is
/// dropped before that, no file remains.
#[derive(Debug)]
pub struct GeoTiffWriter {
    path: PathBuf,
    spec: GeoTiffSpec,
    file: BufWriter<Unfinished>,
    /// The position after the last tile.
    end: u64,
    /// Position and length of each tile; zeros are tiles that were never written.
    places: Vec<(u64, u64)>,
    plan: DirectoryPlan,
}

impl GeoTiffWriter {
    /// Creates a temporary file beside `path`.
    ///
    /// # Errors
    /// [`GeoTiffWriteError`] if no TIFF can have this specification, if the CRS cannot be written,
    /// or if the file cannot be created.
    pub fn create(path: impl AsRef<Path>, spec: &GeoTiffSpec) -> Result<Self, GeoTiffWriteError> {
        let path = path.as_ref().to_owned();
        if let Some(reason) = spec.fault() {
            return Err(GeoTiffWriteError::Spec { path, reason });
        }
        let keys = match &spec.crs {
            None => None,
            Some(crs) => {
                if let Some(keys) = keys_of_crs(crs) {
                    Some(keys)
                } else {
                    let crs = crs.name().to_owned();
                    return Err(GeoTiffWriteError::Crs { path, crs });
                }
            }
        };
        let plan = DirectoryPlan::new(spec, keys.as_ref());
        let begin = || {
            let mut file = BufWriter::with_capacity(1 << 16, Unfinished::beside(&path)?);
            file.write_all(&[0; HEADER_BYTES as usize])?;
            Ok(file)
        };
        let file = match begin() {
            Ok(file) => file,
            Err(source) => return Err(GeoTiffWriteError::Write { path, source }),
        };
        let tiles = spec.tiles_across() as usize * spec.tiles_down() as usize;
        Ok(Self {
            path,
            spec: spec.clone(),
            file,
            end: HEADER_BYTES,
            places: vec![(0, 0); tiles],
            plan,
        })
    }

    /// Writes one tile: `[tile, tile, bands]` little-endian samples, row-major,
    /// [`GeoTiffSpec::tile_bytes`] bytes in all. Samples outside the raster are ignored. Tiles that
    /// are never written take no space and read as nodata.
    ///
    /// # Errors
    /// [`GeoTiffWriteError`] if there is no such tile, if it was written already, if `samples` has
    /// a wrong length, or if the file cannot be written.
    pub fn write_tile(
        &mut self,
        column: u32,
        row: u32,
        samples: &[u8],
    ) -> Result<(), GeoTiffWriteError> {
        let fault = |reason: String| GeoTiffWriteError::Tile {
            path: self.path.clone(),
            column,
            row,
            reason,
        };
        let (across, down) = (self.spec.tiles_across(), self.spec.tiles_down());
        if column >= across || row >= down {
            return Err(fault(format!("is not one of {across} x {down}")));
        }
        let index = row as usize * across as usize + column as usize;
        if self.places[index] != (0, 0) {
            return Err(fault("was written already".to_owned()));
        }
        let expected = self.spec.tile_bytes();
        if samples.len() != expected {
            return Err(fault(format!(
                "has {} bytes and not {expected}",
                samples.len()
            )));
        }
        let stored = self
            .stored(samples)
            .map_err(|source| self.refused(source))?;
        self.file
            .write_all(&stored)
            .map_err(|source| self.refused(source))?;
        let length = stored.len() as u64;
        self.places[index] = (self.end, length);
        self.end += length;
        Ok(())
    }

    /// Writes the header and renames the file to its path.
    ///
    /// # Errors
    /// [`GeoTiffWriteError`] if the file cannot be written; then no file remains.
    pub fn finish(mut self) -> Result<(), GeoTiffWriteError> {
        let attempt = self.finish_file();
        attempt.map_err(|source| self.refused(source))?;
        let Self { path, file, .. } = self;
        file.into_inner()
            .map_err(IntoInnerError::into_error)
            .and_then(Unfinished::finish)
            .map_err(|source| GeoTiffWriteError::Write { path, source })
    }

    fn finish_file(&mut self) -> io::Result<()> {
        let bytes = self.plan.encode(self.end, &self.places, self.spec.big);
        self.file.write_all(&bytes.after_data)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&bytes.header)?;
        self.file.flush()
    }

    fn stored(&self, samples: &[u8]) -> io::Result<Vec<u8>> {
        if self.spec.compression == Compression::None {
            return Ok(samples.to_vec());
        }
        let mut differences = samples.to_vec();
        if self.spec.sample.is_integer() {
            let size = self.spec.sample.size();
            let row_bytes = self.spec.tile as usize * self.spec.bands * size;
            difference_rows(&mut differences, row_bytes, size, self.spec.bands);
        }
        let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&differences)?;
        encoder.finish()
    }

    fn refused(&self, source: io::Error) -> GeoTiffWriteError {
        GeoTiffWriteError::Write {
            path: self.path.clone(),
            source,
        }
    }
}

impl Compression {
    fn tag(self) -> u16 {
        match self {
            Self::None => NO_COMPRESSION,
            Self::Deflate => ADOBE_DEFLATE,
        }
    }
}
