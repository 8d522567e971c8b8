//! Whether a GIF is an animation, told by its blocks: no frame is decoded for that.

use std::io::{self, BufRead, Seek};

/// What a block begins with.
const EXTENSION: u8 = 0x21;
const FRAME: u8 = 0x2C;

/// A bit of a packed field, and the bits that give the size of the table of colours.
const HAS_TABLE: u8 = 0x80;
const TABLE_SIZE: u8 = 0x07;

/// Whether a second frame begins. What is no sound GIF has none: its decoder will say what is
/// wrong.
pub(crate) fn has_second_frame(reader: &mut (impl BufRead + Seek)) -> io::Result<bool> {
    reader.rewind()?;
    match frames(reader) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        frames => Ok(frames? == 2),
    }
}

/// The number of frames, up to two.
fn frames(reader: &mut (impl BufRead + Seek)) -> io::Result<u32> {
    let [.., packed, _, _] = bytes::<13>(reader)?;
    skip_table(reader, packed)?;
    let mut frames = 0;
    while frames < 2 {
        match bytes(reader)? {
            [EXTENSION] => {
                let [_label] = bytes(reader)?;
            }
            [FRAME] => {
                frames += 1;
                let [.., packed] = bytes::<9>(reader)?;
                skip_table(reader, packed)?;
                let [_code_size] = bytes(reader)?;
            }
            // The trailer, or damage.
            _ => break,
        }
        skip_sub_blocks(reader)?;
    }
    Ok(frames)
}

fn bytes<const N: usize>(reader: &mut impl BufRead) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn skip_table(reader: &mut impl Seek, packed: u8) -> io::Result<()> {
    if packed & HAS_TABLE == 0 {
        return Ok(());
    }
    reader.seek_relative(3 << ((packed & TABLE_SIZE) + 1))
}

/// Blocks that begin with their length, the last of which is empty.
fn skip_sub_blocks(reader: &mut (impl BufRead + Seek)) -> io::Result<()> {
    loop {
        let [length] = bytes(reader)?;
        if length == 0 {
            return Ok(());
        }
        reader.seek_relative(length.into())?;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::has_second_frame;
    use image::codecs::gif::GifEncoder;
    use image::{Frame, Rgba, RgbaImage};

    fn gif(frames: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = GifEncoder::new(&mut bytes);
        for number in 0..frames {
            let image = RgbaImage::from_fn(40, 30, |x, y| Rgba([x as u8, y as u8, number, 255]));
            encoder.encode_frame(Frame::new(image)).expect("room");
        }
        drop(encoder);
        bytes
    }

    #[test]
    fn frames_are_told_by_their_blocks() {
        for (frames, expected) in [(1, false), (2, true), (5, true)] {
            let found = has_second_frame(&mut Cursor::new(gif(frames)));
            assert_eq!(found.expect("in memory"), expected, "{frames}");
        }
    }

    #[test]
    fn a_gif_cut_before_its_second_frame_has_none() {
        let one = gif(1).len();
        let two = gif(2);
        for length in 0..one - 1 {
            let found = has_second_frame(&mut Cursor::new(&two[..length]));
            assert!(!found.expect("in memory"), "{length}");
        }
    }
}
