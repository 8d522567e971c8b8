use crate::{MaskError, Rle};

/// Characters start here, at the digit zero.
const FIRST_CHARACTER: u8 = 48;
/// Bits of a number that one character carries.
const BITS: u32 = 5;
/// Set in every character of a number but the last.
const CONTINUES: i64 = 0x20;
/// Set in the last character of a negative number.
const NEGATIVE: i64 = 0x10;
/// A difference between two run lengths has 33 bits with its sign: seven characters.
const MAX_CHARACTERS: u32 = 7;

/// COCO's compressed run lengths (`rleToString` of `pycocotools`): a variable-length code with six
/// bits a character. From the fourth run length on, each is written as the difference from the one
/// two before.
impl Rle {
    /// The compressed run lengths, equal to those of `pycocotools` byte for byte.
    pub fn to_compressed_string(&self) -> String {
        let mut text = String::new();
        for (index, &count) in self.counts().iter().enumerate() {
            let mut rest = i64::from(count) - i64::from(reference(self.counts(), index));
            loop {
                let low = rest & 0x1f;
                rest >>= BITS;
                let sign_is_kept = if low & NEGATIVE == 0 {
                    rest == 0
                } else {
                    rest == -1
                };
                let code = if sign_is_kept { low } else { low | CONTINUES };
                text.push(char::from(FIRST_CHARACTER + code as u8));
                if sign_is_kept {
                    break;
                }
            }
        }
        text
    }

    /// Reads the compressed run lengths of a mask of `width` x `height` pixels, as a string or as
    /// bytes.
    ///
    /// # Errors
    /// [`MaskError`] if the text is not a sequence of complete run lengths, if a run is negative,
    /// if the runs do not add up to the number of pixels, or if that is over
    /// [`MAX_PIXELS`](crate::MAX_PIXELS).
    pub fn from_compressed(
        text: impl AsRef<[u8]>,
        width: u32,
        height: u32,
    ) -> Result<Self, MaskError> {
        let text = text.as_ref();
        let mut counts = Vec::new();
        let mut position = 0;
        while position < text.len() {
            let (difference, next) = read_number(text, position)?;
            let index = counts.len();
            let length = difference + i64::from(reference(&counts, index));
            let count = u32::try_from(length);
            counts.push(count.map_err(|_| MaskError::ImpossibleRun { index, length })?);
            position = next;
        }
        Self::from_counts(counts, width, height)
    }
}

/// The run length that the one at `index` is written relative to; zero for the first three.
fn reference(counts: &[u32], index: usize) -> u32 {
    if index > 2 { counts[index - 2] } else { 0 }
}

/// Reads the number that starts at `start`; also returns where the next one starts.
fn read_number(text: &[u8], start: usize) -> Result<(i64, usize), MaskError> {
    let mut number = 0;
    let mut shift = 0;
    for (position, &byte) in text.iter().enumerate().skip(start) {
        let code = byte.checked_sub(FIRST_CHARACTER).filter(|code| *code < 64);
        let code = i64::from(code.ok_or(MaskError::InvalidRunByte { byte, position })?);
        if shift == MAX_CHARACTERS * BITS {
            return Err(MaskError::RunTooLong { position: start });
        }
        number |= (code & 0x1f) << shift;
        shift += BITS;
        if code & CONTINUES == 0 {
            let sign = if code & NEGATIVE == 0 { 0 } else { -1 << shift };
            return Ok((number | sign, position + 1));
        }
    }
    Err(MaskError::UnterminatedRun { position: start })
}
