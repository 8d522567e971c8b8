//! What is promised of rasters that are read, looked at and written.

mod damaged;
mod fixtures;
mod hand_made;
mod mosaics;
mod mutated;
mod places;
mod plain_images;
mod real_data;
mod scenes;
mod stretches;
#[cfg(feature = "gdal")]
mod through_gdal;
mod varieties;
mod writing;
