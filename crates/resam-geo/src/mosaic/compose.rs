//! Puts the chunks of a mosaic together.

use rstar::primitives::{GeomWithData, Rectangle as Bounds};
use rstar::{AABB, RTree};

use super::files::{Files, Read};
use super::{CHUNK, Content, MASK, Placement, Rectangle, Taken};
use crate::blocks::Area;
use crate::error::RasterError;
use crate::level::{ChunkSource, Numbered};
use crate::sample::SampleKind;
use crate::tiff::Fault;
use crate::tiff::image::Image;

/// Most samples of a file that are read at once.
const MOST_SAMPLES: u64 = 1 << 22;
/// A pixel is reached where more than this of it is.
const TOUCHED: f64 = 1e-3;
/// Positions are this much farther on, so that those that fall between two pixels are of the
/// second, as in GDAL.
const BEYOND: f64 = 1e-10;

/// Where a part lies, with its place in the list.
type Placed = GeomWithData<Bounds<[f64; 2]>, usize>;

/// The parts of a band, found by place.
#[derive(Debug)]
struct Stack {
    parts: Vec<Placement>,
    places: RTree<Placed>,
}

/// The chunks of a mosaic.
#[derive(Debug)]
pub(super) struct Composition {
    files: Files,
    bands: Vec<Stack>,
    background: Vec<f64>,
    mask: Option<Stack>,
}

impl Stack {
    fn new(parts: Vec<Placement>) -> Self {
        let places = parts.iter().enumerate().map(|(at, part)| {
            let Rectangle {
                x,
                y,
                width,
                height,
            } = part.to;
            GeomWithData::new(Bounds::from_corners([x, y], [x + width, y + height]), at)
        });
        let places = RTree::bulk_load(places.collect());
        Self { parts, places }
    }

    /// The parts that touch an area with what they cover of it, the one on top last.
    fn over(&self, area: Area) -> Vec<(&Placement, Area)> {
        let [x, y] = [area.x, area.y].map(f64::from);
        let (right, bottom) = (x + f64::from(area.width), y + f64::from(area.height));
        let envelope = AABB::from_corners([x, y], [right, bottom]);
        let found = self.places.locate_in_envelope_intersecting(&envelope);
        let mut found: Vec<usize> = found.map(|placed| placed.data).collect();
        found.sort_unstable();
        let covered = found.into_iter().filter_map(|at| {
            let part = &self.parts[at];
            Some((part, part.covered(area)?))
        });
        covered.collect()
    }
}

impl Placement {
    /// The pixels of an area that the part covers.
    fn covered(&self, area: Area) -> Option<Area> {
        let axis = |to: f64, length: f64, first: u32, count: u32| {
            let from = (to + TOUCHED).floor().max(first.into());
            let end = (to + length - TOUCHED).ceil();
            let end = end.min(f64::from(first) + f64::from(count));
            // Within the area, so of 32 bits.
            (from < end).then_some((from as u32, (end - from) as u32))
        };
        let (x, width) = axis(self.to.x, self.to.width, area.x, area.width)?;
        let (y, height) = axis(self.to.y, self.to.height, area.y, area.height)?;
        Some(Area {
            x,
            y,
            width,
            height,
        })
    }

    /// The pixel of the file that each of so many pixels from `first` on shows, along an axis.
    fn sources(&self, axis: usize, first: u32, count: u32, length: u32) -> Vec<u32> {
        let (from, size, to, shown) = match axis {
            0 => (self.from.x, self.from.width, self.to.x, self.to.width),
            _ => (self.from.y, self.from.height, self.to.y, self.to.height),
        };
        let source = |pixel: u32| {
            let centre = f64::from(pixel) + 0.5 - to;
            let place = from + centre * (size / shown) + BEYOND;
            let last = (from + size).ceil().min(length.into()) - 1.0;
            // Inside the file, so of 32 bits.
            place.floor().min(last).max(from.floor()).max(0.0) as u32
        };
        (first..first + count).map(source).collect()
    }
}

/// A part of a band under construction.
struct Canvas<'a> {
    area: Area,
    kind: SampleKind,
    bytes: &'a mut [u8],
    written: &'a mut [bool],
}

