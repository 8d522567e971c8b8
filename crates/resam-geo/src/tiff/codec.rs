//! The compressions of chunks: their names and decoders.

use std::io::Read;

use flate2::{Decompress, FlushDecompress, Status};
use lzma_rust2::XzReader;
use weezl::{BitOrder, LzwStatus, decode::Decoder};

use super::Fault;

pub(crate) const NO_COMPRESSION: u16 = 1;
const CCITT_RLE: u16 = 2;
const CCITT_FAX_3: u16 = 3;
pub(crate) const CCITT_FAX_4: u16 = 4;
const LZW: u16 = 5;
pub(crate) const JPEG: u16 = 7;
pub(crate) const ADOBE_DEFLATE: u16 = 8;
const PACK_BITS: u16 = 32773;
const DEFLATE: u16 = 32946;
pub(crate) const LERC: u16 = 34887;
const LZMA: u16 = 34925;
pub(crate) const ZSTD: u16 = 50000;
pub(crate) const WEBP: u16 = 50001;

/// The name of a compression, for those that have one.
pub(crate) fn compression_name(code: u16) -> String {
    let name = match code {
        NO_COMPRESSION => "uncompressed",
        CCITT_RLE => "CCITT RLE",
        CCITT_FAX_3 => "CCITT fax 3",
        CCITT_FAX_4 => "CCITT fax 4",
        LZW => "LZW",
        6 => "old-style JPEG",
        JPEG => "JPEG",
        ADOBE_DEFLATE | DEFLATE => "Deflate",
        PACK_BITS => "PackBits",
        33003 | 33005 | 34712 => "JPEG 2000",
        34676 | 34677 => "SGI LogLuv",
        LERC => "LERC",
        LZMA => "LZMA",
        ZSTD => "ZSTD",
        WEBP => "WebP",
        50002 | 52546 => "JPEG XL",
        _ => return format!("unknown (code {code})"),
    };
    name.to_owned()
}

/// Whether chunks of a compression can be decoded.
pub(crate) fn is_read(code: u16) -> bool {
    matches!(
        code,
        NO_COMPRESSION
            | LZW
            | JPEG
            | ADOBE_DEFLATE
            | PACK_BITS
            | DEFLATE
            | ZSTD
            | LZMA
            | LERC
            | WEBP
            | CCITT_RLE
            | CCITT_FAX_3
            | CCITT_FAX_4
    )
}

/// Whether differences of neighbours are stored, where a predictor is named. JPEG and PackBits have
/// none, whatever the file says, and uncompressed samples neither.
pub(crate) fn has_predictor(code: u16) -> bool {
    matches!(code, LZW | ADOBE_DEFLATE | DEFLATE | ZSTD | LZMA)
}

/// Whether it is one of the codes of CCITT (T.4 and T.6).
pub(crate) fn is_fax(code: u16) -> bool {
    matches!(code, CCITT_RLE | CCITT_FAX_3 | CCITT_FAX_4)
}

/// Whether the order of bits in a byte has a meaning for a compression: that of JPEG, WebP and LERC
/// is fixed.
pub(crate) fn is_made_of_bits(code: u16) -> bool {
    !matches!(code, JPEG | WEBP | LERC)
}

/// The bytes that a chunk of any compression but JPEG stands for, exactly `length` of them.
///
/// What comes after them is ignored, as other readers do; fewer are an error.
pub(crate) fn decompress(code: u16, stored: Vec<u8>, length: usize) -> Result<Vec<u8>, Fault> {
    let most = stored.len().saturating_mul(longest_expansion(code));
    if length > most {
        return Err(short(most, length));
    }
    let (bytes, made) = match code {
        NO_COMPRESSION => {
            let mut bytes = stored;
            bytes.truncate(length);
            return Ok(bytes);
        }
        LZW => lzw(&stored, length),
        ADOBE_DEFLATE | DEFLATE => deflate(&stored, length)?,
        PACK_BITS => pack_bits(&stored, length),
        ZSTD => zstd(&stored, length)?,
        LZMA => lzma(&stored, length)?,
        _ => {
            let name = compression_name(code);
            return Err(Fault::Unsupported(format!("{name} compression")));
        }
    };
    if made < length {
        return Err(short(made, length));
    }
    Ok(bytes)
}

