//! For the fuzzer: whole files from bytes.

use crate::points::points_of;
use crate::source::Source;
use crate::{ReadOptions, VectorError, flat_geobuf, shapefile};

/// Reads any bytes as FlatGeobuf. Returns how many points they have.
#[doc(hidden)]
pub fn fuzz_flat_geobuf(bytes: &[u8]) -> Option<usize> {
    points(flat_geobuf::parse("fuzz", bytes))
}

/// Reads any bytes as a shapefile, the first of them as its `.shp`. Returns how many points they
/// have.
#[doc(hidden)]
pub fn fuzz_shapefile(shapes: &[u8], table: &[u8]) -> Option<usize> {
    let parts = shapefile::Parts {
        table: Some(table.to_owned()),
        ..shapefile::Parts::default()
    };
    points(shapefile::parse("fuzz", shapes, &parts))
}

fn points(source: Result<Source, VectorError>) -> Option<usize> {
    let file = points_of(source.ok()?, &ReadOptions::default()).ok()?;
    let finite = file
        .points
        .iter()
        .all(|at| at.x.is_finite() && at.y.is_finite());
    assert!(finite, "a place that is none");
    Some(file.points.len())
}
