//! Seeded overhead scenes with exact instance masks, and photograph-like scenes to learn from.
//!
//! [`generate`] paints an aerial, satellite or radar image of a [`SceneSpec`]; [`photograph`] paints
//! a picture of a very different kind, with which a small model learns to segment whatever lies
//! under a point. Both know exactly which pixels show which object. [`write_dataset`] makes a data
//! set of them, [`write_scene`] a georeferenced raster with points and true polygons.
//!
//! A pixel belongs to an object when the object's outline covers at least half of it and nothing
//! that covers at least half of it lies above. Shadows and wakes belong to no object.
//!
//! The same specification gives the same bytes on every machine and with any number of threads:
//! what leads to pixels uses only arithmetic that IEEE 754 defines to the last bit, and `libm`'s
//! functions where angles are laid out.
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

mod coverage;
mod dataset;
mod error;
mod folder;
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
