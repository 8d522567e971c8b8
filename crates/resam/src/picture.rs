//! Images of a data set as `segment` sees them.

use std::path::Path;

use resam_geo::{Raster, RasterError, Scene, SceneOptions, Window};
use resam_image::{DecodedImage, ImageError, read_rgb};

use crate::scene::has_wide_samples;

/// Reads an image: a TIFF whose values are not bytes as a scene, stretched from the 2nd to the 98th
/// percentile, everything else as it is. Each file is decoded once.
///
/// # Errors
/// As [`read_rgb`], and when the scene cannot be read.
pub(crate) fn read_picture(path: &Path) -> Result<DecodedImage, ImageError> {
    let raster = is_tiff(path).then(|| Raster::open(path));
    // What is no raster is refused as an image, with the image's words.
    let Some(Ok(raster)) = raster else {
        return read_rgb(path);
    };
    let decoded = if has_wide_samples(&raster) {
        stretched(raster).map(Some)
    } else {
        raster.into_rgb()
    };
    match decoded {
        Ok(Some(decoded)) => Ok(decoded),
        // A TIFF of bytes: nothing of it has been decoded.
        Ok(None) => read_rgb(path),
        Err(error) => Err(ImageError::Other {
            message: error.to_string(),
        }),
    }
}

fn stretched(raster: Raster) -> Result<DecodedImage, RasterError> {
    let scene = Scene::of_raster(raster, &SceneOptions::default())?;
    let (width, height) = (scene.raster().width(), scene.raster().height());
    let all = Window {
        x: 0,
        y: 0,
        width,
        height,
    };
    let tile = scene.read(all, width, height)?;
    Ok(DecodedImage {
        rgb: tile.image,
        opacity: None,
        notes: vec![format!("stretched to 8 bits by {}", scene.stretch())],
    })
}

/// Whether a file is a TIFF by its name.
pub(crate) fn is_tiff(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    matches!(&*extension.to_ascii_lowercase(), "tif" | "tiff")
}

#[cfg(test)]
mod tests {
    use super::*;
    use resam_geo::{GeoTiffSpec, GeoTiffWriter, SampleKind};

    #[test]
    fn values_that_are_not_bytes_are_stretched_and_bytes_are_not() {
        const SIDE: u32 = 16;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("image.tif");
        let write = |sample: SampleKind| {
            let spec = GeoTiffSpec {
                sample,
                tile: SIDE,
                ..GeoTiffSpec::new(SIDE, SIDE)
            };
            let mut writer = GeoTiffWriter::create(&path, &spec).expect("a writer");
            let values = (0..SIDE * SIDE).map(|at| if at < SIDE { 200u16 } else { 100 });
            let bytes: Vec<u8> = match sample {
                SampleKind::U8 => values.map(|value| value as u8).collect(),
                _ => values.flat_map(u16::to_le_bytes).collect(),
            };
            writer.write_tile(0, 0, &bytes).expect("a tile");
            writer.finish().expect("a file");
            read_picture(&path).expect("a picture")
        };
        let stretched = write(SampleKind::U16);
        assert_eq!(stretched.rgb.get_pixel(0, 0).0, [255; 3]);
        assert_eq!(stretched.rgb.get_pixel(0, 1).0, [0; 3]);
        assert_eq!(stretched.notes, ["stretched to 8 bits by p2-p98"]);
        let plain = write(SampleKind::U8);
        assert_eq!(plain.rgb.get_pixel(0, 0).0, [200; 3]);
        assert_eq!(plain.rgb.get_pixel(0, 1).0, [100; 3]);
        std::fs::write(&path, b"no image").expect("written");
        assert!(read_picture(&path).is_err());
    }
}
