//! GeoJSON: RFC 7946, and the `crs` member of GeoJSON 2008 where a file has it.

mod geometry;
mod read;
mod text;
mod write;

pub(crate) use read::read;
pub(crate) use write::write;

/// The member that says that coordinates are not degrees but pixels, and how it begins.
const COORDINATE_SYSTEM: &str = "coordinate_system";
const PIXELS: &str = "pixels";
