//! Layers written through the `flatgeobuf` crate.

use std::io::{self, Write};

use flatgeobuf::geozero::{
    ColumnValue, GeomProcessor, GeozeroGeometry, PropertyProcessor, error::Result,
};
use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};
use geo_types::{LineString, MultiPolygon};

use crate::write::Table;
use crate::{FieldKind, Layer, Value};

/// Writes the layer with its spatial index, for which the features are sorted along a curve.
///
/// A file with an index cannot hold features without a geometry (GDAL refuses to read one), so
/// they are left out.
pub(crate) fn write(file: &mut dyn Write, layer: &Layer) -> io::Result<()> {
    let placed = || {
        let features = layer.features.iter();
        features.filter(|feature| !feature.geometry.0.is_empty())
    };
    let wkt = layer.crs.as_ref().map(resam_crs::Crs::wkt);
    let epsg = layer.crs.as_ref().and_then(resam_crs::Crs::epsg);
    let options = FgbWriterOptions {
        // An index over nothing is not allowed.
        write_index: placed().next().is_some(),
        detect_type: false,
        promote_to_multi: true,
        crs: FgbCrs {
            org: epsg.map(|_| "EPSG"),
            code: epsg.and_then(|code| i32::try_from(code).ok()).unwrap_or(0),
            name: layer.crs.as_ref().map(resam_crs::Crs::name),
            wkt: wkt.as_deref(),
            ..FgbCrs::default()
        },
        ..FgbWriterOptions::default()
    };
    let mut writer =
        FgbWriter::create_with_options(&layer.name, GeometryType::MultiPolygon, options)
            .map_err(io::Error::other)?;
    for field in &layer.fields {
        let kind = match field.kind {
            FieldKind::Bool => ColumnType::Bool,
            FieldKind::Integer => ColumnType::Long,
            FieldKind::Real => ColumnType::Double,
            FieldKind::Text => ColumnType::String,
            FieldKind::Date | FieldKind::DateTime => ColumnType::DateTime,
        };
        writer.add_column(&field.name, kind, |_, _| {});
    }
    let table = Table::new(layer);
    for feature in placed() {
        let values = table.values(feature);
        let mut written = Ok(());
        writer
            .add_feature_geom(Shape(&feature.geometry), |out| {
                for (place, (field, value)) in layer.fields.iter().zip(&values).enumerate() {
                    let value = match value {
                        Value::Null => continue,
                        Value::Bool(value) => ColumnValue::Bool(*value),
                        Value::Integer(value) => ColumnValue::Long(*value),
                        Value::Real(value) => ColumnValue::Double(*value),
                        Value::Text(text) => ColumnValue::String(text),
                        Value::Date(text) | Value::DateTime(text) => ColumnValue::DateTime(text),
                    };
                    let added = out.property(place, &field.name, &value).map(drop);
                    if written.is_ok() {
                        written = added;
                    }
                }
            })
            .and(written)
            .map_err(io::Error::other)?;
    }
    writer.write(file).map_err(io::Error::other)
}

/// A geometry as the crate wants to be told it.
struct Shape<'a>(&'a MultiPolygon<f64>);

impl GeozeroGeometry for Shape<'_> {
    fn process_geom<P: GeomProcessor>(&self, processor: &mut P) -> Result<()> {
        processor.multipolygon_begin(self.0.0.len(), 0)?;
        for (part, polygon) in self.0.iter().enumerate() {
            let rings = 1 + polygon.interiors().len();
            processor.polygon_begin(false, rings, part)?;
            tell_ring(processor, polygon.exterior(), 0)?;
            for (hole, ring) in polygon.interiors().iter().enumerate() {
                tell_ring(processor, ring, hole + 1)?;
            }
            processor.polygon_end(false, part)?;
        }
        processor.multipolygon_end(0)
    }
}

fn tell_ring(
    processor: &mut impl GeomProcessor,
    ring: &LineString<f64>,
    index: usize,
) -> Result<()> {
    processor.linestring_begin(false, ring.0.len(), index)?;
    for (at, vertex) in ring.coords().enumerate() {
        processor.xy(vertex.x, vertex.y, at)?;
    }
    processor.linestring_end(false, index)
}
