//! COCO datasets and the folder layouts of published benchmarks of overhead imagery (WHU, HRSID,
//! NWPU VHR-10). Images are read one at a time, and every fault of an annotation file is reported
//! at once.
//!
//! | item | what it is |
//! |---|---|
//! | [`Dataset`] | images ordered by id, with their true objects: a COCO file, a folder, or label images |
//! | [`ImageRecord`], [`Instance`] | an image; a true object and its mask |
//! | [`coco::CocoFile`] | a parsed and checked COCO instance file |
//! | [`coco_writer::CocoDocument`] | a COCO instance file to be written |
//! | [`layouts::open`] | one split of WHU, HRSID, NWPU VHR-10 or a plain COCO folder |
//! | [`draws::draw_points`] | seeded points from a true mask, for benchmarks |
//! | [`DataError`] | why the data could not be used |
//!
//! ```
//! use resam_data::coco::CocoFile;
//! use resam_data::draws::draw_points;
//!
//! let json = br#"{
//!     "images": [{"id": 1, "file_name": "a.png", "width": 8, "height": 6}],
//!     "categories": [{"id": 1, "name": "ship"}],
//!     "annotations": [{
//!         "id": 5, "image_id": 1, "category_id": 1, "iscrowd": 0,
//!         "segmentation": [[2, 1, 5, 1, 5, 4, 2, 4]]
//!     }]
//! }"#;
//! let file = CocoFile::parse("ships.json", json)?;
//! let mask = file.annotations[0].mask(8, 6)?;
//! assert_eq!(mask.area(), 9);
//!
//! let points = draw_points(&mask, 1, 1, 42, 1, 5);
//! assert_eq!(points.iter().map(|point| point.positive).collect::<Vec<_>>(), [true, false]);
//! assert!(mask.get(points[0].x as u32, points[0].y as u32));
//! # Ok::<(), resam_data::DataError>(())
//! ```
//!
//! Coordinates are continuous pixels. The point (0, 0) is the top-left corner of the image, and the
//! centre of its first pixel is (0.5, 0.5). Masks have the size of their image. Every error is one
//! of the input: its message names the file, the record and the value, and ends with a hint.
//!
//! # Limits
//!
//! It downloads nothing, and reads no video, keypoint or panoptic annotations. [`resam_image`]
//! decodes the images, and [`resam_prompt`] reads files of points.

pub mod coco;
mod coco_stream;
pub mod coco_writer;
mod complaints;
pub mod dataset;
pub mod draws;
mod error;
mod image_files;
mod label_image;
mod layout_error;
pub mod layouts;
mod notes;
mod number;
mod segmentation;

pub use complaints::Complaints;
pub use dataset::{Dataset, ImageRecord, Instance};
pub use error::DataError;
pub use segmentation::Segmentation;
