use resam_crs::CrsError;
use resam_files::FileError;
use resam_geo::GeoTiffWriteError;
use resam_mask::MaskError;
use resam_prompt::PointsError;

/// Why a scene could not be made or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SynthError {
    /// The image has no pixels or too many.
    #[error(
        "a scene of {width} x {height} pixels cannot be made\n\nhint: each side has at least 1 pixel, and both together at most {limit}"
    )]
    Size {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The largest number of pixels.
        limit: u64,
    },
    /// A number of the specification is out of range.
    #[error("{name} of a scene is {value}\n\nhint: use a number from {low} to {high}")]
    OutOfRange {
        /// The field.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The smallest that is allowed.
        low: f64,
        /// The largest that is allowed.
        high: f64,
    },
    /// The list of terrains is empty.
    #[error(
        "a scene without terrain\n\nhint: name at least one terrain, such as suburb or harbour"
    )]
    NoTerrain,
    /// A word is not the name of a sensor or a terrain.
    #[error("no {kind} is called `{word}`\n\nhint: use one of {known}")]
    UnknownWord {
        /// What the word should name: `sensor` or `terrain`.
        kind: &'static str,
        /// The word.
        word: String,
        /// The valid words.
        known: &'static str,
    },
    /// The geotransform has no inverse or no pixel size.
    #[error(
        "the scene cannot be placed on the ground by {transform:?}\n\nhint: give six finite numbers x0, a, b, y0, d, e whose pixels have an area"
    )]
    Placement {
        /// The six numbers of the geotransform.
        transform: [f64; 6],
    },
    /// A file or a folder could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The points could not be written.
    #[error(transparent)]
    Points(#[from] PointsError),
    /// A point of the scene has no longitude and latitude.
    #[error(transparent)]
    Crs(#[from] CrsError),
    /// The raster could not be written.
    #[error(transparent)]
    Raster(#[from] GeoTiffWriteError),
    /// A mask could not be made.
    #[error(transparent)]
    Mask(#[from] MaskError),
}
