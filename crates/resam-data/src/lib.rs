//! COCO datasets and published layouts of overhead imagery.
//!
//! COCO annotations ([`coco`]; [`coco_writer`] writes them) and the folders of published benchmarks ([`layouts`]) become a
//! [`Dataset`] of images (read by [`resam_image`]) and true masks. Files of points are read by
//! [`resam_prompt`]; [`Dataset::check_points`] checks them. [`draws`] draws points from masks for
//! benchmarks. Every error is a fault of the input, with a message that names the file, the record
//! and the value, and ends with a hint.
//!
//! Pixel coordinates are continuous: (0, 0) is the top-left corner of the image, and the centre of
//! its first pixel is (0.5, 0.5).

pub mod coco;
pub mod coco_writer;
mod complaints;
pub mod dataset;
pub mod draws;
mod error;
mod label_image;
mod layout_error;
pub mod layouts;
mod segmentation;

pub use complaints::Complaints;
pub use dataset::{Dataset, ImageRecord, Instance};
pub use error::DataError;
pub use segmentation::Segmentation;
