//! A raster shown as 8-bit RGB at any scale, with a mask of valid pixels.

use std::path::Path;

use image::RgbImage;
use resam_mask::Bitmap;

use crate::blocks::{self, Area, Block, Part, Piece, Unwritten};
use crate::cache::Chunk;
use crate::canvas::Canvas;
use crate::error::RasterError;
use crate::level::Level;
use crate::limits::limits;
use crate::mixture::Mixture;
use crate::raster::Raster;
use crate::resample::{Axis, Sums};
use crate::sample::SampleKind;
use crate::stretch::{Ramp, Stretch, StretchLimits};
use crate::tiff::Fault;
use crate::window::Window;

/// Most pixels of a result.
const MAX_PIXELS: u64 = 1 << 26;

/// The tolerance of an overview's scale: sizes of overviews are rounded up.
const COARSER: f64 = 1.02;

/// How a raster is shown.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SceneOptions {
    /// One band, shown as grey, or three for red, green and blue; they count from 1. By default
    /// those of [`crate::RasterInfo::default_bands`].
    pub bands: Option<Vec<usize>>,
    /// How values become 8 bits. By default [`Stretch::None`] for 8-bit samples and palettes, and
    /// the percentiles 2 to 98 for all others.
    pub stretch: Option<Stretch>,
}

/// A raster with the bands that are shown and one stretch for the whole raster. Several threads can
/// read windows at once.
#[derive(Debug)]
pub struct Scene {
    raster: Raster,
    /// Width and height in pixels as they are seen.
    pub(crate) size: (u32, u32),
    /// From 0.
    bands: Vec<usize>,
    stretch: Stretch,
    limits: Vec<StretchLimits>,
}

/// A window as 8-bit RGB.
#[derive(Debug, Clone)]
pub struct Tile {
    /// The pixels; those that are not valid are black.
    pub image: RgbImage,
    /// The valid pixels: inside the raster, not nodata, not NaN, not transparent and not masked.
    pub valid: Bitmap,
}

impl Scene {
    /// Opens a raster and computes the limits of its stretch: from an overview of moderate size if
    /// there is one, from all pixels of a raster of up to 2^22 pixels, or else from a seeded sample
    /// of at most 256 chunks. Only valid values of written chunks count. The limits are the same
    /// every time.
    ///
    /// # Errors
    /// As [`Raster::open`]. Also if the raster does not have a band, if there are neither one nor
    /// three bands, or if the stretch depends on the values and none is valid.
    pub fn open(path: impl AsRef<Path>, options: &SceneOptions) -> Result<Self, RasterError> {
        Self::of_raster(Raster::open(path)?, options)
    }

    /// As [`Scene::open`], for an open raster. A plain image is decoded here, unless it was before.
    ///
    /// # Errors
    /// As [`Scene::open`].
    pub fn of_raster(mut raster: Raster, options: &SceneOptions) -> Result<Self, RasterError> {
        raster.load()?;
        let bands = options
            .bands
            .as_ref()
            .unwrap_or(&raster.info().default_bands);
        let bands = checked(&raster, bands)?;
        let is_small = raster.pixels.base().kind == SampleKind::U8;
        let stretch = options.stretch.unwrap_or(if is_small {
            Stretch::None
        } else {
            Stretch::Percentiles(2.0, 98.0)
        });
        let limits = limits(&raster, &bands, stretch)?;
        Ok(Self {
            size: (raster.width(), raster.height()),
            raster,
            bands,
            stretch,
            limits,
        })
    }

    /// A scene of an open raster with given bands and limits, such as those of another scene.
    /// Limits are not computed again.
    ///
    /// # Errors
    /// [`RasterError`] if there are neither one nor three bands, or if the raster does not have
    /// them.
    pub fn seen_as(
        raster: Raster,
        stretch: Stretch,
        limits: Vec<StretchLimits>,
    ) -> Result<Self, RasterError> {
        let bands: Vec<usize> = limits.iter().map(|limits| limits.band).collect();
        Ok(Self {
            bands: checked(&raster, &bands)?,
            size: (raster.width(), raster.height()),
            raster,
            stretch,
            limits,
        })
    }

    /// The raster.
    pub fn raster(&self) -> &Raster {
        &self.raster
    }

    /// The bands that are shown, one or three, counted from 1.
    pub fn bands(&self) -> Vec<usize> {
        self.bands.iter().map(|band| band + 1).collect()
    }

    /// The stretch of the options, or the default.
    pub fn stretch(&self) -> Stretch {
        self.stretch
    }

    /// The limits of the stretch, one for each band that is shown.
    pub fn stretch_limits(&self) -> &[StretchLimits] {
        &self.limits
    }