/// Most bytes that one stored byte can stand for, so that a small file cannot ask for much memory.
fn longest_expansion(code: u16) -> usize {
    match code {
        NO_COMPRESSION => 1,
        PACK_BITS => 64,
        // A match of 258 bytes takes two bits.
        ADOBE_DEFLATE | DEFLATE => 1032,
        // A string of up to 4096 bytes takes 12 bits.
        LZW => 4096,
        // A block of 128 KiB takes four bytes.
        _ => 1 << 15,
    }
}

/// At most `most` bytes that a chunk of any length stands for.
pub(crate) fn decompress_all(code: u16, stored: &[u8], most: usize) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let limit = most as u64 + 1;
    let read = match code {
        ADOBE_DEFLATE => flate2::read::ZlibDecoder::new(stored)
            .take(limit)
            .read_to_end(&mut bytes),
        _ => zstd::Decoder::new(stored)
            .and_then(|decoder| decoder.take(limit).read_to_end(&mut bytes)),
    };
    let name = compression_name(code);
    read.map_err(|error| Fault::Broken(format!("its {name} data is corrupt: {error}")))?;
    if bytes.len() > most {
        return Err(Fault::Broken(format!("its {name} data is too long")));
    }
    Ok(bytes)
}

fn short(made: usize, length: usize) -> Fault {
    Fault::Broken(format!("it holds {made} bytes and not {length}"))
}

fn lzw(stored: &[u8], length: usize) -> (Vec<u8>, usize) {
    let mut bytes = vec![0; length];
    let mut decoder = Decoder::with_tiff_size_switch(BitOrder::Msb, 8);
    let (mut read, mut made) = (0, 0);
    while made < length {
        let step = decoder.decode_bytes(&stored[read..], &mut bytes[made..]);
        read += step.consumed_in;
        made += step.consumed_out;
        let stuck = step.consumed_in == 0 && step.consumed_out == 0;
        // Corrupt data shows in missing bytes.
        if stuck || !matches!(step.status, Ok(LzwStatus::Ok)) {
            break;
        }
    }
    (bytes, made)
}

fn deflate(stored: &[u8], length: usize) -> Result<(Vec<u8>, usize), Fault> {
    let mut bytes = vec![0; length];
    let mut state = Decompress::new(true);
    loop {
        let (read, made) = (state.total_in(), state.total_out());
        let (read_before, made_before) = (read as usize, made as usize);
        let status = state
            .decompress(
                &stored[read_before..],
                &mut bytes[made_before..],
                FlushDecompress::Finish,
            )
            .map_err(|error| Fault::Broken(format!("its Deflate data is corrupt: {error}")))?;
        let stuck = state.total_in() == read && state.total_out() == made;
        let made = state.total_out() as usize;
        if stuck || made == length || status == Status::StreamEnd {
            return Ok((bytes, made));
        }
    }
}

fn pack_bits(stored: &[u8], length: usize) -> (Vec<u8>, usize) {
    let mut bytes = Vec::with_capacity(length);
    let mut rest = stored;
    while let [header, tail @ ..] = rest {
        if bytes.len() >= length {
            break;
        }
        rest = tail;
        match *header as i8 {
            -128 => {}
            count @ 0.. => {
                let count = (count as usize + 1).min(rest.len());
                bytes.extend_from_slice(&rest[..count]);
                rest = &rest[count..];
            }
            count => {
                let [byte, tail @ ..] = rest else { break };
                bytes.resize(bytes.len() + 1 + usize::from(count.unsigned_abs()), *byte);
                rest = tail;
            }
        }
    }
    bytes.truncate(length);
    let made = bytes.len();
    (bytes, made)
}

fn zstd(stored: &[u8], length: usize) -> Result<(Vec<u8>, usize), Fault> {
    let mut bytes = vec![0; length];
    let made = zstd::bulk::decompress_to_buffer(stored, &mut bytes)
        .map_err(|error| Fault::Broken(format!("its ZSTD data is corrupt: {error}")))?;
    Ok((bytes, made))
}

/// A stream of xz. Its dictionary takes no more memory than a chunk may.
fn lzma(stored: &[u8], length: usize) -> Result<(Vec<u8>, usize), Fault> {
    const MAX_KIB: u32 = 1 << 18;
    let mut bytes = Vec::new();
    XzReader::new_mem_limit(stored, false, MAX_KIB)
        .take(length as u64)
        .read_to_end(&mut bytes)
        .map_err(|error| Fault::Broken(format!("its LZMA data is corrupt: {error}")))?;
    let made = bytes.len();
    Ok((bytes, made))
}
