//! World files and `.prj` files beside a raster.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::geo_transform::GeoTransform;

/// The largest world file or `.prj` file that is read, in bytes.
const MAX_BYTES: u64 = 1 << 16;

/// The world file of a raster, if there is one, and its transform, if it is one.
pub(crate) fn transform_beside(
    path: &Path,
) -> std::io::Result<Option<(PathBuf, Option<GeoTransform>)>> {
    let Some(extension) = path.extension().and_then(|extension| extension.to_str()) else {
        return Ok(None);
    };
    // `.png` has `.pgw`: the first and the last letter, and a w; or the whole of it and a w.
    let letters: Vec<char> = extension.chars().collect();
    let short = match letters[..] {
        [first, .., last] => format!("{first}{last}w"),
        _ => return Ok(None),
    };
    for name in [short, format!("{extension}w"), "wld".to_owned()] {
        for name in [name.clone(), name.to_uppercase()] {
            let file = path.with_extension(name);
            if let Some(text) = read_text(&file)? {
                return Ok(Some((file, parse(&text))));
            }
        }
    }
    Ok(None)
}

/// The text of the `.prj` file beside a raster.
pub(crate) fn projection_beside(path: &Path) -> std::io::Result<Option<(PathBuf, String)>> {
    for name in ["prj", "PRJ"] {
        let file = path.with_extension(name);
        if let Some(text) = read_text(&file)? {
            return Ok(Some((file, text)));
        }
    }
    Ok(None)
}

/// Six lines: a, d, b, e, and the centre of the first pixel.
fn parse(text: &str) -> Option<GeoTransform> {
    let numbers = text
        .split_whitespace()
        .map(|word| word.replace(',', ".").parse().ok());
    let numbers: Option<Vec<f64>> = numbers.collect();
    let &[a, d, b, e, x, y] = &numbers?[..] else {
        return None;
    };
    let of_centres = GeoTransform([x, a, b, y, d, e]);
    let transform = of_centres.of_window(-0.5, -0.5, 1.0, 1.0);
    Some(transform).filter(GeoTransform::is_invertible)
}

fn read_text(path: &Path) -> std::io::Result<Option<String>> {
    let file = match fs_err::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
