//! Objects as features of a vector layer, with what a GIS user wants to know of each.

use geo_types::{LineString, MultiPolygon, Polygon};
use resam_crs::{Crs, CrsError, Transform};
use resam_mask::Places;
use resam_polygon::{Object, PolygonOptions};
use resam_scene::{Ground, PointedObject, SegmentedObject};
use resam_vector::{Feature, Field, FieldKind, Layer, Value};

use crate::{OutputError, Segmentation};

/// The field of the bounding box.
const BBOX: &str = "bbox";
/// Bytes of bitmaps that are made polygons of at once, unless objects that touch have more.
const BITMAPS: u64 = 64 << 20;

/// A layer with a feature for each object of which the polygon options leave something.
///
/// Its fields are `id` (that of the object), `score`, `area_m2` and `perimeter_m` (of the polygons
/// as they are, on the ellipsoid; `area_px` and `perimeter_px` where there are no metres), `bbox`
/// (`min x,min y,max x,max y` in the layer's CRS), `source` (the image), `model`, `prompt` (what
/// the user calls it, several after merging with `;` between them), and the user's attributes. A
/// user's attribute whose name is one of these is called `prompt_` and its name.
///
/// # Errors
/// When a vertex has no place on the ellipsoid.
pub fn layer(
    segmentation: &Segmentation,
    name: &str,
    options: &PolygonOptions,
) -> Result<Layer, OutputError> {
    let (layer, _) = layer_and_smoothed(segmentation, name, options)?;
    Ok(layer)
}

/// The layer, and how many objects have no right angles, where these were asked for.
pub(crate) fn layer_and_smoothed(
    segmentation: &Segmentation,
    name: &str,
    options: &PolygonOptions,
) -> Result<(Layer, usize), OutputError> {
    let Segmentation {
        image,
        prompts,
        objects,
        ..
    } = segmentation;
    let ground = &image.ground;
    let own = own_fields(ground);
    let user = user_fields(prompts, &own);
    let mut features = Vec::new();
    let (outlines, smoothed) = outlines(objects, options);
    for (object, outline) in objects.iter().zip(outlines) {
        if outline.0.is_empty() {
            continue;
        }
        let geometry = to_map(&outline, ground);
        let [area, perimeter] = measured(&geometry, ground)?;
        let names = segmentation.names(object);
        let values = [
            Value::Integer(object.id.into()),
            Value::Real(rounded(object.score.into(), 4)),
            Value::Real(rounded(area, 3)),
            Value::Real(rounded(perimeter, 3)),
            Value::Text(bounding_box(&geometry)),
            Value::Text(image.file_name.clone()),
            Value::Text(segmentation.model.clone()),
            if names.is_empty() {
                Value::Null
            } else {
                Value::Text(names.join(";"))
            },
        ];
        let own_names = own.iter().map(|field| field.name.clone());
        let mut attributes: Vec<(String, Value)> = own_names.zip(values).collect();
        if let Some(prompt) = object.prompts.first().and_then(|&at| prompts.get(at)) {
            attributes.extend(user_values(prompt, &user));
        }
        features.push(Feature {
            geometry,
            attributes,
        });
    }
    let fields = own
        .into_iter()
        .chain(user.into_iter().map(|(_, field)| field));
    let layer = Layer {
        name: name.to_owned(),
        crs: ground.map_crs().cloned(),
        fields: fields.collect(),
        features,
    };
    Ok((layer, smoothed))
}

/// The fields that every layer has.
fn own_fields(ground: &Ground) -> Vec<Field> {
    let [area, perimeter] = if ground.has_metres() {
        ["area_m2", "perimeter_m"]
    } else {
        ["area_px", "perimeter_px"]
    };
    vec![
        Field::new("id", FieldKind::Integer),
        Field::new("score", FieldKind::Real),
        Field::new(area, FieldKind::Real),
        Field::new(perimeter, FieldKind::Real),
        Field::new(BBOX, FieldKind::Text),
        Field::new("source", FieldKind::Text),
        Field::new("model", FieldKind::Text),
        Field::new("prompt", FieldKind::Text),
    ]
}

