//! Several files are one raster: pixel for pixel what GDAL makes of them.

use std::path::PathBuf;

use resam_geo::{
    GeoTiffSpec, GeoTiffWriter, GeoTransform, Raster, RasterError, SampleKind, Scene, SceneOptions,
    Stretch, Window,
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mosaic")
}

fn file(name: &str) -> PathBuf {
    folder().join(name)
}

/// The samples that GDAL reads of a VRT, band by band.
fn samples_of_gdal(name: &str, kind: SampleKind) -> Vec<f64> {
    let bytes = std::fs::read(file(name).with_extension("raw")).unwrap();
    match kind {
        SampleKind::U8 => bytes.iter().map(|&value| value.into()).collect(),
        SampleKind::U16 => {
            let pairs = bytes.as_chunks::<2>().0.iter();
            pairs.map(|&pair| u16::from_le_bytes(pair).into()).collect()
        }
        other => panic!("{other}"),
    }
}

/// Every sample is GDAL's, and so is what is valid, but for what no file covers.
fn agrees(raster: Raster, name: &str) {
    let (width, height, bands) = (raster.width(), raster.height(), raster.bands());
    let expected = samples_of_gdal(name, raster.info().bands[0].kind);
    let all: Vec<usize> = (1..=bands).collect();
    let window = Window {
        x: 0,
        y: 0,
        width,
        height,
    };
    let read = raster.read(window, &all).unwrap();
    let pixels = width as usize * height as usize;
    assert_eq!(expected.len(), pixels * bands, "{name}");
    for (place, samples) in read.values.chunks_exact(bands).enumerate() {
        for (band, &sample) in samples.iter().enumerate() {
            let place_of_gdal = band * pixels + place;
            assert_eq!(
                sample, expected[place_of_gdal],
                "{name}, pixel {place}, band {band}"
            );
        }
    }
    let options = SceneOptions {
        bands: Some(if bands == 2 { vec![1, 2, 1] } else { vec![1] }),
        stretch: Some(Stretch::Range(0.0, 65535.0)),
    };
    let valid = std::fs::read(file(name).with_extension("valid")).unwrap();
    let scene = Scene::of_raster(raster, &options).unwrap();
    let tile = scene.read(window, width, height).unwrap();
    for y in 0..height {
        for x in 0..width {
            let expected = valid[(y * width + x) as usize] != 0;
            assert_eq!(tile.valid.get(x, y), expected, "{name} at {x},{y}");
        }
    }
}

#[test]
fn a_vrt_has_the_pixels_that_gdal_reads_of_it() {
    for name in [
        "rgb",
        "holes",
        "alpha",
        "mask",
        "resampled",
        "scaled",
        "clamped",
    ] {
        let vrt = format!("{name}.vrt");
        agrees(Raster::open(file(&vrt)).unwrap(), name);
    }
}

#[test]
fn bands_of_several_files_are_bands_of_one() {
    let raster = Raster::open(file("separate.vrt")).unwrap();
    assert_eq!(raster.bands(), 6);
    let whole = Window {
        x: 0,
        y: 0,
        width: raster.width(),
        height: raster.height(),
    };
    let expected = samples_of_gdal("separate", SampleKind::U8);
    for band in 1..=6 {
        let read = raster.read(whole, &[band]).unwrap();
        let count = read.values.len();
        assert_eq!(read.values, expected[(band - 1) * count..band * count]);
    }
}

#[test]
fn files_without_a_vrt_are_what_gdalbuildvrt_makes_of_them() {
    for name in ["rgb", "holes", "alpha", "mask"] {
        let parts = ["west", "east"].map(|part| file(&format!("{name}_{part}.tif")));
        let raster = Raster::open_all(&parts).unwrap();
        let vrt = Raster::open(file(&format!("{name}.vrt"))).unwrap();
        assert_eq!(raster.geo_transform(), vrt.geo_transform(), "{name}");
        assert_eq!(raster.crs(), vrt.crs(), "{name}");
        assert_eq!(raster.files(), {
            let mut parts = parts.to_vec();
            parts.sort();
            parts
        });
        agrees(raster, name);
    }
}

