//! Features with attributes, independent of any format.

use geo_types::MultiPolygon;
use resam_crs::Crs;
use resam_prompt::{Field, Value};

/// A polygon with attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// Its geometry in the layer's CRS, x before y. An empty multipolygon is a feature without
    /// geometry.
    pub geometry: MultiPolygon<f64>,
    /// Its attributes by the names of the layer's fields, in any order. A missing field is null.
    pub attributes: Vec<(String, Value)>,
}

/// Polygons that share a CRS and fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// The name; in a GeoPackage that of the table.
    pub name: String,
    /// The CRS of the coordinates; none for pixels.
    pub crs: Option<Crs>,
    /// The columns, in the order in which they are written.
    pub fields: Vec<Field>,
    /// The rows.
    pub features: Vec<Feature>,
}
