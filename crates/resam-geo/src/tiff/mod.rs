//! TIFF as a container: directories, the layout of an image in chunks, chunks decoded.
//!
//! The file is not trusted: every position is checked against the length of the file before memory
//! is allocated. The position and length of a chunk are read together with the chunk, so opening a
//! raster takes the same memory for any size.

mod chunk;
mod codec;
mod directory;
mod fault;
mod fax;
pub(crate) mod image;
mod jpeg;
mod lerc;
mod predictor;
mod source;
mod stored;
pub(crate) mod tags;
mod webp;

pub(crate) use chunk::{MAX_CHUNK_BYTES, decode_chunk, is_written};
pub(crate) use codec::{ADOBE_DEFLATE, NO_COMPRESSION, compression_name};
pub(crate) use directory::{Directory, TiffFile, tiff_order};
pub(crate) use fault::Fault;
pub(crate) use predictor::difference_rows;
pub(crate) use source::{ByteOrder, Source};
pub(crate) use stored::Stored;
