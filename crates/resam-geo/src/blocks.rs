//! Blocks: the parts of a raster that lie within one chunk, as numbers.
//!
//! All reading is done block by block, chunk after chunk, so that no chunk is decoded twice and
//! memory does not grow with the window.

use rayon::prelude::*;

use crate::cache::Chunk;
use crate::level::{Level, Numbered, Pixels};
use crate::tiff::Fault;
use crate::tiff::image::Image;

/// Longest side of a piece, in pixels.
const LONGEST_SIDE: u32 = 512;

/// A rectangle of pixels inside an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// A part of an image within one chunk (of each plane).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    pub(crate) area: Area,
    /// Column and row of the chunk.
    column: u64,
    row: u64,
}

/// A part of an area: its share of one chunk, or zeros.
#[derive(Debug)]
pub(crate) enum Part<T> {
    Read(T),
    /// Chunks that were never written and mean zeros.
    Zeros(Area),
}

/// The meaning of chunks that were never written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unwritten {
    /// They are skipped.
    Nothing,
    /// They are zeros, which are passed on without an array.
    Zeros,
    /// They are zeros, and a mask tells which are valid.
    ZerosUnderMask,
}

/// The samples of a part, for each band that is read.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) area: Area,
    /// One plane a band, row after row. NaN is what is not valid.
    pub(crate) planes: Vec<Vec<f32>>,
}

impl Area {
    /// The whole of an image.
    pub(crate) fn whole(image: &Image) -> Self {
        Self {
            x: 0,
            y: 0,
            width: image.width,
            height: image.height,
        }
    }

    /// The part of a rectangle, given by its corners, that lies inside an image.
    pub(crate) fn inside(image: &Image, [x0, y0, x1, y1]: [i64; 4]) -> Option<Self> {
        let (width, height) = (i64::from(image.width), i64::from(image.height));
        let (x0, x1) = (x0.clamp(0, width), x1.clamp(0, width));
        let (y0, y1) = (y0.clamp(0, height), y1.clamp(0, height));
        // Clamped to sizes of 32 bits.
        (x0 < x1 && y0 < y1).then_some(Self {
            x: x0 as u32,
            y: y0 as u32,
            width: (x1 - x0) as u32,
            height: (y1 - y0) as u32,
        })
    }

    /// Merges an area that continues this one to the right or downwards; returns whether it does.
    fn grow(&mut self, next: Self) -> bool {
        let right = (next.y, next.height, next.x) == (self.y, self.height, self.x + self.width);
        let below = (next.x, next.width, next.y) == (self.x, self.width, self.y + self.height);
        if right {
            self.width += next.width;
        } else if below {
            self.height += next.height;
        }
        right || below
    }

