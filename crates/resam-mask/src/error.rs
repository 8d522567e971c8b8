use thiserror::Error;

use crate::{MAX_COORDINATE, MAX_CROSSINGS, MAX_PIXELS};

/// Why a mask could not be made, read or compared.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MaskError {
    /// The image would hold more than [`MAX_PIXELS`] pixels.
    #[error("a mask of {width}x{height} pixels is over the limit of {MAX_PIXELS} pixels")]
    TooManyPixels {
        /// Width asked for, in pixels.
        width: u32,
        /// Height asked for, in pixels.
        height: u32,
    },

    /// A slice does not hold one value for each pixel.
    #[error("a mask of {width}x{height} pixels cannot be made from {found} values")]
    WrongValueCount {
        /// Width of the mask, in pixels.
        width: u32,
        /// Height of the mask, in pixels.
        height: u32,
        /// Number of values given.
        found: usize,
    },

    /// Two masks that should cover the same image have different sizes.
    #[error("a mask of {}x{} pixels does not match one of {}x{}", left.0, left.1, right.0, right.1)]
    SizesDiffer {
        /// Width and height of the first mask.
        left: (u32, u32),
        /// Width and height of the second mask.
        right: (u32, u32),
    },

    /// Run lengths do not add up to the number of pixels.
    #[error("run lengths add up to {sum}, but the mask has {width}x{height} pixels")]
    WrongRunSum {
        /// Sum of the run lengths.
        sum: u64,
        /// Width of the mask, in pixels.
        width: u32,
        /// Height of the mask, in pixels.
        height: u32,
    },

    /// A byte that is not part of the code of compressed run lengths.
    #[error("byte {byte:#04x} at position {position} is not part of compressed run lengths")]
    InvalidRunByte {
        /// The byte.
        byte: u8,
        /// Its position in the text, from zero.
        position: usize,
    },

    /// Compressed run lengths stop in the middle of a number.
    #[error("compressed run lengths end inside the number that starts at position {position}")]
    UnterminatedRun {
        /// Where the number starts, from zero.
        position: usize,
    },

    /// A number of compressed run lengths takes more bytes than any run length needs.
    #[error("the compressed run length at position {position} is too long")]
    RunTooLong {
        /// Where the number starts, from zero.
        position: usize,
    },

    /// A compressed run length is negative or too large.
    #[error("run {index} has the impossible length {length}")]
    ImpossibleRun {
        /// Index of the run, from zero.
        index: usize,
        /// The decoded length.
        length: i64,
    },

    /// The union or intersection of an empty list of masks.
    #[error("there are no masks to merge")]
    NothingToMerge,

    /// A ring with fewer than three points.
    #[error("a ring needs at least 3 points, not {found}")]
    TooFewPoints {
        /// Number of points given.
        found: usize,
    },

    /// A coordinate that is not finite or is beyond [`MAX_COORDINATE`].
    #[error("the coordinate {value} is not a number within {MAX_COORDINATE} of zero")]
    InvalidCoordinate {
        /// The coordinate.
        value: f64,
    },

    /// A ring with more than [`MAX_CROSSINGS`] crossings of pixel columns.
    #[error("a ring of {points} points crosses pixel columns more than {MAX_CROSSINGS} times")]
    TooManyCrossings {
        /// Number of points of the ring.
        points: usize,
    },
}