/// The users' attributes by their own names, and the fields for them.
fn user_fields(prompts: &[PointedObject], own: &[Field]) -> Vec<(String, Field)> {
    let mut kinds: Vec<(&str, Option<FieldKind>)> = Vec::new();
    for (name, value) in prompts.iter().flat_map(|prompt| &prompt.attributes) {
        match kinds.iter_mut().find(|(known, _)| known == name) {
            Some((_, kind)) => *kind = common(*kind, value.kind()),
            None => kinds.push((name, value.kind())),
        }
    }
    let mut taken: Vec<String> = own.iter().map(|field| field.name.to_lowercase()).collect();
    let fields = kinds.into_iter().map(|(name, kind)| {
        let mut unique = name.to_owned();
        // Tables of a GeoPackage do not tell upper case from lower.
        while taken.contains(&unique.to_lowercase()) {
            unique = format!("prompt_{unique}");
        }
        taken.push(unique.to_lowercase());
        (
            name.to_owned(),
            Field::new(unique, kind.unwrap_or(FieldKind::Text)),
        )
    });
    fields.collect()
}

/// What the user says of an object, under the names of the fields.
fn user_values(prompt: &PointedObject, user: &[(String, Field)]) -> Vec<(String, Value)> {
    let values = user.iter().filter_map(|(name, field)| {
        let (_, value) = prompt.attributes.iter().find(|(own, _)| own == name)?;
        Some((field.name.clone(), value.to_kind(field.kind)))
    });
    values.collect()
}

/// A kind of field that holds values of both.
fn common(one: Option<FieldKind>, other: Option<FieldKind>) -> Option<FieldKind> {
    use FieldKind::{Integer, Real, Text};
    match (one, other) {
        (None, kind) | (kind, None) => kind,
        (Some(one), Some(other)) if one == other => Some(one),
        (Some(Integer | Real), Some(Integer | Real)) => Some(Real),
        _ => Some(Text),
    }
}

/// The polygons of objects, in pixels, and how many objects have no right angles where these were
/// asked for. Objects whose boxes touch are done together, so that edges which they share stay
/// shared; the others need not be in memory at once.
fn outlines(
    objects: &[SegmentedObject],
    options: &PolygonOptions,
) -> (Vec<MultiPolygon<f64>>, usize) {
    let mut outlines = vec![MultiPolygon(Vec::new()); objects.len()];
    let mut smoothed = 0;
    let mut together: Vec<usize> = Vec::new();
    let mut bytes = 0;
    for group in touching(objects) {
        let own = group.iter().map(|&at| {
            let rle = objects[at].mask.rle();
            u64::from(rle.width().div_ceil(64)) * u64::from(rle.height()) * 8
        });
        let own: u64 = own.sum();
        if bytes + own > BITMAPS && !together.is_empty() {
            smoothed += outline(objects, &together, options, &mut outlines);
            (together, bytes) = (Vec::new(), 0);
        }
        together.extend(group);
        bytes += own;
    }
    smoothed += outline(objects, &together, options, &mut outlines);
    (outlines, smoothed)
}

fn outline(
    objects: &[SegmentedObject],
    together: &[usize],
    options: &PolygonOptions,
    outlines: &mut [MultiPolygon<f64>],
) -> usize {
    let masks: Vec<_> = together
        .iter()
        .map(|&at| objects[at].mask.bitmap())
        .collect();
    let placed = together.iter().zip(&masks).map(|(&at, mask)| Object {
        mask,
        x: objects[at].mask.x(),
        y: objects[at].mask.y(),
    });
    let placed: Vec<Object<'_>> = placed.collect();
    let mut smoothed = 0;
    for (&at, outline) in together
        .iter()
        .zip(resam_polygon::outlines(&placed, options))
    {
        smoothed += usize::from(outline.smoothed > 0);
        outlines[at] = outline.polygons;
    }
    smoothed
}

/// Groups of objects whose boxes overlap or touch, directly or through others.
fn touching(objects: &[SegmentedObject]) -> Vec<Vec<usize>> {
    let places = Places::new(objects.iter().map(|object| object.mask.bounds()));
    let mut groups = Vec::new();
    let mut seen = vec![false; objects.len()];
    for first in 0..objects.len() {
        if seen[first] {
            continue;
        }
        seen[first] = true;
        let (mut group, mut next) = (vec![first], 0);
        while let Some(&at) = group.get(next) {
            next += 1;
            let [x0, y0, x1, y1] = objects[at].mask.bounds();
            for other in places.overlapping([x0 - 1, y0 - 1, x1 + 1, y1 + 1]) {
                if !seen[other] {
                    seen[other] = true;
                    group.push(other);
                }
            }
        }
        group.sort_unstable();
        groups.push(group);
    }
    groups
}