/// One band of bytes, all of a value, so many pixels to the right and down.
fn tile(path: &std::path::Path, value: u8, at: [f64; 2], pixel: f64, epsg: u32) {
    let spec = GeoTiffSpec {
        sample: SampleKind::U8,
        tile: 16,
        geo_transform: Some(GeoTransform([
            440_000.0 + at[0],
            pixel,
            0.0,
            36_000.0 - at[1],
            0.0,
            -pixel,
        ])),
        crs: Some(resam_crs::Crs::from_epsg(epsg).unwrap()),
        ..GeoTiffSpec::new(16, 16)
    };
    let mut writer = GeoTiffWriter::create(path, &spec).unwrap();
    writer.write_tile(0, 0, &[value; 256]).unwrap();
    writer.finish().unwrap();
}

#[test]
fn files_that_do_not_go_together_are_refused_with_the_command_that_mends_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    tile(&path("a.tif"), 1, [0.0, 0.0], 1.0, 32636);
    tile(&path("near.tif"), 2, [16.04, 0.0], 1.0, 32636);
    tile(&path("between.tif"), 2, [16.4, 0.0], 1.0, 32636);
    tile(&path("coarse.tif"), 2, [16.0, 0.0], 1.02, 32636);
    tile(&path("zone.tif"), 2, [16.0, 0.0], 1.0, 32637);
    let open = |name: &str| Raster::open_all(&[path("a.tif"), path(name)]);
    assert_eq!(open("near.tif").unwrap().width(), 32);
    for (name, what) in [
        ("between.tif", "its pixels lie between those of the other"),
        (
            "coarse.tif",
            "its pixels are 1.02 x 1.02, those of the other are 1 x 1",
        ),
        ("zone.tif", "its CRS is WGS 84 / UTM zone 37N"),
    ] {
        let error = open(name).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(what), "{error}");
        assert!(
            error.contains("gdalwarp -t_srs EPSG:32636 -tr 1 1"),
            "{error}"
        );
    }
    let bands = Raster::open_all(&[file("rgb_west.tif"), file("mask_east.tif")]);
    let error = bands.unwrap_err().to_string();
    assert!(error.contains("it has bands: 1, the other: 3"), "{error}");
}

#[test]
fn a_file_without_a_place_is_no_part_of_a_scene() {
    let folder = tempfile::tempdir().unwrap();
    let bare = folder.path().join("bare.png");
    image::GrayImage::new(8, 8).save(&bare).unwrap();
    let error = Raster::open_all(&[file("rgb_west.tif"), bare.clone()]).unwrap_err();
    assert!(
        matches!(&error, RasterError::Apart { path, .. } if *path == bare)
            || matches!(&error, RasterError::WithoutPlace { path } if *path == bare),
        "{error}"
    );
    let error = Raster::open_all(&[bare.clone(), bare]).unwrap_err();
    assert!(matches!(error, RasterError::WithoutPlace { .. }), "{error}");
}

#[test]
fn more_tiles_than_a_process_may_open_are_one_raster() {
    let folder = tempfile::tempdir().unwrap();
    // More than the 1,024 that are usual.
    let side = 34;
    let mut paths = Vec::new();
    for row in 0..side {
        for column in 0..side {
            let path = folder.path().join(format!("{row}_{column}.tif"));
            let value = ((row * 7 + column * 3) % 251) as u8;
            let at = [16.0 * f64::from(column), 16.0 * f64::from(row)];
            tile(&path, value, at, 1.0, 32636);
            paths.push(path);
        }
    }
    let raster = Raster::open_all(&paths).unwrap();
    assert_eq!((raster.width(), raster.height()), (544, 544));
    let whole = Window {
        x: 0,
        y: 0,
        width: 544,
        height: 544,
    };
    let read = raster.read(whole, &[1]).unwrap();
    for (place, &value) in read.values.iter().enumerate() {
        let (row, column) = (place / 544 / 16, place % 544 / 16);
        assert_eq!(value, ((row * 7 + column * 3) % 251) as f64);
    }
    #[cfg(target_os = "linux")]
    {
        let open = std::fs::read_dir("/proc/self/fd").unwrap().count();
        assert!(open < 200, "{open} files are open");
    }
}

