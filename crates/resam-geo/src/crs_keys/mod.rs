//! The CRS of a GeoTIFF: the GeoKey directory (OGC 19-008r4).

mod agree;
mod ellipsoid;
mod keys;
mod method;
mod read;
mod write;

pub(crate) use keys::GeoKeys;
pub(crate) use read::{crs_of_keys, pixel_is_point};
pub(crate) use write::keys_of_crs;

/// The code of anything that is given by parameters: user-defined.
const USER_DEFINED: u32 = 32767;
