//! Paints synthetic overhead scenes (aerial, satellite, radar) and photograph-like images, with the
//! exact mask of every object. The same specification and seed give the same bytes on every
//! machine, with any number of threads.
//!
//! | item | what it is |
//! |---|---|
//! | [`generate`] | paint an overhead scene |
//! | [`SceneSpec`] | the specification of a scene: size, sensor, terrain, light and seed |
//! | [`photograph`](photograph()) | paint a photograph-like image |
//! | [`Scene`] | an image and its instances |
//! | [`Instance`] | an object: class, mask, outline |
//! | [`write_dataset`] | write images, COCO instances and points into a new folder |
//! | [`write_scene`] | write a georeferenced GeoTIFF with points and true polygons |
//! | [`SynthError`] | why a scene could not be painted or written |
//!
//! ```
//! use resam_synth::{SceneSpec, Sensor, Terrain, generate};
//!
//! let spec = SceneSpec {
//!     sensor: Sensor::Satellite,
//!     terrain: vec![Terrain::Suburb],
//!     ..SceneSpec::new(256, 256, 7)
//! };
//! let scene = generate(&spec)?;
//! assert_eq!(scene.image.dimensions(), (256, 256));
//! assert!(scene.instances.iter().any(|instance| instance.class.name() == "building"));
//! # Ok::<(), resam_synth::SynthError>(())
//! ```
//!
//! A pixel belongs to an object if the object's outline covers at least half of the pixel and
//! nothing above covers at least half of it. Shadows and wakes belong to no object.
//!
//! Results are reproducible because pixels are computed only with arithmetic that IEEE 754 defines
//! to the last bit, and layouts use the trigonometric functions of `libm`.
//!
//! # Limits
//!
//! The images are not real and do not replace real data for a benchmark. There is no terrain
//! height, no perspective and no cloud cover.

mod coverage;
mod dataset;
mod error;
mod geometry;
mod georeferenced;
mod layer;
mod layout;
mod light;
mod noise;
mod objects;
mod paints;
mod photograph;
mod points;
mod random;
mod render;
mod scene;
mod sensor;
mod spec;
mod stage;
mod tile;

pub use dataset::{DatasetOptions, Picture, write_dataset};
pub use error::SynthError;
pub use georeferenced::{Placement, SceneFiles, write_scene};
pub use layout::generate;
pub use photograph::photograph;
pub use scene::{Class, Instance, Scene};
pub use spec::{MAX_BLUR, MAX_GROUND, MAX_PIXELS, SceneSpec, Sensor, Sun, Terrain};
