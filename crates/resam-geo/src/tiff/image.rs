//! One image of a TIFF: what its samples are and how they are cut into chunks (strips or tiles).

use super::codec::{self, JPEG, NO_COMPRESSION};
use super::directory::Entry;
use super::predictor::Predictor;
use super::stored::{Stored, stored_samples};
use super::{Directory, Fault, TiffFile, compression_name, tags};
use crate::sample::SampleKind;

/// Uncompressed strips are read in pieces of about so many bytes, since some software writes the
/// whole raster as one strip.
const PIECE_BYTES: u64 = 1 << 18;

/// Most chunks that a raster is cut into so, which is more than any disk holds.
const MOST_PIECES: u64 = 1 << 22;

/// Meanings of the samples, as the tag says.
pub(crate) const WHITE_IS_ZERO: u64 = 0;
pub(crate) const RGB: u64 = 2;
pub(crate) const PALETTE: u64 = 3;
pub(crate) const SEPARATED: u64 = 5;
pub(crate) const YCBCR: u64 = 6;

/// One image of a TIFF.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Samples of one pixel.
    pub(crate) bands: usize,
    pub(crate) kind: SampleKind,
    /// Bits of a stored sample, 1 to 128.
    pub(crate) bits: u16,
    pub(crate) stored: Stored,
    pub(crate) photometric: u64,
    /// Meanings of the samples after the colours.
    pub(crate) extra_samples: Vec<u64>,
    pub(crate) planar: bool,
    pub(crate) compression: u16,
    pub(crate) predictor: Predictor,
    pub(crate) tiled: bool,
    pub(crate) chunk_width: u32,
    pub(crate) chunk_height: u32,
    pub(crate) jpeg_tables: Option<Vec<u8>>,
    /// The version of LERC, and what compresses its chunks once more.
    pub(crate) lerc_parameters: Vec<u64>,
    /// How lines of CCITT fax 3 are coded.
    pub(crate) fax_options: u64,
    /// Whether the first pixel of a byte is its lowest bit.
    pub(crate) bits_reversed: bool,
    pub(crate) places: Places,
}

/// Where chunks lie in the file.
#[derive(Debug)]
pub(crate) enum Places {
    /// Each chunk has a position and a length in tables of the file (`TileOffsets`,
    /// `TileByteCounts` and the same for strips).
    Tables {
        offsets: Entry,
        byte_counts: Option<Entry>,
    },
    /// Pieces of uncompressed strips: the number of pieces in a strip, and the rows of a strip.
    Pieces {
        offsets: Entry,
        byte_counts: Option<Entry>,
        pieces: u32,
        strip_rows: u32,
    },
    /// Not in a TIFF: the source of the image knows the places.
    Elsewhere,
}

