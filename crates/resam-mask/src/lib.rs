//! Bitmaps, COCO run-length encoding, boxes, IoU and pixel-exact polygons of masks.
//!
//! One convention holds everywhere: the point (0, 0) is the top-left corner of the image, `x`
//! grows to the right and `y` downwards, and the centre of the first pixel is (0.5, 0.5). Pixel
//! ranges and boxes are half-open.
//!
//! ```
//! use resam_mask::{Bitmap, Rle, polygons};
//!
//! let square = Bitmap::from_fn(8, 6, |x, y| (2..5).contains(&x) && (1..4).contains(&y))?;
//! assert_eq!(square.area(), 9);
//!
//! let encoded = Rle::encode(&square);
//! assert_eq!(encoded.decode(), square);
//!
//! assert_eq!(polygons(&square)[0].exterior, [[2, 1], [2, 4], [5, 4], [5, 1]]);
//! # Ok::<(), resam_mask::MaskError>(())
//! ```

mod bitmap;
mod boxes;
mod components;
mod error;
mod polygons;
mod rasterize;
mod rle;
mod rle_text;
mod transpose;

pub use bitmap::{Bitmap, MAX_PIXELS};
pub use boxes::PixelBox;
pub use components::{Component, Connectivity, components, label_components};
pub use error::MaskError;
pub use polygons::{Polygon, Ring, polygons};
pub use rasterize::{MAX_COORDINATE, MAX_CROSSINGS, rasterize_polygon, rasterize_ring};
pub use rle::Rle;