impl Composition {
    pub(super) fn new(
        files: Files,
        bands: Vec<Vec<Placement>>,
        background: Vec<f64>,
        mask: Option<Vec<Placement>>,
    ) -> Self {
        Self {
            files,
            bands: bands.into_iter().map(Stack::new).collect(),
            background,
            mask: mask.map(Stack::new),
        }
    }

    /// Writes the parts of a stack, from the lowest on.
    fn write(&self, stack: &Stack, canvas: &mut Canvas<'_>) -> Result<(), RasterError> {
        for (part, covered) in stack.over(canvas.area) {
            self.write_part(part, covered, canvas)?;
        }
        Ok(())
    }

    fn write_part(
        &self,
        part: &Placement,
        covered: Area,
        canvas: &mut Canvas<'_>,
    ) -> Result<(), RasterError> {
        let file = self.files.part(part.file);
        let columns = part.sources(0, covered.x, covered.width, file.width);
        let rows = part.sources(1, covered.y, covered.height, file.height);
        let span = |places: &[u32]| {
            let first = places.iter().min().copied().unwrap_or(0);
            let last = places.iter().max().copied().unwrap_or(0);
            (first, last - first + 1)
        };
        let ((x, width), (y, height)) = (span(&columns), span(&rows));
        let area = Area {
            x,
            y,
            width,
            height,
        };
        if area.pixels() > MOST_SAMPLES && covered.pixels() > 1 {
            // Few pixels of many are shown.
            for half in halves(covered) {
                self.write_part(part, half, canvas)?;
            }
            return Ok(());
        }
        let (band, offset, ratio) = match part.content {
            Content::Band {
                band,
                offset,
                ratio,
            } => (band, offset, ratio),
            Content::Validity => (0, 0.0, 0.0),
        };
        let is_mask = part.content == Content::Validity;
        // GDAL computes with numbers of 32 bits where those hold the samples.
        let is_wide = matches!(
            canvas.kind,
            SampleKind::U32 | SampleKind::I32 | SampleKind::U64 | SampleKind::I64 | SampleKind::F64
        );
        let scaled = |value: f64| match offset + ratio * value {
            _ if is_mask || (offset, ratio) == (0.0, 1.0) => value,
            scaled if is_wide => scaled,
            scaled => f64::from(scaled as f32),
        };
        let Read { values, valid } = self.files.read(part.file, band, area, !is_mask)?;
        for (row, &source_row) in (0..).zip(&rows) {
            let line = (source_row - y) as usize * width as usize;
            for (column, &source_column) in (0..).zip(&columns) {
                let source = line + (source_column - x) as usize;
                let value = if is_mask {
                    f64::from(u8::from(valid[source])) * 255.0
                } else {
                    values[source]
                };
                let is_taken = match part.taken {
                    Taken::All => true,
                    Taken::OtherThan(nodata) => {
                        value != nodata && !(value.is_nan() && nodata.is_nan())
                    }
                    Taken::Valid => valid[source],
                };
                if is_taken {
                    let value = scaled(value);
                    canvas.put(covered.x + column, covered.y + row, value);
                }
            }
        }
        Ok(())
    }

    /// Whether the parts of a stack cover pixels of an area, pixel by pixel.
    fn write_cover(&self, stack: &Stack, canvas: &mut Canvas<'_>) -> Result<(), RasterError> {
        for (part, covered) in stack.over(canvas.area) {
            let is_all = match part.taken {
                Taken::All => true,
                Taken::OtherThan(_) => false,
                Taken::Valid => self.files.part(part.file).is_all_valid(),
            };
            if is_all {
                canvas.cover(covered);
            } else if !canvas.is_covered(covered) {
                self.write_part(part, covered, canvas)?;
            }
        }
        Ok(())
    }

