//! Points, boxes and well-known text from CSV, as `resam-prompt` reads tables.

use geo_types::{MultiPolygon, Rect};
use resam_crs::Crs;
use resam_prompt::{Coordinates, PointRow, PointTable, TableOptions};

use crate::source::{Geometry, NO_GEOMETRY, Row, Source, Stated};
use crate::{VectorError, wkt};

/// Reads the bytes of a file; messages call it `name`.
pub(crate) fn read(name: &str, bytes: &[u8], strict: bool) -> Result<Source, VectorError> {
    let options = TableOptions {
        strict,
        ..TableOptions::default()
    };
    let table = PointTable::parse_with(name, bytes, &options)?;
    let mut source = Source::new(name, "line");
    source.fields = table.fields;
    source.notices = table.notices;
    if table.coordinates == Coordinates::Degrees {
        source.stated = Stated::Crs(Crs::wgs84());
    }
    let mut codes: Option<Option<u32>> = None;
    for row in table.rows {
        let number = usize::try_from(row.line).unwrap_or(usize::MAX);
        let (geometry, code) = match geometry(&row) {
            Ok(found) => found,
            Err(problem) => {
                let problem = format!("not well-known text: {problem}");
                let fault = source.row_error(number, problem, "write `POINT (x y)` or a polygon");
                source.fault(fault, &NO_GEOMETRY)?;
                continue;
            }
        };
        if row.wkt.is_some() && geometry != Geometry::None {
            if codes.is_some_and(|known| known != code) {
                return Err(source.row_error(
                    number,
                    "the texts of the table are in several CRSs",
                    "bring them into one, and write `SRID=...;` before all of them or none",
                ));
            }
            codes = Some(code);
        }
        source.push(Row {
            number,
            geometry,
            values: row.values,
        })?;
    }
    if let Some(Some(code)) = codes {
        let crs = Crs::from_epsg(code).map_err(|error| source.crs_error(error))?;
        source.stated = Stated::Crs(crs);
    }
    Ok(source)
}

fn geometry(row: &PointRow) -> Result<(Geometry, Option<u32>), String> {
    if let Some(text) = &row.wkt {
        return wkt::read(text);
    }
    let geometry = match row.bounds {
        None => Geometry::Points(vec![(row.x, row.y)]),
        Some([x0, y0, x1, y1]) => {
            let rectangle = Rect::new((x0, y0), (x1, y1)).to_polygon();
            Geometry::Polygons(MultiPolygon(vec![rectangle]))
        }
    };
    Ok((geometry, None))
}