fn to_map(outline: &MultiPolygon<f64>, ground: &Ground) -> MultiPolygon<f64> {
    let ring = |ring: &LineString<f64>| {
        let vertices = ring
            .0
            .iter()
            .map(|vertex| ground.to_map(vertex.x, vertex.y));
        LineString::from_iter(vertices)
    };
    let polygons = outline.0.iter().map(|polygon| {
        let interiors = polygon.interiors().iter().map(ring).collect();
        Polygon::new(ring(polygon.exterior()), interiors)
    });
    MultiPolygon(polygons.collect())
}

/// Area and perimeter of polygons in map coordinates.
fn measured(geometry: &MultiPolygon<f64>, ground: &Ground) -> Result<[f64; 2], OutputError> {
    let (mut area, mut perimeter) = (0.0, 0.0);
    for polygon in &geometry.0 {
        let exterior = vertices(polygon.exterior());
        let interiors: Vec<_> = polygon.interiors().iter().map(vertices).collect();
        let (own_area, own_perimeter) = ground.measure(&exterior, &interiors)?;
        area += own_area;
        perimeter += own_perimeter;
    }
    Ok([area, perimeter])
}

fn vertices(ring: &LineString<f64>) -> Vec<(f64, f64)> {
    ring.0.iter().map(|vertex| (vertex.x, vertex.y)).collect()
}

/// States the boxes of features in the CRS that the layer is written in. A box over the
/// antimeridian goes from west to east, as in RFC 7946, section 5.2.
pub(crate) fn state_boxes_in(layer: &mut Layer, target: &Crs) -> Result<(), CrsError> {
    let Some(own) = layer.crs.as_ref().filter(|own| *own != target) else {
        return Ok(());
    };
    let transform = Transform::new(own, target)?;
    for feature in &mut layer.features {
        let places = feature
            .geometry
            .0
            .iter()
            .flat_map(|polygon| &polygon.exterior().0);
        // A vertex without a place is told by whoever writes the layer.
        let places = places.filter_map(|vertex| transform.forward(vertex.x, vertex.y).ok());
        let mut places: Vec<(f64, f64)> = places.collect();
        let mut bounds = bounds_of(places.iter().copied());
        let goes_over = target.is_geographic() && bounds[2] - bounds[0] > 180.0;
        if goes_over {
            for (x, _) in places.iter_mut().filter(|(x, _)| *x < 0.0) {
                *x += 360.0;
            }
            bounds = bounds_of(places.iter().copied());
            bounds[2] -= 360.0;
        }
        let stated = feature.attributes.iter_mut().find(|(name, _)| name == BBOX);
        if let Some((_, value)) = stated {
            *value = Value::Text(edges(bounds));
        }
    }
    Ok(())
}

/// `min x,min y,max x,max y`, to about a millimetre in metres and a centimetre in degrees.
fn bounding_box(geometry: &MultiPolygon<f64>) -> String {
    let vertices = geometry.0.iter().flat_map(|polygon| &polygon.exterior().0);
    edges(bounds_of(vertices.map(|vertex| (vertex.x, vertex.y))))
}

fn bounds_of(places: impl Iterator<Item = (f64, f64)>) -> [f64; 4] {
    let mut bounds = [
        f64::INFINITY,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NEG_INFINITY,
    ];
    for (x, y) in places {
        bounds[0] = bounds[0].min(x);
        bounds[1] = bounds[1].min(y);
        bounds[2] = bounds[2].max(x);
        bounds[3] = bounds[3].max(y);
    }
    bounds
}

fn edges(bounds: [f64; 4]) -> String {
    let largest = bounds
        .iter()
        .fold(0.0_f64, |most, edge| most.max(edge.abs()));
    let digits = if largest <= 360.0 { 7 } else { 3 };
    let edges: Vec<String> = bounds
        .iter()
        .map(|&edge| rounded(edge, digits).to_string())
        .collect();
    edges.join(",")
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}
