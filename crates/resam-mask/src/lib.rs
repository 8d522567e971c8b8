//! Binary masks as bitmaps and as COCO run-length encoding, with boxes, IoU, connected components
//! and pixel-exact polygons. Run-length encoding, IoU and rasterization give the results of
//! `pycocotools`.
//!
//! | item | what it is |
//! |---|---|
//! | [`Bitmap`] | a mask with one bit a pixel: area, IoU, set operations, bounding box |
//! | [`PlacedMask`] | a mask cut to its box, anywhere in a raster of any size |
//! | [`PlacedMask::clean`] | a mask without pinholes, specks and parts that are not the object |
//! | [`Rle`] | a mask in COCO run lengths, compressed or not |
//! | [`PixelBox`] | an axis-aligned box, and COCO's `[x, y, width, height]` |
//! | [`components`](components()) | connected components of a bitmap |
//! | [`label_components`] | connected components of a label image |
//! | [`polygons`](polygons()) | the exact polygons of a bitmap |
//! | [`rasterize_ring`] | a ring of points to a mask, as `pycocotools` does it |
//! | [`rasterize_polygon`] | the union of several rings, as COCO stores an object |
//! | [`MaskError`] | why a mask could not be made, read or compared |
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
//!
//! Coordinates are continuous pixels. The point (0, 0) is the top-left corner of the image, `x`
//! grows to the right and `y` downwards, and the centre of the first pixel is (0.5, 0.5). Pixel
//! ranges and boxes are half-open: the right and bottom edges do not belong to them.
//!
//! # Limits
//!
//! It does not simplify polygons or make right angles (`resam-polygon` does), reads no files, and
//! knows no map coordinates. A mask has at most [`MAX_PIXELS`] pixels.

mod bitmap;
mod boxes;
mod clean;
mod components;
mod error;
mod part;
mod placed_mask;
mod places;
mod polygons;
mod rasterize;
mod rle;
mod rle_text;
mod transpose;

pub use bitmap::{Bitmap, MAX_PIXELS};
pub use boxes::PixelBox;
pub use clean::{Change, CleanRule, Cleaned, Parts};
pub use components::{Component, Connectivity, components, label_components};
pub use error::MaskError;
pub use part::Part;
pub use placed_mask::{PlacedMask, Run};
pub use places::Places;
pub use polygons::{Polygon, Ring, polygons};
pub use rasterize::{MAX_COORDINATE, MAX_CROSSINGS, rasterize_polygon, rasterize_ring};
pub use rle::Rle;
