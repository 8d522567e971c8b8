//! Files on one pixel grid.

use std::collections::BTreeMap;

use super::files::Part;
use super::{Content, Placement, Plan, Rectangle, Taken};
use crate::error::RasterError;
use crate::geo_transform::GeoTransform;
use crate::georeference::Georeference;
use crate::info::Colour;
use crate::sample::SampleKind;

/// Corners of files on one grid are this close to whole pixels of it.
const OFF_GRID: f64 = 0.1;
/// The longest side of a mosaic, as in GDAL.
const LONGEST: i64 = i32::MAX as i64;

/// Lays files on the grid of the first.
pub(super) fn plan(parts: &[Part]) -> Result<Plan, RasterError> {
    let Some((first, others)) = parts.split_first() else {
        return Err(RasterError::NoRasters);
    };
    let Some(grid) = first.geo_transform else {
        return Err(without_place(first));
    };
    let mut places = vec![[0, 0]];
    for part in others {
        check_alike(first, part)?;
        let Some(own) = part.geo_transform else {
            return Err(without_place(part));
        };
        let place = place_on_grid(&grid, &own, part);
        places.push(place.ok_or_else(|| off_grid(first, part))?);
    }
    let end = |axis: usize, side: fn(&Part) -> u32| {
        let ends = places.iter().zip(parts);
        let ends = ends.map(|(place, part)| place[axis] + i64::from(side(part)));
        ends.max().unwrap_or(0)
    };
    let begin = |axis: usize| places.iter().map(|place| place[axis]).min().unwrap_or(0);
    let (left, top) = (begin(0), begin(1));
    let (width, height) = (
        end(0, |part| part.width) - left,
        end(1, |part| part.height) - top,
    );
    if width > LONGEST || height > LONGEST {
        return Err(RasterError::Unsupported {
            path: first.path.clone(),
            what: format!("with the others it spans {width} x {height} pixels, which"),
        });
    }
    let count = first.bands.len();
    let mut bands = vec![Vec::with_capacity(parts.len()); count];
    for (file, (part, [x, y])) in parts.iter().zip(&places).enumerate() {
        let whole = Rectangle::of_size(part.width, part.height);
        for (band, placements) in bands.iter_mut().enumerate() {
            placements.push(Placement {
                file,
                content: Content::Band {
                    band,
                    offset: 0.0,
                    ratio: 1.0,
                },
                from: whole,
                to: Rectangle {
                    x: (x - left) as f64,
                    y: (y - top) as f64,
                    ..whole
                },
                taken: Taken::Valid,
            });
        }
    }
    // One nodata value serves all where all have it; else a mask tells what is valid.
    let nodata = if parts.iter().all(|part| part.nodata == first.nodata) {
        (0..count)
            .map(|band| first.nodata.get(band).copied().flatten())
            .collect()
    } else {
        vec![None; count]
    };
    let nodata: Vec<Option<f64>> = nodata;
    Ok(Plan {
        // Below 2^31.
        width: width as u32,
        height: height as u32,
        kind: first.kind,
        bits: parts
            .iter()
            .map(|part| part.bits)
            .max()
            .unwrap_or(first.bits),
        colours: first.bands.iter().map(|band| band.colour).collect(),
        palette: first.palette.clone(),
        background: nodata.iter().map(|value| value.unwrap_or(0.0)).collect(),
        nodata,
        bands,
        mask: None,
        georeference: Georeference {
            geo_transform: Some(grid.of_window(left as f64, top as f64, 1.0, 1.0)),
            crs: first.crs.clone(),
            crs_problem: first.crs_problem.clone(),
            ..Georeference::default()
        },
        photometric: first.photometric,
        format: format!("{} rasters as one", parts.len()),
        notes: notes(parts),
    })
}

/// What the files say of themselves, each kind once.
pub(super) fn notes(parts: &[Part]) -> Vec<String> {
    let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (at, part) in parts.iter().enumerate() {
        for note in &part.notes {
            let (_, count) = kinds.entry(note).or_insert((at, 0));
            *count += 1;
        }
    }
    let told = kinds.into_iter().map(|(note, (first, count))| {
        let file = parts[first].path.display();
        match count {
            1 => format!("`{file}`: {note}"),
            _ => format!("`{file}` and {} more: {note}", count - 1),
        }
    });
    told.collect()
}