    fn chunk(&self, numbered: &Numbered, index: u64) -> Result<Option<Vec<u8>>, RasterError> {
        let image = &numbered.image;
        let (plane, area) = area_of_chunk(image, index);
        let count = area.pixels() as usize;
        let mut written = vec![false; count];
        let size = image.kind.size();
        let mut bytes = vec![0; count * size];
        if numbered.number == MASK {
            let mut canvas = Canvas {
                area,
                kind: image.kind,
                bytes: &mut bytes,
                written: &mut written,
            };
            if let Some(stack) = &self.mask {
                self.write(stack, &mut canvas)?;
            } else {
                for stack in &self.bands {
                    self.write_cover(stack, &mut canvas)?;
                }
                let covered = canvas.written.iter();
                bytes = covered.map(|&written| u8::from(written) * 255).collect();
            }
        } else {
            let background = self.background[plane];
            if background != 0.0 {
                for sample in bytes.chunks_exact_mut(size) {
                    image.kind.put(background, sample);
                }
            }
            let mut canvas = Canvas {
                area,
                kind: image.kind,
                bytes: &mut bytes,
                written: &mut written,
            };
            self.write(&self.bands[plane], &mut canvas)?;
        }
        Ok(Some(in_chunk(image, area, bytes)))
    }
}

impl ChunkSource for Composition {
    fn decode(&self, numbered: &Numbered, index: u64) -> Result<Option<Vec<u8>>, Fault> {
        if !self.is_written(numbered, index)? {
            return Ok(None);
        }
        let chunk = self.chunk(numbered, index);
        chunk.map_err(|error| Fault::Part(Box::new(error)))
    }

    fn is_written(&self, numbered: &Numbered, index: u64) -> Result<bool, Fault> {
        let (plane, area) = area_of_chunk(&numbered.image, index);
        let touches = |stack: &Stack| !stack.over(area).is_empty();
        Ok(match (&self.mask, numbered.number == MASK) {
            (Some(mask), true) => touches(mask),
            (None, true) => self.bands.iter().any(touches),
            (_, false) => touches(&self.bands[plane]),
        })
    }
}

impl Canvas<'_> {
    fn place(&self, x: u32, y: u32) -> usize {
        (y - self.area.y) as usize * self.area.width as usize + (x - self.area.x) as usize
    }

    fn put(&mut self, x: u32, y: u32, value: f64) {
        let (place, size) = (self.place(x, y), self.kind.size());
        self.written[place] = true;
        let sample = &mut self.bytes[place * size..(place + 1) * size];
        self.kind.put(value, sample);
    }

    fn rows(&self, covered: Area) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let (start, step) = (self.place(covered.x, covered.y), self.area.width as usize);
        let width = covered.width as usize;
        (0..covered.height as usize).map(move |row| start + row * step..start + row * step + width)
    }

    fn cover(&mut self, covered: Area) {
        for row in self.rows(covered) {
            self.written[row].fill(true);
        }
    }

    fn is_covered(&self, covered: Area) -> bool {
        let mut rows = self.rows(covered);
        rows.all(|row| self.written[row].iter().all(|&written| written))
    }
}

/// The plane of a chunk, and the pixels of the image in it.
fn area_of_chunk(image: &Image, index: u64) -> (usize, Area) {
    let (across, down) = (image.chunks_across(), image.chunks_down());
    let (column, row) = (index % across, index / across % down);
    // Inside the image, so of 32 bits.
    let (x, y) = (column as u32 * CHUNK, row as u32 * CHUNK);
    let area = Area {
        x,
        y,
        width: (image.width - x).min(CHUNK),
        height: (image.height - y).min(CHUNK),
    };
    ((index / across / down) as usize, area)
}

/// The samples of an area in a chunk, whose rows are longer at the right edge of the image.
fn in_chunk(image: &Image, area: Area, bytes: Vec<u8>) -> Vec<u8> {
    if area.width == CHUNK && area.height == CHUNK {
        return bytes;
    }
    let size = image.kind.size();
    let (row, whole) = (area.width as usize * size, CHUNK as usize * size);
    let mut chunk = vec![0; whole * CHUNK as usize];
    for (target, source) in chunk.chunks_exact_mut(whole).zip(bytes.chunks_exact(row)) {
        target[..row].copy_from_slice(source);
    }
    chunk
}

/// An area cut in two along its longer side.
fn halves(area: Area) -> [Area; 2] {
    let Area {
        x,
        y,
        width,
        height,
    } = area;
    if width > height {
        let half = width / 2;
        let first = Area {
            width: half,
            ..area
        };
        let second = Area {
            x: x + half,
            width: width - half,
            ..area
        };
        [first, second]
    } else {
        let half = height / 2;
        let first = Area {
            height: half,
            ..area
        };
        let second = Area {
            y: y + half,
            height: height - half,
            ..area
        };
        [first, second]
    }
}