    /// Pixels. Both sides are of 32 bits.
    pub(crate) fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

impl Unwritten {
    /// As GDAL has it: the nodata value, or zeros that are as valid as any other pixel. Zero is
    /// also what a band of opacity is there, so that nothing is seen.
    pub(crate) fn of(pixels: &Pixels, level: &Level) -> Self {
        if !pixels.nodata.is_empty() || pixels.alpha.is_some() {
            Self::Nothing
        } else if level.mask.is_some() {
            Self::ZerosUnderMask
        } else {
            Self::Zeros
        }
    }
}

/// Hands the blocks of an area of a level to `take`, chunk after chunk.
pub(crate) fn for_each_block(
    pixels: &Pixels,
    level: &Level,
    area: Area,
    bands: &[usize],
    unwritten: Unwritten,
    take: impl FnMut(Part<Block>),
) -> Result<(), Fault> {
    let read = |piece: &Piece| read_block(pixels, level, piece, bands);
    for_each_piece(pixels, level, area, unwritten, read, take)
}

/// Hands what is read of each piece of an area to `take`, chunk after chunk. As many pieces are
/// read at once as there are threads.
pub(crate) fn for_each_piece<T: Send>(
    pixels: &Pixels,
    level: &Level,
    area: Area,
    unwritten: Unwritten,
    read: impl Fn(&Piece) -> Result<T, Fault> + Sync,
    mut take: impl FnMut(Part<T>),
) -> Result<(), Fault> {
    // One alone would leave zeros no time to grow.
    let batch = rayon::current_num_threads().max(2);
    let mut waiting = Vec::with_capacity(batch);
    let mut read_waiting = |waiting: &mut Vec<Part<Piece>>| {
        let read = |part: &Part<Piece>| {
            Ok(match part {
                Part::Read(piece) => Part::Read(read(piece)?),
                Part::Zeros(area) => Part::Zeros(*area),
            })
        };
        let done: Vec<Part<T>> = waiting.par_iter().map(read).collect::<Result<_, Fault>>()?;
        waiting.clear();
        done.into_iter().for_each(&mut take);
        Ok::<_, Fault>(())
    };
    let Numbered { image, .. } = &level.pixels;
    for (column, row) in chunks(image, area) {
        let part = part_of_chunk(image, area, column, row);
        let is_read = match (unwritten, &level.mask) {
            _ if is_written(pixels, &level.pixels, column, row)? => true,
            (Unwritten::Nothing, _) => false,
            (Unwritten::ZerosUnderMask, Some(mask)) => is_any_written(pixels, mask, part)?,
            _ => {
                push_zeros(&mut waiting, part);
                false
            }
        };
        let pieces = is_read.then(|| pieces_of_chunk(image, area, column, row));
        for piece in pieces.into_iter().flatten() {
            waiting.push(Part::Read(piece));
            if waiting.len() >= batch {
                read_waiting(&mut waiting)?;
            }
        }
        if waiting.len() >= batch {
            read_waiting(&mut waiting)?;
        }
    }
    read_waiting(&mut waiting)
}

/// Adds an area of zeros, or grows the one before it: a raster may have millions of them.
fn push_zeros(waiting: &mut Vec<Part<Piece>>, area: Area) {
    if let Some(Part::Zeros(before)) = waiting.last_mut()
        && before.grow(area)
    {
        return;
    }
    waiting.push(Part::Zeros(area));
}

/// Whether any chunk that an area touches was ever written.
fn is_any_written(pixels: &Pixels, numbered: &Numbered, area: Area) -> Result<bool, Fault> {
    for (column, row) in chunks(&numbered.image, area) {
        if is_written(pixels, numbered, column, row)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the chunk of any plane was ever written.
pub(crate) fn is_written(
    pixels: &Pixels,
    numbered: &Numbered,
    column: u64,
    row: u64,
) -> Result<bool, Fault> {
    for plane in 0..numbered.image.planes() {
        let index = chunk_index(&numbered.image, plane, column, row);
        if pixels.is_written(numbered, index)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The number of a chunk. What the tables hold is of 64 bits.
fn chunk_index(image: &Image, plane: u64, column: u64, row: u64) -> u64 {
    (plane * image.chunks_down() + row) * image.chunks_across() + column
}

/// Column and row of each chunk that an area touches, row after row.
pub(crate) fn chunks(image: &Image, area: Area) -> impl Iterator<Item = (u64, u64)> + use<> {
    let columns = u64::from(area.x / image.chunk_width)
        ..=u64::from((area.x + area.width - 1) / image.chunk_width);
    let rows = image.chunk_row_of(area.y)..=image.chunk_row_of(area.y + area.height - 1);
    rows.flat_map(move |row| columns.clone().map(move |column| (column, row)))
}

/// The part of an area that lies in one chunk, which the area touches.
fn part_of_chunk(image: &Image, area: Area, column: u64, row: u64) -> Area {
    let left = column * u64::from(image.chunk_width);
    let (top, rows) = image.chunk_rows(row);
    // Within the area, so of 32 bits.
    let overlap = |start: u64, length: u32, from: u32, count: u32| {
        let first = start.max(from.into());
        let end = (start + u64::from(length)).min(u64::from(from) + u64::from(count));
        (first as u32, end.saturating_sub(first) as u32)
    };
    let (x, width) = overlap(left, image.chunk_width, area.x, area.width);
    let (y, height) = overlap(top.into(), rows, area.y, area.height);
    Area {
        x,
        y,
        width,
        height,
    }
}

/// The pieces of an area that lie in one chunk.
pub(crate) fn pieces_of_chunk(
    image: &Image,
    area: Area,
    column: u64,
    row: u64,
) -> impl Iterator<Item = Piece> + use<> {
    let part = part_of_chunk(image, area, column, row);
    let cut = move |start: u32, length: u32| {
        let steps = (0..length).step_by(LONGEST_SIDE as usize);
        steps.map(move |place| (start + place, (length - place).min(LONGEST_SIDE)))
    };
    cut(part.y, part.height).flat_map(move |(y, height)| {
        cut(part.x, part.width).map(move |(x, width)| Piece {
            area: Area {
                x,
                y,
                width,
                height,
            },
            column,
            row,
        })
    })
}

/// How many pieces a whole chunk has across and down.
pub(crate) fn pieces_in_chunk(image: &Image, column: u64, row: u64) -> (u64, u64) {
    let left = column * u64::from(image.chunk_width);
    let columns = u64::from(image.width).saturating_sub(left);
    let columns = columns.min(image.chunk_width.into());
    let (_, rows) = image.chunk_rows(row);
    let side = u64::from(LONGEST_SIDE);
    (columns.div_ceil(side), u64::from(rows).div_ceil(side))
}

/// The area of one of the pieces of a whole chunk.
pub(crate) fn piece_area(
    image: &Image,
    column: u64,
    row: u64,
    piece_column: u64,
    piece_row: u64,
) -> Option<Area> {
    let side = u64::from(LONGEST_SIDE);
    let left = column * u64::from(image.chunk_width) + piece_column * side;
    let (top, rows) = image.chunk_rows(row);
    let top = u64::from(top) + piece_row * side;
    // Inside a chunk that is inside the image.
    let corner = Area {
        x: u32::try_from(left).ok()?,
        y: u32::try_from(top).ok()?,
        width: side.min(u64::from(image.width).checked_sub(left)?) as u32,
        height: side.min(u64::from(rows)) as u32,
    };
    let piece = pieces_of_chunk(image, corner, column, row).next();
    piece.map(|piece| piece.area)
}

/// The chunk of a piece that holds a band, or nothing if it was never written.
pub(crate) fn chunk_of_band(
    pixels: &Pixels,
    numbered: &Numbered,
    piece: &Piece,
    band: usize,
) -> Result<Option<Chunk>, Fault> {
    let image = &numbered.image;
    let plane = if image.planar { band as u64 } else { 0 };
    let index = chunk_index(image, plane, piece.column, piece.row);
    pixels.chunk(numbered, index)
}

/// Hands the rows of a band of a piece to `put`: the index of the first sample in the chunk, the
/// place of the first pixel in the piece, and how many there are.
pub(crate) fn for_each_row(
    image: &Image,
    piece: &Piece,
    band: usize,
    mut put: impl FnMut(usize, usize, usize),
) {
    let Area {
        x,
        y,
        width,
        height,
    } = piece.area;
    let band = if image.planar { 0 } else { band };
    let left = u64::from(x) - piece.column * u64::from(image.chunk_width);
    let top = y - image.chunk_rows(piece.row).0;
    for line in 0..height {
        // Within a chunk, which is in memory.
        let pixel = u64::from(top + line) * u64::from(image.chunk_width) + left;
        let start = pixel as usize * image.chunk_bands() + band;
        put(start, line as usize * width as usize, width as usize);
    }
}

/// Hands the samples of a band of a piece to `put` with their places, row after row.
pub(crate) fn for_each_sample(
    image: &Image,
    chunk: &[u8],
    piece: &Piece,
    band: usize,
    mut put: impl FnMut(usize, f64),
) {
    let step = image.chunk_bands();
    for_each_row(image, piece, band, |start, before, count| {
        image
            .kind
            .for_each(chunk, start, step, count, |place, value| {
                put(before + place, value);
            });
    });
}

/// The samples of a piece. Those of chunks that were never written are nodata, or else zero.
fn read_block(
    pixels: &Pixels,
    level: &Level,
    piece: &Piece,
    bands: &[usize],
) -> Result<Block, Fault> {
    let Numbered { image, .. } = &level.pixels;
    let area = piece.area;
    let count = area.pixels() as usize;
    let mut planes = Vec::with_capacity(bands.len());
    for &band in bands {
        let nodata = pixels.nodata_of(band);
        let mut plane = vec![if nodata.is_some() { f32::NAN } else { 0.0 }; count];
        if let Some(chunk) = chunk_of_band(pixels, &level.pixels, piece, band)? {
            let step = image.chunk_bands();
            for_each_row(image, piece, band, |start, before, count| {
                let target = &mut plane[before..before + count];
                image.kind.widen(&chunk, start, step, nodata, target);
            });
        }
        planes.push(plane);
    }
    let mut block = Block { area, planes };
    if let Some(alpha) = pixels.alpha {
        match chunk_of_band(pixels, &level.pixels, piece, alpha)? {
            Some(chunk) => for_each_sample(image, &chunk, piece, alpha, |place, opacity| {
                if opacity == 0.0 {
                    block.clear(place);
                }
            }),
            None if pixels.nodata_of(alpha).unwrap_or(0.0) == 0.0 => {
                (0..count).for_each(|place| block.clear(place));
            }
            None => {}
        }
    }
    if let Some(mask) = &level.mask {
        apply_mask(pixels, mask, &mut block)?;
    }
    Ok(block)
}

impl Block {
    fn clear(&mut self, place: usize) {
        for plane in &mut self.planes {
            plane[place] = f32::NAN;
        }
    }
}

/// Clears what a mask says is not valid. What of a mask was never written is zero.
fn apply_mask(pixels: &Pixels, mask: &Numbered, block: &mut Block) -> Result<(), Fault> {
    let outer = block.area;
    for (column, row) in chunks(&mask.image, outer) {
        for piece in pieces_of_chunk(&mask.image, outer, column, row) {
            let Area { x, y, width, .. } = piece.area;
            let corner = (y - outer.y) as usize * outer.width as usize + (x - outer.x) as usize;
            let place_in_block = |place: usize| {
                let (line, column) = (place / width as usize, place % width as usize);
                corner + line * outer.width as usize + column
            };
            match chunk_of_band(pixels, mask, &piece, 0)? {
                Some(chunk) => for_each_sample(&mask.image, &chunk, &piece, 0, |place, value| {
                    if value == 0.0 {
                        block.clear(place_in_block(place));
                    }
                }),
                None => (0..piece.area.pixels() as usize)
                    .for_each(|place| block.clear(place_in_block(place))),
            }
        }
    }
    Ok(())
}
