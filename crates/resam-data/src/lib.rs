//! Images and COCO datasets of overhead imagery.
//!
//! Everything that a user hands in passes through here: image files ([`image_file`]), COCO
//! annotations ([`coco`]), folders of the published benchmarks ([`layouts`]). Point files are read
//! by `resam-prompt`; [`Dataset::check_points`] checks them. A [`Dataset`] joins images and true masks; [`draws`] makes points from masks for
//! benchmarks. Every error of this crate is a fault of the input, with a message that names the
//! file, the record and the value, and ends with a hint.
//!
//! Pixel coordinates are continuous: (0, 0) is the top-left corner of the image, and the centre of
//! its first pixel is (0.5, 0.5).

pub mod coco;
mod complaints;
pub mod dataset;
pub mod draws;
mod error;
mod image_error;
pub mod image_file;
mod jpeg_file;
mod label_image;
mod layout_error;
pub mod layouts;
mod other_formats;
mod segmentation;

pub use complaints::Complaints;
pub use dataset::{Dataset, ImageRecord, Instance};
pub use error::DataError;
pub use image_error::ImageError;
pub use image_file::{DecodedImage, probe, read_rgb};
pub use segmentation::Segmentation;
