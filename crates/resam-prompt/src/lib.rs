//! What somebody pointed at: points, boxes, and objects with a name and attributes.
//!
//! The other crates share these words. [`PromptPoint`] is a point, [`Prompt`] what a model is asked
//! about one object, [`PointedObject`] the object with its name, its class and its attributes
//! ([`Value`]). [`PointTable`] reads CSV tables of points, in pixels or on the map, and
//! [`Coordinates`] says which; [`PointFile`] makes objects of a table in pixels.
//!
//! Coordinates are continuous pixels: `(0, 0)` is the top-left corner of the image, and the centre
//! of its first pixel is `(0.5, 0.5)`.
//!
//! ```
//! use resam_prompt::{PointFile, PromptPoint, Value};
//!
//! // As a spreadsheet writes it where the decimal sign is a comma.
//! let csv = "image;instance;x;y;label;kind\n\
//!            a.png;roof;45,5;35;1;tin\n\
//!            a.png;roof;5,5;5;0;\n\
//!            ;;;;;\n";
//! let file = PointFile::parse("points.csv", csv.as_bytes())?;
//! let roof = file.on_image("a.png").next().expect("an object");
//! assert_eq!(roof.id, "roof");
//! assert_eq!(
//!     roof.points,
//!     [PromptPoint::positive(45.5, 35.0), PromptPoint::negative(5.5, 5.0)]
//! );
//! assert_eq!(roof.attributes, [("kind".to_owned(), Value::Text("tin".to_owned()))]);
//! assert_eq!(
//!     file.notices.sentences(),
//!     ["points.csv: 1 blank row is passed over: line 4"]
//! );
//! file.check_inside("a.png", 64, 48)?;
//! # Ok::<(), resam_prompt::PointsError>(())
//! ```

mod attributes;
mod columns;
mod error;
mod notice;
mod point_file;
mod prompt;
mod table;
mod value;

pub use columns::Coordinates;
pub use error::PointsError;
pub use notice::{Notice, Notices, Weight};
pub use point_file::{ObjectOnImage, PointFile, write_csv};
pub use prompt::{PointedObject, Prompt, PromptPoint};
pub use table::{PointRow, PointTable, TableOptions};
pub use value::{Field, FieldKind, Value, common, is_date, is_date_time, whole};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
