//! Polygons in pixel coordinates.

use std::io::{self, Write};

use resam_mask::{Bitmap, Polygon, Ring, polygons};
use serde::Serialize;

use crate::{Object, Segmentation};

/// Says that the coordinates are not longitude and latitude, which RFC 7946 otherwise means.
const COORDINATE_SYSTEM: &str =
    "pixels, x right, y down, origin at the top-left corner of the image";

#[derive(Serialize)]
struct FeatureCollection<'a> {
    r#type: &'static str,
    coordinate_system: &'static str,
    image: Image<'a>,
    features: Vec<Feature<'a>>,
}

#[derive(Serialize)]
struct Image<'a> {
    file_name: &'a str,
    width: u32,
    height: u32,
}

#[derive(Serialize)]
struct Feature<'a> {
    r#type: &'static str,
    properties: Properties<'a>,
    geometry: Option<Geometry>,
}

#[derive(Serialize)]
struct Properties<'a> {
    id: u32,
    instance: &'a str,
    score: f32,
    area_px: u64,
}

/// The rings of a polygon, the outer one first.
type Rings = Vec<Ring>;

#[derive(Serialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    Polygon(Rings),
    MultiPolygon(Vec<Rings>),
}

/// Writes the file: a feature for each object, its geometry the exact sides of its pixels.
///
/// An object of several parts that share no side is a `MultiPolygon`; an empty mask is a feature
/// with null geometry. The score is null if it is not finite. Rings wind as RFC 7946 wants them,
/// taking the numbers as if `y` pointed up, which is what programs do that check or draw GeoJSON:
/// outer rings counter-clockwise then, so clockwise on the screen, and holes the other way.
pub(crate) fn write(file: &mut dyn Write, segmentation: &Segmentation) -> io::Result<()> {
    let (width, height) = segmentation.image.dimensions();
    let content = FeatureCollection {
        r#type: "FeatureCollection",
        coordinate_system: COORDINATE_SYSTEM,
        image: Image {
            file_name: &segmentation.file_name,
            width,
            height,
        },
        features: segmentation.objects.iter().map(feature).collect(),
    };
    serde_json::to_writer(&mut *file, &content)?;
    file.write_all(b"\n")
}

fn feature(object: &Object) -> Feature<'_> {
    Feature {
        r#type: "Feature",
        properties: Properties {
            id: object.id,
            instance: &object.instance,
            score: object.quality,
            area_px: object.mask.area(),
        },
        geometry: geometry(&object.mask),
    }
}

fn geometry(mask: &Bitmap) -> Option<Geometry> {
    let mut parts: Vec<Rings> = polygons(mask).into_iter().map(closed_rings).collect();
    if parts.len() > 1 {
        return Some(Geometry::MultiPolygon(parts));
    }
    parts.pop().map(Geometry::Polygon)
}

/// The rings turned round, as the mask's wind the other way, and closed.
fn closed_rings(polygon: Polygon) -> Rings {
    let rings = std::iter::once(polygon.exterior).chain(polygon.holes);
    let closed = rings.map(|mut ring| {
        ring.reverse();
        ring.extend(ring.first().copied());
        ring
    });
    closed.collect()
}
