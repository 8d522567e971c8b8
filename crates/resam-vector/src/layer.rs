//! Features with attributes, independent of any format.

use geo_types::MultiPolygon;
use resam_crs::Crs;
use resam_prompt::{Field, Value};

/// A polygon with attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// Where it is, in the layer's CRS; without polygons it has no geometry.
    pub geometry: MultiPolygon<f64>,
    /// Its attributes by the names of the layer's fields, in any order; a field that is not among
    /// them is null.
    pub attributes: Vec<(String, Value)>,
}

/// Polygons that share a CRS and fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// The name, that of the table in a GeoPackage.
    pub name: String,
    /// What coordinates mean; none for pixels.
    pub crs: Option<Crs>,
    /// The columns, in the order in which they are written.
    pub fields: Vec<Field>,
    /// The rows.
    pub features: Vec<Feature>,
}