impl Image {
    /// Reads and checks what a directory says of its image.
    pub(crate) fn read(file: &TiffFile, directory: &Directory) -> Result<Self, Fault> {
        let number =
            |tag, default| Ok::<_, Fault>(file.unsigned(directory, tag)?.unwrap_or(default));
        let side = |tag, name| {
            let value = number(tag, 0)?;
            u32::try_from(value)
                .ok()
                .filter(|&value| value > 0)
                .ok_or_else(|| Fault::Broken(format!("its {name} is {value} pixels")))
        };
        let width = side(tags::IMAGE_WIDTH, "width")?;
        let height = side(tags::IMAGE_LENGTH, "height")?;
        let bands = match number(tags::SAMPLES_PER_PIXEL, 1)? {
            0 => return Err(Fault::broken("it has zero bands")),
            count @ 1..=65535 => count as usize,
            count => return Err(Fault::Broken(format!("it has {count} bands"))),
        };
        let photometric = number(tags::PHOTOMETRIC, 1)?;
        let compression = number(tags::COMPRESSION, 1)?;
        let compression = u16::try_from(compression)
            .map_err(|_| Fault::Unsupported(format!("unknown (code {compression}) compression")))?;
        if !codec::is_read(compression) {
            let name = compression_name(compression);
            return Err(Fault::Unsupported(format!("{name} compression")));
        }
        if photometric == YCBCR && compression == JPEG && bands != 3 {
            return Err(Fault::Unsupported(format!("YCbCr of {bands} bands")));
        }
        if photometric == YCBCR && !matches!(compression, JPEG | codec::WEBP) {
            return Err(Fault::Unsupported("YCbCr without JPEG".to_owned()));
        }
        if matches!(photometric, 8 | 32844 | 32845) {
            let name = if photometric == 8 { "CIELab" } else { "LogLuv" };
            return Err(Fault::Unsupported(format!("{name} colour")));
        }
        let (stored, bits) = stored_samples(file, directory)?;
        let kind = stored.kind(bits);
        check_codec(compression, stored, bits, bands)?;
        let predictor = if codec::has_predictor(compression) {
            Predictor::from_tag(number(tags::PREDICTOR, 1)?)?
        } else {
            Predictor::None
        };
        let fits = match predictor {
            Predictor::None => true,
            Predictor::Horizontal => matches!(bits, 8 | 16 | 32 | 64),
            Predictor::FloatingPoint => stored.is_real(),
        };
        if !fits {
            return Err(Fault::Broken(format!(
                "its predictor does not go with samples of {bits} bits"
            )));
        }
        let planar = match number(tags::PLANAR_CONFIGURATION, 1)? {
            1 => false,
            2 => bands > 1,
            other => {
                return Err(Fault::Broken(format!(
                    "its planar configuration is {other}"
                )));
            }
        };
        let tiled = directory.entry(tags::TILE_WIDTH).is_some();
        let (chunk_width, chunk_height) = if tiled {
            let tile_width = side(tags::TILE_WIDTH, "tile width")?;
            (tile_width, side(tags::TILE_LENGTH, "tile height")?)
        } else {
            let rows = number(tags::ROWS_PER_STRIP, u64::MAX)?.min(height.into());
            if rows == 0 {
                return Err(Fault::broken("its strips have no rows"));
            }
            (width, rows as u32)
        };
        let offsets = [tags::STRIP_OFFSETS, tags::TILE_OFFSETS][usize::from(tiled)];
        let byte_counts = [tags::STRIP_BYTE_COUNTS, tags::TILE_BYTE_COUNTS][usize::from(tiled)];
        let offsets = *directory
            .entry(offsets)
            .ok_or_else(|| Fault::broken("it does not say where its strips or tiles are"))?;
        let places = Places::Tables {
            offsets,
            byte_counts: directory.entry(byte_counts).copied(),
        };
        let mut image = Self {
            width,
            height,
            bands,
            kind,
            bits,
            stored,
            photometric,
            extra_samples: file.unsigned_list(directory, tags::EXTRA_SAMPLES)?,
            planar,
            compression,
            predictor,
            tiled,
            chunk_width,
            chunk_height,
            jpeg_tables: file.bytes(directory, tags::JPEG_TABLES)?,
            lerc_parameters: file.unsigned_list(directory, tags::LERC_PARAMETERS)?,
            fax_options: number(tags::T4_OPTIONS, 0)?,
            bits_reversed: number(tags::FILL_ORDER, 1)? == 2 && codec::is_made_of_bits(compression),
            places,
        };
        image.check_tables(file)?;
        image.cut_strips();
        Ok(image)
    }

    /// An image that is not in a TIFF, in one chunk until told otherwise.
    pub(crate) fn elsewhere(width: u32, height: u32, bands: usize, kind: SampleKind) -> Self {
        Self {
            width,
            height,
            bands,
            kind,
            // Of at most 64 bits.
            bits: 8 * kind.size() as u16,
            stored: Stored::Plain(kind),
            photometric: RGB,
            extra_samples: vec![2; bands.saturating_sub(3)],
            planar: false,
            compression: NO_COMPRESSION,
            predictor: Predictor::None,
            tiled: false,
            chunk_width: width,
            chunk_height: height,
            jpeg_tables: None,
            lerc_parameters: Vec::new(),
            fax_options: 0,
            bits_reversed: false,
            places: Places::Elsewhere,
        }
    }

    /// Refuses tables that are shorter than the chunks they are for, or not wholly in the file.
    fn check_tables(&self, file: &TiffFile) -> Result<(), Fault> {
        let chunks = self.chunk_count();
        let Places::Tables {
            offsets,
            byte_counts,
        } = &self.places
        else {
            return Ok(());
        };
        if byte_counts.is_none() && self.compression != NO_COMPRESSION {
            return Err(Fault::broken("it does not say how long its chunks are"));
        }
        for table in [Some(offsets), byte_counts.as_ref()].into_iter().flatten() {
            if table.count < chunks {
                return Err(Fault::Broken(format!(
                    "it has {chunks} strips or tiles, and places for {}",
                    table.count
                )));
            }
            if !file.holds_unsigned(table) {
                return Err(Fault::broken(
                    "the table of its strips or tiles lies beyond the end of the file",
                ));
            }
        }
        Ok(())
    }