/// A VRT that is refused has a text that names what is not understood.
#[test]
fn what_takes_more_than_copying_pixels_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(file("rgb_west.tif"), folder.path().join("a.tif")).unwrap();
    let source = |kind: &str, more: &str| {
        format!(
            "<{kind}><SourceFilename relativeToVRT=\"1\">a.tif</SourceFilename>\
             <SourceBand>1</SourceBand>{more}</{kind}>"
        )
    };
    let band = |attributes: &str, inner: &str| {
        format!(
            "<VRTDataset rasterXSize=\"40\" rasterYSize=\"30\"><VRTRasterBand dataType=\"Byte\" \
             {attributes}>{inner}</VRTRasterBand></VRTDataset>"
        )
    };
    let half = "<SrcRect xOff=\"0\" yOff=\"0\" xSize=\"40\" ySize=\"30\"/>\
                <DstRect xOff=\"0\" yOff=\"0\" xSize=\"20\" ySize=\"15\"/>";
    let simple = source("SimpleSource", "");
    let cases = [
        (
            "<VRTDataset subClass=\"VRTWarpedDataset\" rasterXSize=\"4\" rasterYSize=\"4\"/>"
                .into(),
            "a warped VRT",
        ),
        (
            "<VRTDataset subClass=\"VRTPansharpenedDataset\" rasterXSize=\"4\" rasterYSize=\"4\"/>"
                .into(),
            "a pansharpened VRT",
        ),
        (
            band("subClass=\"VRTDerivedRasterBand\"", &simple),
            "a derived band (pixel function)",
        ),
        (band("subClass=\"VRTRawRasterBand\"", ""), "a raw band"),
        (band("", &source("AveragedSource", "")), "`AveragedSource`"),
        (
            band("", &source("KernelFilteredSource", "")),
            "`KernelFilteredSource`",
        ),
        (
            band("", &source("ComplexSource", "<LUT>0:0,255:9</LUT>")),
            "`LUT` of a `ComplexSource`",
        ),
        (
            band(
                "",
                &source("SimpleSource", half)
                    .replace("<SimpleSource>", "<SimpleSource resampling=\"cubic\">"),
            ),
            "is resampled as `cubic`",
        ),
        (
            band("", &simple.replace("<SourceBand>1", "<SourceBand>9")),
            "band 9 of",
        ),
        (
            band("", &simple.replace("a.tif", "/vsicurl/http://x/a.tif")),
            "no plain file",
        ),
        (
            band("", &simple.replace("a.tif", "it.vrt")),
            "as a part of another raster",
        ),
        (band("", &simple).replace("40", "0"), "`rasterXSize`"),
        (
            "<VRTDataset rasterXSize=\"4\" rasterYSize=\"4\"/>".into(),
            "it has no bands",
        ),
        ("<VRTDataset rasterXSize=\"4\"".into(), "cannot be used"),
        (
            "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><VRTDataset rasterXSize=\"4\" rasterYSize=\"4\"/>"
                .into(),
            "DTD",
        ),
    ];
    for (text, what) in cases {
        let text: String = text;
        let path = folder.path().join("it.vrt");
        std::fs::write(&path, &text).unwrap();
        let error = Raster::open(&path).expect_err(&text).to_string();
        assert!(
            error.contains("it.vrt") && error.contains(what),
            "{what}: {error}"
        );
    }
    let missing = folder.path().join("missing.vrt");
    std::fs::write(&missing, band("", &simple.replace("a.tif", "gone.tif"))).unwrap();
    let error = Raster::open(&missing).unwrap_err();
    assert!(
        matches!(&error, RasterError::Missing { path } if path.ends_with("gone.tif")),
        "{error}"
    );
}

#[test]
fn one_stretch_serves_all_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    tile(&path("dark.tif"), 10, [0.0, 0.0], 1.0, 32636);
    tile(&path("light.tif"), 210, [16.0, 0.0], 1.0, 32636);
    let raster = Raster::open_all(&[path("dark.tif"), path("light.tif")]).unwrap();
    let options = SceneOptions {
        stretch: Some(Stretch::MinMax),
        ..SceneOptions::default()
    };
    let scene = Scene::of_raster(raster, &options).unwrap();
    let limits = scene.stretch_limits()[0];
    assert_eq!((limits.low, limits.high), (10.0, 210.0));
}
