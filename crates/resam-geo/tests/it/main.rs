//! What is promised of rasters that are read, looked at and written.

mod damaged;
mod fixtures;
mod hand_made;
mod mosaics;
mod mutated;
mod pictures;
mod places;
mod plain_images;
mod read_as_gdal;
mod real_data;
mod scenes;
mod square;
mod stretches;
#[cfg(feature = "gdal")]
mod through_gdal;
mod varieties;
mod writing;