    /// Reads a window as `width` x `height` pixels of 8-bit RGB.
    ///
    /// At a coarser scale, a pixel is the area-weighted mean of the valid pixels under it, from the
    /// coarsest overview that is fine enough. At a finer scale, it is interpolated linearly along
    /// each axis. Values are averaged before they are stretched. A pixel is valid if any of its
    /// bands is; a band that is not valid is 0. Chunks that were never written are nodata; without
    /// a nodata value they are valid zeros, as in GDAL.
    ///
    /// # Errors
    /// [`RasterError`] if the window or the result has no pixels, if the result has more than 2^26
    /// pixels, or if a chunk of the window is damaged.
    pub fn read(&self, window: Window, width: u32, height: u32) -> Result<Tile, RasterError> {
        let pixels = u64::from(width) * u64::from(height);
        if window.width == 0 || window.height == 0 || pixels == 0 || pixels > MAX_PIXELS {
            return Err(self.window_error(window, width, height));
        }
        let mut canvas = Canvas::new(width, height, self.ramps());
        if (window.width, window.height) != (width, height) || self.is_reshaped() {
            self.read_resampled(window, &mut canvas)?;
        } else if self.shows_bytes() {
            self.copy_bytes(window, &mut canvas)?;
        } else {
            self.read_as_it_is(window, &mut canvas)?;
        }
        let (image, valid) = canvas.finish();
        let valid = Bitmap::from_fn(width, height, |x, y| {
            valid[y as usize * width as usize + x as usize]
        });
        let valid = valid.map_err(|_| self.window_error(window, width, height))?;
        Ok(Tile { image, valid })
    }

    fn window_error(&self, window: Window, width: u32, height: u32) -> RasterError {
        RasterError::WindowSize {
            path: self.raster.path.clone(),
            window,
            width,
            height,
        }
    }

    /// The stretches of red, green and blue: a single band serves all three, and a palette has
    /// colours.
    fn ramps(&self) -> [Ramp; 3] {
        if self.mixture().is_some() {
            return [Ramp::IDENTITY; 3];
        }
        [0, 1, 2].map(|channel| self.limits[channel % self.limits.len()].ramp())
    }

    /// Whether shown pixels are the stored bytes, and all stored pixels are valid.
    fn shows_bytes(&self) -> bool {
        let pixels = &self.raster.pixels;
        pixels.base().kind == SampleKind::U8
            && self.ramps() == [Ramp::IDENTITY; 3]
            && self.mixture().is_none()
            && pixels.nodata.is_empty()
            && pixels.alpha.is_none()
            && pixels.levels[0].mask.is_none()
    }

    /// The part of the raster that a window shows.
    fn area_of(&self, window: Window) -> Option<Area> {
        let edges = [
            window.x,
            window.y,
            window.x.saturating_add(window.width.into()),
            window.y.saturating_add(window.height.into()),
        ];
        Area::inside(self.raster.pixels.base(), edges)
    }

    /// Bytes of the raster as bytes of the result.
    fn copy_bytes(&self, window: Window, canvas: &mut Canvas) -> Result<(), RasterError> {
        let pixels = &self.raster.pixels;
        let level = &pixels.levels[0];
        let Some(area) = self.area_of(window) else {
            return Ok(());
        };
        let read = |piece: &Piece| {
            let chunk = |&band: &usize| blocks::chunk_of_band(pixels, &level.pixels, piece, band);
            let chunks: Vec<Option<Chunk>> =
                self.bands.iter().map(chunk).collect::<Result<_, Fault>>()?;
            Ok((*piece, chunks))
        };
        let image = &level.pixels.image;
        let step = image.chunk_bands();
        let side_by_side = !image.planar
            && matches!(self.bands[..], [red, green, blue] if [red + 1, red + 2] == [green, blue]);
        blocks::for_each_piece(pixels, level, area, Unwritten::Zeros, read, |part| {
            let (piece, chunks) = match part {
                Part::Read(read) => read,
                Part::Zeros(area) => {
                    return canvas.put_even(place_in(window, area), area, &[0.0]);
                }
            };
            let (left, top) = place_in(window, piece.area);
            let begin = |before: usize, count: usize| (left, top + (before / count) as u32);
            if let (true, [Some(chunk), ..]) = (side_by_side, &chunks[..]) {
                blocks::for_each_row(image, &piece, self.bands[0], |start, before, count| {
                    canvas.put_pixels(begin(before, count), &chunk[start..], step, count);
                });
                return;
            }
            for (place, (&band, chunk)) in self.bands.iter().zip(&chunks).enumerate() {
                let Some(chunk) = chunk else {
                    continue;
                };
                let channels = if chunks.len() == 1 {
                    0..3
                } else {
                    place..place + 1
                };
                blocks::for_each_row(image, &piece, band, |start, before, count| {
                    let (begin, channels) = (begin(before, count), channels.clone());
                    canvas.put_bytes(begin, channels, &chunk[start..], step, count);
                });
            }
        })
        .map_err(|fault| RasterError::of(&self.raster.path, fault))
    }

