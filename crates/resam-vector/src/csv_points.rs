//! Points from CSV, one line a point, as `resam-prompt` reads them.

use resam_crs::Crs;
use resam_prompt::{Coordinates, PointTable};

use crate::VectorError;
use crate::source::{Geometry, Row, Source, Stated};

/// Reads the bytes of a file; messages call it `name`.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<Source, VectorError> {
    let table = PointTable::parse(name, bytes)?;
    let mut source = Source::new(name, "line");
    source.stated = match table.coordinates {
        Coordinates::Degrees => Stated::Crs(Crs::wgs84()),
        Coordinates::Pixels | Coordinates::Projected => Stated::Nothing,
    };
    source.fields = table.fields;
    source.notes = table.notes;
    for row in table.rows {
        source.push(Row {
            number: usize::try_from(row.line).unwrap_or(usize::MAX),
            geometry: Geometry::Points(vec![(row.x, row.y)]),
            values: row.values,
        })?;
    }
    Ok(source)
}