/// The pixel of a grid at which a file begins; none if it does not lie on the grid.
fn place_on_grid(grid: &GeoTransform, own: &GeoTransform, part: &Part) -> Option<[i64; 2]> {
    let (width, height) = (f64::from(part.width), f64::from(part.height));
    let corner = |x: f64, y: f64| {
        let (east, north) = own.apply(x, y);
        grid.invert(east, north)
    };
    let (x, y) = corner(0.0, 0.0)?;
    let (left, top) = (x.round(), y.round());
    let is_near = |place: (f64, f64), x: f64, y: f64| {
        (place.0 - left - x).abs() < OFF_GRID && (place.1 - top - y).abs() < OFF_GRID
    };
    let corners = [(0.0, 0.0), (width, 0.0), (0.0, height), (width, height)];
    for (x, y) in corners {
        if !is_near(corner(x, y)?, x, y) {
            return None;
        }
    }
    let is_whole = left.abs() < LONGEST as f64 && top.abs() < LONGEST as f64;
    is_whole.then_some([left as i64, top as i64])
}

fn check_alike(first: &Part, part: &Part) -> Result<(), RasterError> {
    let apart = |what: String, mend: String| {
        Err(RasterError::Apart {
            path: part.path.clone(),
            first: first.path.clone(),
            what,
            mend,
        })
    };
    let name = |part: &Part| match (&part.crs, &part.crs_problem) {
        (Some(crs), _) => crs.name().to_owned(),
        (None, Some(_)) => "one that is not understood".to_owned(),
        (None, None) => "none".to_owned(),
    };
    if first.crs != part.crs || first.crs_problem != part.crs_problem {
        return apart(
            format!(
                "its CRS is {}, that of the other is {}",
                name(part),
                name(first)
            ),
            warp(first, part),
        );
    }
    let alpha = |part: &Part| {
        part.bands
            .iter()
            .position(|band| band.colour == Colour::Alpha)
    };
    if first.bands.len() != part.bands.len() || alpha(first) != alpha(part) {
        let bands = |part: &Part| match alpha(part) {
            Some(_) => format!("{} and opacity", part.bands.len() - 1),
            None => part.bands.len().to_string(),
        };
        let shown: Vec<String> = (1..=first.bands.len().min(part.bands.len()))
            .map(|band| format!("-b {band}"))
            .collect();
        return apart(
            format!("it has bands: {}, the other: {}", bands(part), bands(first)),
            format!(
                "gdal_translate {} {} part.tif",
                shown.join(" "),
                part.path.display()
            ),
        );
    }
    if first.kind != part.kind {
        return apart(
            format!(
                "its samples are {}, those of the other are {}",
                part.kind, first.kind
            ),
            format!(
                "gdal_translate -ot {} {} part.tif",
                name_in_gdal(first.kind),
                part.path.display()
            ),
        );
    }
    if first.palette != part.palette
        || first.photometric != part.photometric && first.palette.is_some()
    {
        return apart(
            "its table of colours is another".to_owned(),
            format!(
                "gdal_translate -expand rgb {} part.tif",
                part.path.display()
            ),
        );
    }
    Ok(())
}

fn without_place(part: &Part) -> RasterError {
    RasterError::WithoutPlace {
        path: part.path.clone(),
    }
}

fn off_grid(first: &Part, part: &Part) -> RasterError {
    let size = |part: &Part| {
        let transform = part.geo_transform.unwrap_or(GeoTransform::IDENTITY);
        let (width, height) = transform.pixel_size();
        let rotated = if transform.is_rotated() {
            ", rotated"
        } else {
            ""
        };
        format!("{width} x {height}{rotated}")
    };
    let what = if size(first) == size(part) {
        "its pixels lie between those of the other".to_owned()
    } else {
        format!(
            "its pixels are {}, those of the other are {}",
            size(part),
            size(first)
        )
    };
    RasterError::Apart {
        path: part.path.clone(),
        first: first.path.clone(),
        what,
        mend: warp(first, part),
    }
}

/// The command that makes one raster of two.
fn warp(first: &Part, part: &Part) -> String {
    let crs = match &first.crs {
        Some(crs) => match crs.epsg() {
            Some(code) => format!("-t_srs EPSG:{code} "),
            None => format!("-t_srs '{}' ", crs.proj_string()),
        },
        None => String::new(),
    };
    let transform = first.geo_transform.unwrap_or(GeoTransform::IDENTITY);
    let (width, height) = transform.pixel_size();
    format!(
        "gdalwarp {crs}-tr {width} {height} {} {} together.tif",
        first.path.display(),
        part.path.display()
    )
}

fn name_in_gdal(kind: SampleKind) -> &'static str {
    match kind {
        SampleKind::U8 => "Byte",
        SampleKind::I8 => "Int8",
        SampleKind::U16 => "UInt16",
        SampleKind::I16 => "Int16",
        SampleKind::U32 => "UInt32",
        SampleKind::I32 => "Int32",
        SampleKind::F32 => "Float32",
        SampleKind::F64 => "Float64",
        SampleKind::U64 => "UInt64",
        SampleKind::I64 => "Int64",
    }
}