    /// Pixels of the raster as pixels of the result.
    fn read_as_it_is(&self, window: Window, canvas: &mut Canvas) -> Result<(), RasterError> {
        let level = &self.raster.pixels.levels[0];
        let Some(area) = self.area_of(window) else {
            return Ok(());
        };
        self.for_each_block(level, area, |part| {
            let block = match part {
                Part::Read(block) => block,
                Part::Zeros(area) => {
                    return canvas.put_even(place_in(window, area), area, &self.zero());
                }
            };
            let (left, top) = place_in(window, block.area);
            let width = block.area.width as usize;
            for line in 0..block.area.height {
                let start = line as usize * width;
                let planes = block
                    .planes
                    .iter()
                    .map(|plane| &plane[start..start + width]);
                canvas.put_line(left, top + line, &planes.collect::<Vec<_>>());
            }
        })
    }

    fn read_resampled(&self, window: Window, canvas: &mut Canvas) -> Result<(), RasterError> {
        let (width, height) = canvas.size();
        let scale_x = f64::from(window.width) / f64::from(width);
        let scale_y = f64::from(window.height) / f64::from(height);
        let level = self.level_for(scale_x, scale_y);
        let image = &level.pixels.image;
        let (level_x, level_y) = self.scale_of(level);
        let (origin_x, origin_y) = (window.x as f64 / level_x, window.y as f64 / level_y);
        let across = Axis::new(origin_x, scale_x / level_x, width, image.width);
        let down = Axis::new(origin_y, scale_y / level_y, height, image.height);
        let (Some((left, right)), Some((top, bottom))) = (across.sources(), down.sources()) else {
            return Ok(());
        };
        let area = Area {
            x: left,
            y: top,
            width: right - left,
            height: bottom - top,
        };
        let zero = self.zero();
        let planes = zero.len();
        let mut sums = Sums::new(across, down, width, height, planes);
        self.for_each_block(level, area, |part| match part {
            Part::Read(block) => sums.add(&block),
            Part::Zeros(area) => sums.add_even(area, &zero),
        })?;
        for line in 0..height {
            let means: Vec<Vec<f32>> = (0..planes).map(|band| sums.means(band, line)).collect();
            let means: Vec<&[f32]> = means.iter().map(Vec::as_slice).collect();
            canvas.put_line(0, line, &means);
        }
        Ok(())
    }

    /// The coarsest level that is not coarser than the requested scale.
    fn level_for(&self, scale_x: f64, scale_y: f64) -> &Level {
        let levels = &self.raster.pixels.levels;
        let fine_enough = |level: &&Level| {
            let (level_x, level_y) = self.scale_of(level);
            level_x <= scale_x * COARSER && level_y <= scale_y * COARSER
        };
        levels.iter().rev().find(fine_enough).unwrap_or(&levels[0])
    }

    /// Pixels as they are seen in one pixel of a level.
    fn scale_of(&self, level: &Level) -> (f64, f64) {
        let ((width, height), image) = (self.size, &level.pixels.image);
        (
            f64::from(width) / f64::from(image.width),
            f64::from(height) / f64::from(image.height),
        )
    }

    /// How stored values make the colours that are shown, where they are none themselves.
    fn mixture(&self) -> Option<Mixture<'_>> {
        Mixture::of(&self.raster, &self.bands)
    }

    /// The blocks of an area, in colours.
    fn for_each_block(
        &self,
        level: &Level,
        area: Area,
        mut take: impl FnMut(Part<Block>),
    ) -> Result<(), RasterError> {
        let mixture = self.mixture();
        let bands: &[usize] = match &mixture {
            Some(mixture) => mixture.bands(),
            None => &self.bands,
        };
        let pixels = &self.raster.pixels;
        let unwritten = Unwritten::of(pixels, level);
        blocks::for_each_block(pixels, level, area, bands, unwritten, |mut part| {
            if let (Part::Read(block), Some(mixture)) = (&mut part, &mixture) {
                mixture.mix(&mut block.planes);
            }
            take(part);
        })
        .map_err(|fault| RasterError::of(&self.raster.path, fault))
    }

    /// The values of zeros, plane by plane.
    fn zero(&self) -> Vec<f32> {
        let Some(mixture) = self.mixture() else {
            return vec![0.0; self.bands.len()];
        };
        let mut planes = vec![vec![0.0]; mixture.bands().len()];
        mixture.mix(&mut planes);
        planes.concat()
    }
}

/// Bands that can be shown, from 0; they are given from 1.
fn checked(raster: &Raster, bands: &[usize]) -> Result<Vec<usize>, RasterError> {
    if !matches!(bands.len(), 1 | 3) {
        return Err(RasterError::BandCount {
            path: raster.path.clone(),
            count: bands.len(),
        });
    }
    raster.check_bands(bands)
}

/// Where an area that lies inside a window begins in it: not negative, and of 32 bits.
fn place_in(window: Window, area: Area) -> (u32, u32) {
    let left = i64::from(area.x) - window.x;
    let top = i64::from(area.y) - window.y;
    (left as u32, top as u32)
}
