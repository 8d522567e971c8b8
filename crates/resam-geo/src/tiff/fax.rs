//! The codes of CCITT for images of one bit (ITU-T T.4 and T.6, TIFF 6.0 sections 10 and 11).
//!
//! The tables of codes are those of the crate `fax`. Its lines are at most 65535 pixels wide and
//! never mixed of one and two dimensions, so lines are put together here.

use std::convert::Infallible;

use fax::maps::{Mode, black, mode, white};
use fax::{BitReader, ByteReader, slice_reader};

use super::Fault;
use super::codec::CCITT_FAX_4;
use super::image::Image;

/// Bit of the tag `T4Options`: lines may be coded by the line above.
const TWO_DIMENSIONAL: u64 = 1;
/// Bits that a line of a fax 3 begins with: zeros and a one.
const END_OF_LINE_ZEROS: u8 = 11;
/// The code for fax 3 in the tag `Compression`.
const CCITT_FAX_3: u16 = 3;

/// Columns at which the colour of a line changes, from white on.
type Changes = Vec<u32>;

/// Decodes a chunk to rows of bits, of which ones are black.
pub(crate) fn decode(image: &Image, stored: &[u8], length: usize) -> Result<Vec<u8>, Fault> {
    let width = image.chunk_width;
    let row_bytes = width.div_ceil(8) as usize;
    let rows = length / row_bytes;
    // A white line of any width takes one bit in fax 4, and longer codes else.
    if rows > stored.len().saturating_mul(8) {
        return Err(Fault::Broken(format!(
            "its fax data is too short for {rows} rows"
        )));
    }
    // The last codes are told by bits behind them.
    let stored = [stored, &[0; 4]].concat();
    let mut bits = slice_reader(&stored);
    let mut bytes = Vec::with_capacity(length);
    let mut above = Changes::new();
    for row in 0..rows {
        let line = match image.compression {
            CCITT_FAX_4 => two_dimensional(&mut bits, &above, width),
            CCITT_FAX_3 => {
                let by_itself = begin_line(&mut bits, image.fax_options);
                by_itself.and_then(|by_itself| {
                    if by_itself {
                        one_dimensional(&mut bits, width)
                    } else {
                        two_dimensional(&mut bits, &above, width)
                    }
                })
            }
            _ => {
                let line = one_dimensional(&mut bits, width);
                let rest = bits.bits_to_byte_boundary();
                consume(&mut bits, rest);
                line
            }
        };
        let broken = || Fault::Broken(format!("its fax data is corrupt at row {row}"));
        above = line.ok_or_else(broken)?;
        bytes.extend(paint(&above, width));
    }
    Ok(bytes)
}

fn consume(bits: &mut ByteReader<impl Iterator<Item = Result<u8, Infallible>>>, count: u8) {
    let Ok(()) = bits.consume(count);
}

/// Passes the mark at which a line of fax 3 begins. Says whether the line is coded by itself.
fn begin_line(
    bits: &mut ByteReader<impl Iterator<Item = Result<u8, Infallible>>>,
    options: u64,
) -> Option<bool> {
    // Some software leaves the marks out.
    if bits.peek(END_OF_LINE_ZEROS) == Some(0) {
        while bits.peek(1)? == 0 {
            consume(bits, 1);
        }
        consume(bits, 1);
    }
    if options & TWO_DIMENSIONAL == 0 {
        return Some(true);
    }
    let tag = bits.peek(1)?;
    consume(bits, 1);
    Some(tag == 1)
}

/// The length of a run of white or black.
fn run(
    bits: &mut ByteReader<impl Iterator<Item = Result<u8, Infallible>>>,
    is_black: bool,
) -> Option<u32> {
    let mut length = 0u32;
    loop {
        let part = if is_black {
            black::decode(bits)?
        } else {
            white::decode(bits)?
        };
        length = length.checked_add(part.into())?;
        // Lengths from 64 on are followed by the rest.
        if part < 64 {
            return Some(length);
        }
    }
}

fn one_dimensional(
    bits: &mut ByteReader<impl Iterator<Item = Result<u8, Infallible>>>,
    width: u32,
) -> Option<Changes> {
    let (mut changes, mut at, mut is_black) = (Changes::new(), 0u32, false);
    while at < width {
        at = at.checked_add(run(bits, is_black)?)?;
        changes.push(at.min(width));
        is_black = !is_black;
    }
    Some(changes)
}

/// A line that is coded by the changes of the line above it.
fn two_dimensional(
    bits: &mut ByteReader<impl Iterator<Item = Result<u8, Infallible>>>,
    above: &[u32],
    width: u32,
) -> Option<Changes> {
    let (mut changes, mut at, mut is_black) = (Changes::new(), 0u32, false);
    // A line begins before its first pixel: a change at column 0 counts.
    let mut begins = true;
    let mut first = 0;
    while at < width {
        // The first change above, to the other colour, to the right of where the line stands.
        while first > 0 && above.get(first - 1).is_some_and(|&change| change > at) {
            first -= 1;
        }
        while above
            .get(first)
            .is_some_and(|&change| change < at || (change == at && !begins))
        {
            first += 1;
        }
        let place = first + usize::from((first % 2 == 1) != is_black);
        let change = above.get(place).copied().unwrap_or(width);
        match mode::decode(bits)? {
            Mode::Pass => at = above.get(place + 1).copied().unwrap_or(width),
            Mode::Vertical(step) => {
                let next = change.checked_add_signed(step.into())?;
                if next < at || next > width {
                    return None;
                }
                at = next;
                changes.push(at);
                is_black = !is_black;
            }
            Mode::Horizontal => {
                for is_black in [is_black, !is_black] {
                    at = at.checked_add(run(bits, is_black)?)?;
                    changes.push(at.min(width));
                }
            }
            Mode::Extension | Mode::EOF => return None,
        }
        begins = false;
    }
    Some(changes)
}

/// A row of bits.
fn paint(changes: &[u32], width: u32) -> Vec<u8> {
    let mut row = vec![0u8; width.div_ceil(8) as usize];
    for pair in changes.chunks(2) {
        let end = pair.get(1).copied().unwrap_or(width);
        // Columns are of a row in memory.
        for column in pair[0]..end.min(width) {
            row[column as usize / 8] |= 0x80 >> (column % 8);
        }
    }
    row
}
