//! GeoJSON, RFC 7946 and what people made of it.

mod geometry;
mod read;
mod write;

pub(crate) use read::read;
pub(crate) use write::write;

/// The member that says that coordinates are not degrees but pixels, and how it begins.
const COORDINATE_SYSTEM: &str = "coordinate_system";
const PIXELS: &str = "pixels";