    /// Reads large uncompressed strips piece by piece.
    fn cut_strips(&mut self) {
        let row_bytes = self.row_bytes();
        let rows = u64::from(self.chunk_height);
        if self.tiled
            || self.compression != NO_COMPRESSION
            || row_bytes.saturating_mul(rows) <= 2 * PIECE_BYTES
        {
            return;
        }
        let Places::Tables {
            offsets,
            byte_counts,
        } = self.places
        else {
            return;
        };
        let strip_rows = self.chunk_height;
        // At least one row, at most those of the strip.
        let piece_rows = (PIECE_BYTES / row_bytes).clamp(1, rows) as u32;
        let pieces = strip_rows.div_ceil(piece_rows);
        if self.chunk_count().saturating_mul(pieces.into()) > MOST_PIECES {
            return;
        }
        self.chunk_height = piece_rows;
        self.places = Places::Pieces {
            offsets,
            byte_counts,
            pieces,
            strip_rows,
        };
    }

    /// Rows of a strip as the file has them.
    pub(crate) fn strip_rows(&self) -> u32 {
        match self.places {
            Places::Pieces { strip_rows, .. } => strip_rows,
            _ => self.chunk_height,
        }
    }

    /// Columns of chunks.
    pub(crate) fn chunks_across(&self) -> u64 {
        self.width.div_ceil(self.chunk_width).into()
    }

    /// Rows of chunks.
    pub(crate) fn chunks_down(&self) -> u64 {
        match self.places {
            Places::Pieces {
                pieces, strip_rows, ..
            } => u64::from(self.height.div_ceil(strip_rows)) * u64::from(pieces),
            _ => self.height.div_ceil(self.chunk_height).into(),
        }
    }

    /// The first row of a row of chunks, and how many rows of the raster it has.
    pub(crate) fn chunk_rows(&self, row: u64) -> (u32, u32) {
        let (first, end) = if let Places::Pieces {
            pieces, strip_rows, ..
        } = self.places
        {
            let (strip, piece) = (row / u64::from(pieces), row % u64::from(pieces));
            let start = strip * u64::from(strip_rows);
            let first = start + piece * u64::from(self.chunk_height);
            let end = first + u64::from(self.chunk_height);
            (first, end.min(start + u64::from(strip_rows)))
        } else {
            let first = row * u64::from(self.chunk_height);
            (first, first + u64::from(self.chunk_height))
        };
        let height = u64::from(self.height);
        let first = first.min(height);
        // Within the height, so of 32 bits.
        (first as u32, (end.min(height) - first) as u32)
    }

    /// The row of chunks that a row of the raster lies in.
    pub(crate) fn chunk_row_of(&self, y: u32) -> u64 {
        match self.places {
            Places::Pieces {
                pieces, strip_rows, ..
            } => {
                let piece = y % strip_rows / self.chunk_height;
                u64::from(y / strip_rows) * u64::from(pieces) + u64::from(piece)
            }
            _ => (y / self.chunk_height).into(),
        }
    }

    /// Planes that have chunks of their own.
    pub(crate) fn planes(&self) -> u64 {
        if self.planar { self.bands as u64 } else { 1 }
    }

    /// Samples of one pixel of a chunk.
    pub(crate) fn chunk_bands(&self) -> usize {
        if self.planar { 1 } else { self.bands }
    }

    /// All chunks of all planes. Saturates, which no table can hold.
    pub(crate) fn chunk_count(&self) -> u64 {
        let plane = self.chunks_across().saturating_mul(self.chunks_down());
        plane.saturating_mul(self.planes())
    }

    /// Bytes of one stored row of a chunk. A width and a number of bands are of 32 and 16 bits.
    pub(crate) fn row_bytes(&self) -> u64 {
        let samples = u64::from(self.chunk_width) * self.chunk_bands() as u64;
        (samples * u64::from(self.bits)).div_ceil(8)
    }
}

/// Refuses samples that a compression cannot have.
fn check_codec(compression: u16, stored: Stored, bits: u16, bands: usize) -> Result<(), Fault> {
    let name = compression_name(compression);
    let is_byte = stored == Stored::Plain(SampleKind::U8);
    match compression {
        JPEG if !is_byte => Err(Fault::Unsupported(format!("JPEG of {bits} bits"))),
        codec::WEBP if !is_byte || !matches!(bands, 3 | 4) => Err(Fault::Broken(format!(
            "WebP has three or four bands of 8 bits, and it says {bands} of {bits}"
        ))),
        code if codec::is_fax(code) && (bits != 1 || bands != 1) => Err(Fault::Broken(format!(
            "{name} has one band of 1 bit, and it says {bands} of {bits}"
        ))),
        codec::LERC if !matches!(stored, Stored::Plain(_)) => {
            Err(Fault::Unsupported(format!("LERC of {bits} bits")))
        }
        _ => Ok(()),
    }
}
