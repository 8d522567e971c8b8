//! What resam itself does not read is read through GDAL, and is then a raster like any other.
//!
//! Files are made by GDAL itself out of the fixtures that resam reads, so that its own reader says
//! what must come.

use std::path::Path;

use gdal::cpl::CslStringList;
use gdal::{Dataset, DatasetOptions, DriverManager, GdalOpenFlags};
use resam_crs::Crs;
use resam_geo::{
    Colour, GeoTiffSpec, GeoTiffWriter, GeoTransform, Raster, RasterError, SampleKind, Samples,
    Scene, SceneOptions, Stretch, ValidFrom, Window,
};
use tempfile::{TempDir, tempdir};

use crate::fixtures::{HEIGHT, WIDTH, all, fixture, open, value, window};

/// A fixture as a file of another format.
fn copy(name: &str, driver: &str, path: &Path, options: &[&str]) {
    copy_of(&fixture(&format!("{name}.tif")), driver, path, options);
}

fn copy_of(source: &Path, driver: &str, path: &Path, options: &[&str]) {
    let source = Dataset::open(source).unwrap();
    let driver = DriverManager::get_driver_by_name(driver).unwrap();
    let options: CslStringList = options.iter().copied().collect();
    // A VRT must be closed before the data set that it is about.
    drop(source.create_copy(&driver, path, &options).unwrap());
}

/// Whether the GDAL of the machine has a driver; those of JPEG 2000 and NetCDF can be left out.
fn has_driver(name: &str) -> bool {
    let has = DriverManager::get_driver_by_name(name).is_ok();
    if !has {
        println!("skipped: this GDAL has no driver `{name}`");
    }
    has
}

fn whole(raster: &Raster) -> Samples {
    let bands: Vec<usize> = (1..=raster.bands()).collect();
    raster
        .read(window(0, 0, raster.width(), raster.height()), &bands)
        .unwrap()
}

fn same_values(one: &Samples, other: &Samples) -> bool {
    let same = |(a, b): (&f64, &f64)| a == b || a.is_nan() && b.is_nan();
    one.values.len() == other.values.len() && one.values.iter().zip(&other.values).all(same)
}

/// A file with a text of the test's own.
fn written(folder: &TempDir, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.path().join(name);
    fs_err::write(&path, text).unwrap();
    path
}

#[test]
fn a_vrt_over_a_tiff_is_that_tiff_for_every_fixture() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("over.vrt");
    for (name, _) in all() {
        copy(&name, "VRT", &path, &[]);
        let (own, through) = (open(&name), Raster::open(&path).unwrap());
        let [said, told] = [own.info(), through.info()];
        assert!(
            told.read_by
                .as_deref()
                .is_some_and(|by| by.starts_with("GDAL 3."))
        );
        assert_eq!(told.format, "VRT", "{name}");
        // To GDAL, the first of many bands is grey where a TIFF says that dark is zero.
        let kinds = |raster: &Raster| -> Vec<(SampleKind, Colour)> {
            let bands = raster.info().bands.iter();
            let colour = |colour| match colour {
                Colour::Grey if raster.bands() > 2 => Colour::Undefined,
                other => other,
            };
            bands.map(|band| (band.kind, colour(band.colour))).collect()
        };
        // Where white is zero, GDAL makes a palette of it.
        let is_inverse = name == "u8_white_is_zero";
        assert!(kinds(&through) == kinds(&own) || is_inverse, "{name}");
        assert_eq!((told.width, told.height), (said.width, said.height));
        assert_eq!(told.default_bands, said.default_bands, "{name}");
        assert_eq!(told.valid_from, said.valid_from, "{name}");
        let plain = |text: &Option<String>| text.as_ref().map(|text| text.replace("e+", "e"));
        assert_eq!(plain(&told.nodata), plain(&said.nodata), "{name}");
        // GDAL shifts pixels that are points in another order of sums.
        let numbers = |raster: &Raster| raster.geo_transform().map(|transform| transform.0);
        let pairs = numbers(&through).into_iter().flatten();
        let pairs = pairs.zip(numbers(&own).into_iter().flatten());
        assert_eq!(numbers(&through).is_some(), numbers(&own).is_some());
        for (found, expected) in pairs {
            assert!((found - expected).abs() <= expected.abs() * 1e-15, "{name}");
        }
        assert_eq!(told.pixel_is_point, said.pixel_is_point, "{name}");
        assert_eq!(
            through.crs().map(|crs| crs.epsg()),
            own.crs().map(|crs| crs.epsg()),
            "{name}"
        );
        assert!(same_values(&whole(&through), &whole(&own)), "{name}");
        let outside = window(-5, 11, 30, 60);
        let [left, right] = [&own, &through].map(|raster| raster.read(outside, &[1]).unwrap());
        assert!(same_values(&left, &right), "{name}");
        // A VRT has no overviews of so small rasters.
        let sizes = match &name[..] {
            _ if is_inverse => &[],
            "cog_mask_ramp" | "overviews_u16" => &[(WIDTH, HEIGHT), (60, 70)][..],
            _ => &[(WIDTH, HEIGHT), (60, 70), (5, 7), (16, 12)],
        };
        let stretch = Stretch::Range(0.0, 9.0);
        let options = SceneOptions {
            stretch: name.starts_with("all_").then_some(stretch),
            ..SceneOptions::default()
        };
        look_the_same(
            [own, through],
            &options,
            window(-1, 2, WIDTH, HEIGHT),
            sizes,
        );
    }
}

/// Asserts that a window of two rasters looks the same in every size.
fn look_the_same(
    rasters: [Raster; 2],
    options: &SceneOptions,
    window: Window,
    sizes: &[(u32, u32)],
) {
    let scenes = rasters.map(|raster| Scene::of_raster(raster, options).unwrap());
    for &(width, height) in sizes {
        let [expected, found] = scenes
            .each_ref()
            .map(|scene| scene.read(window, width, height).unwrap());
        let path = scenes[1].raster().path().display();
        assert!(found.valid == expected.valid, "{path} {width}");
        // Chunks are others, so that sums of a mean have another order.
        let off = found.image.iter().zip(expected.image.iter());
        let off = off.map(|(found, expected)| found.abs_diff(*expected)).max();
        let is_scaled = (window.width, window.height) != (width, height);
        assert!(off <= Some(u8::from(is_scaled)), "{path} {width} {off:?}");
        let limits = scenes.each_ref().map(Scene::stretch_limits);
        assert_eq!(limits[0], limits[1], "{path}");
    }
}

/// Overviews that GDAL makes inside a file.
fn build_overviews(path: &Path, method: &str, levels: &[i32]) {
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_UPDATE,
        ..DatasetOptions::default()
    };
    let mut dataset = Dataset::open_ex(path, options).unwrap();
    dataset.build_overviews(method, levels, &[]).unwrap();
}

#[test]
fn coarse_reads_take_the_overviews_of_gdal() {
    let folder = tempdir().unwrap();
    let (own, path) = (
        folder.path().join("own.tif"),
        folder.path().join("over.vrt"),
    );
    let spec = GeoTiffSpec {
        sample: SampleKind::U16,
        ..GeoTiffSpec::new(800, 600)
    };
    let mut writer = GeoTiffWriter::create(&own, &spec).unwrap();
    for (column, row) in (0..3).flat_map(|row| (0..4).map(move |column| (column, row))) {
        let place = |n: u32| (n % 256 + 256 * column, n / 256 + 256 * row);
        let samples = (0..256 * 256).map(place).flat_map(|(x, y)| {
            let value = value(SampleKind::U16, x, y, 0);
            (value as u16).to_le_bytes()
        });
        writer
            .write_tile(column, row, &samples.collect::<Vec<u8>>())
            .unwrap();
    }
    writer.finish().unwrap();
    // Of nearest pixels, so that they differ from what full size gives.
    build_overviews(&own, "NEAREST", &[2, 4]);
    copy_of(&own, "VRT", &path, &[]);
    let rasters = [&own, &path].map(|path| Raster::open(path).unwrap());
    for raster in &rasters {
        assert_eq!(raster.info().overviews, [[400, 300], [200, 150]]);
    }
    let sizes = [(400, 300), (200, 150), (113, 87), (50, 40), (450, 600)];
    look_the_same(
        rasters,
        &SceneOptions::default(),
        window(0, 0, 800, 600),
        &sizes,
    );
}

#[test]
fn masks_of_a_file_and_of_its_overviews_are_used() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("seven_bits.tif");
    gdal::config::set_thread_local_config_option("GDAL_TIFF_INTERNAL_MASK", "YES").unwrap();
    copy(
        "cog_mask_ramp",
        "GTiff",
        &path,
        &["NBITS=7", "COPY_SRC_OVERVIEWS=YES"],
    );
    let scenes = [fixture("cog_mask_ramp.tif"), path]
        .map(|path| Scene::open(path, &SceneOptions::default()).unwrap());
    let info = scenes[1].raster().info();
    assert_eq!((info.bits_per_sample, &info.format[..]), (7, "GTiff"));
    assert_eq!(info.valid_from, [ValidFrom::Mask]);
    assert_eq!(info.overviews, [[45, 33], [22, 16]]);
    for (width, height) in [(90, 66), (45, 33), (20, 16), (100, 70)] {
        let [expected, found] = scenes
            .each_ref()
            .map(|scene| scene.read(window(0, 0, 90, 66), width, height).unwrap());
        assert!(
            !expected.valid.is_empty() && expected.valid == found.valid,
            "{width}"
        );
    }
}

#[test]
fn threads_read_the_same_vrt_at_once() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("over.vrt");
    copy("u8_rgb_tiles_lzw_predictor2", "VRT", &path, &[]);
    let raster = Raster::open(&path).unwrap();
    std::thread::scope(|scope| {
        for first in 0..4 {
            let raster = &raster;
            scope.spawn(move || {
                for y in first..HEIGHT {
                    let row = raster.read(window(0, y.into(), WIDTH, 1), &[2]).unwrap();
                    let expected: Vec<f64> =
                        (0..WIDTH).map(|x| value(SampleKind::U8, x, y, 1)).collect();
                    assert_eq!(row.values, expected);
                }
            });
        }
    });
}

#[test]
fn jpeg_2000_has_its_place_its_overviews_and_its_samples() {
    if !has_driver("JP2OpenJPEG") {
        return;
    }
    let folder = tempdir().unwrap();
    let (large, path) = (
        folder.path().join("large.tif"),
        folder.path().join("ramp.jp2"),
    );
    // Large enough to have an overview, and smooth.
    let options = ["REVERSIBLE=YES", "QUALITY=100", "RESOLUTIONS=3"];
    let transform = GeoTransform([440_000.0, 0.4, 0.3, 36_000.0, 0.3, -0.4]);
    let spec = GeoTiffSpec {
        sample: SampleKind::U16,
        bands: 3,
        geo_transform: Some(transform),
        crs: Some(Crs::from_epsg(32636).unwrap()),
        ..GeoTiffSpec::new(512, 256)
    };
    let ramp = |x: u32, y: u32, band: u32| 3 * x + 5 * y + 1000 * band;
    let mut writer = GeoTiffWriter::create(&large, &spec).unwrap();
    for column in 0..2 {
        let samples = (0..256 * 256 * 3).flat_map(|n: u32| {
            let (band, x, y) = (n % 3, n / 3 % 256 + 256 * column, n / 3 / 256);
            (ramp(x, y, band) as u16).to_le_bytes()
        });
        writer
            .write_tile(column, 0, &samples.collect::<Vec<u8>>())
            .unwrap();
    }
    writer.finish().unwrap();
    copy_of(&large, "JP2OpenJPEG", &path, &options);
    let raster = Raster::open(&path).unwrap();
    let info = raster.info();
    assert_eq!(info.format, "JP2OpenJPEG");
    assert_eq!(raster.require_crs().unwrap().epsg(), Some(32636));
    let found = raster.geo_transform().unwrap();
    for (found, expected) in found.0.into_iter().zip(transform.0) {
        assert!((found - expected).abs() < 1e-9, "{info}");
    }
    assert_eq!(info.overviews[0], [256, 128]);
    assert!(
        info.to_string().contains("JP2OpenJPEG, read by GDAL 3."),
        "{info}"
    );
    let samples = raster.read(window(200, 100, 120, 70), &[3, 1]).unwrap();
    for (x, y) in (0..70).flat_map(|y| (0..120).map(move |x| (x, y))) {
        let at = |band| f64::from(ramp(x + 200, y + 100, band));
        assert_eq!((samples.get(x, y, 0), samples.get(x, y, 1)), (at(2), at(0)));
    }
    // From the overview, which is smoothed by a wavelet.
    let options = SceneOptions {
        stretch: Some(Stretch::Range(0.0, 5100.0)),
        ..SceneOptions::default()
    };
    let scene = Scene::of_raster(raster, &options).unwrap();
    let tile = scene.read(window(0, 0, 512, 256), 64, 32).unwrap();
    for (x, y) in (1..31).flat_map(|y| (1..63).map(move |x| (x, y))) {
        let expected = ramp(8 * x + 4, 8 * y + 4, 1) as f64 / 20.0;
        let found = f64::from(tile.image.get_pixel(x, y).0[1]);
        assert!((found - expected).abs() < 1.5, "{x} {y} {found} {expected}");
    }

    let bytes = fs_err::read(&path).unwrap();
    for length in [0, 4, 30, 90, bytes.len() / 2] {
        let cut = folder.path().join("cut.jp2");
        fs_err::write(&cut, &bytes[..length]).unwrap();
        let read = Raster::open(&cut)
            .and_then(|raster| raster.read(window(0, 0, 512, 256), &[1, 2, 3]).map(|_| ()));
        let error = read.unwrap_err().to_string();
        assert!(
            error.contains("cut.jp2: ") && error.contains("\n\nhint: "),
            "{length} {error}"
        );
    }
}

#[test]
fn an_erdas_image_has_its_nodata_value_and_its_overviews() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("made.img");
    copy("nodata_i16", "HFA", &path, &["COMPRESSED=YES"]);
    build_overviews(&path, "NEAREST", &[2]);
    let (own, through) = (open("nodata_i16"), Raster::open(&path).unwrap());
    assert_eq!(through.info().format, "HFA");
    assert_eq!(through.info().overviews, [[19, 15]]);
    assert_eq!(through.info().valid_from, [ValidFrom::Nodata]);
    assert_eq!(through.nodata(), Some(-32768.0));
    assert_eq!(through.require_crs().unwrap().epsg(), Some(32636));
    assert_eq!(through.geo_transform(), own.geo_transform());
    assert!(same_values(&whole(&through), &whole(&own)));
}

#[test]
fn a_tiff_of_a_variety_that_resam_does_not_read_is_read_by_gdal() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("twelve_bits.tif");
    let twelve = folder.path().join("made.vrt");
    copy("u16_tiles_uncompressed_bigendian", "VRT", &twelve, &[]);
    copy_of(&twelve, "GTiff", &path, &["NBITS=12"]);
    let refused = Raster::from_bytes("made.tif", fs_err::read(&path).unwrap()).unwrap_err();
    assert!(matches!(refused, RasterError::Unsupported { .. }) && refused.is_foreign());
    let raster = Raster::open(&path).unwrap();
    assert_eq!(raster.info().format, "GTiff");
    assert_eq!(raster.info().bits_per_sample, 12);
    let samples = whole(&raster);
    for (x, y) in (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y))) {
        // GDAL cuts what is larger.
        let expected = value(SampleKind::U16, x, y, 1).min(4095.0);
        assert_eq!(samples.get(x, y, 1), expected);
    }
}

#[test]
fn white_may_be_zero() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("white.tif");
    copy(
        "u8_white_is_zero",
        "GTiff",
        &path,
        &["NBITS=7", "PHOTOMETRIC=MINISWHITE"],
    );
    let scene = Scene::open(&path, &SceneOptions::default()).unwrap();
    let tile = scene.read(window(0, 0, 2, 1), 2, 1).unwrap();
    // 0 and 7 of 127.
    assert_eq!(tile.image.as_raw()[..], [255, 255, 255, 241, 241, 241]);
}

/// A VRT of two bands of other files, with other kinds and nodata values.
fn mixed(kinds: [&str; 2], nodata: [&str; 2], sources: [&str; 2]) -> String {
    let band = |index: usize| {
        let source = fixture(sources[index]);
        format!(
            "<VRTRasterBand dataType='{}' band='{}'>{}<SimpleSource><SourceFilename>{}\
            </SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand>",
            kinds[index],
            index + 1,
            nodata[index],
            source.display()
        )
    };
    format!(
        "<VRTDataset rasterXSize='{WIDTH}' rasterYSize='{HEIGHT}'>{}{}</VRTDataset>",
        band(0),
        band(1)
    )
}

#[test]
fn bands_may_differ_in_kind_and_nodata_value() {
    let folder = tempdir().unwrap();
    let sources = [
        "u8_strips_uncompressed.tif",
        "i16_tiles_lzw_predictor2_bigendian.tif",
    ];
    let nodata = [
        "<NoDataValue>7</NoDataValue>",
        "<NoDataValue>-32760</NoDataValue>",
    ];
    let text = mixed(["Byte", "Int16"], nodata, sources);
    let raster = Raster::open(written(&folder, "mixed.vrt", &text)).unwrap();
    let info = raster.info();
    assert_eq!(info.bands[0].kind, SampleKind::I16);
    assert_eq!(info.nodata.as_deref(), Some("7, -32760"));
    assert!(raster.geo_transform().is_none() && raster.crs().is_none());
    let samples = raster
        .read(window(-1, 0, WIDTH + 1, HEIGHT), &[2, 1])
        .unwrap();
    assert_eq!(
        (samples.get(0, 3, 0), samples.get(0, 3, 1)),
        (-32760.0, 7.0)
    );
    for (x, y) in (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y))) {
        assert_eq!(samples.get(x + 1, y, 0), value(SampleKind::I16, x, y, 0));
        assert_eq!(samples.get(x + 1, y, 1), value(SampleKind::U8, x, y, 0));
    }
    for (band, kind, nodata) in [(1, SampleKind::U8, 7.0), (2, SampleKind::I16, -32760.0)] {
        let options = SceneOptions {
            bands: Some(vec![band]),
            ..SceneOptions::default()
        };
        let scene = Scene::open(folder.path().join("mixed.vrt"), &options).unwrap();
        let tile = scene
            .read(window(0, 0, WIDTH, HEIGHT), WIDTH, HEIGHT)
            .unwrap();
        let mut without = 0;
        for (x, y) in (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y))) {
            let is_nodata = value(kind, x, y, 0) == nodata;
            assert_eq!(tile.valid.get(x, y), !is_nodata);
            without += usize::from(is_nodata);
        }
        assert!(without > 0, "band {band}");
    }
}

#[test]
fn what_gdal_cannot_give_is_told_with_the_name_of_the_file() {
    let folder = tempdir().unwrap();
    let sources = ["u8_strips_uncompressed.tif"; 2];
    let complex = mixed(["Byte", "CFloat32"], [""; 2], sources);
    let gone = mixed(["Byte"; 2], [""; 2], ["gone.tif", "gone.tif"]);
    let empty = "<VRTDataset rasterXSize='5' rasterYSize='5'></VRTDataset>";
    for (name, text, expected) in [
        (
            "complex.vrt",
            &complex[..],
            "samples of type CFloat32 is not read",
        ),
        ("gone.vrt", &gone, "GDAL cannot read it: "),
        (
            "cut.vrt",
            &complex[..complex.len() / 2],
            "GDAL cannot read it: ",
        ),
        ("empty.vrt", empty, "GDAL cannot read it: "),
        (
            "letter.txt",
            "Dear Sir or Madam",
            "not recognized as a supported file format",
        ),
        ("nothing.jp2", "", "GDAL cannot read it: "),
    ] {
        let path = written(&folder, name, text);
        let read = Raster::open(path)
            .and_then(|raster| raster.read(window(0, 0, 5, 5), &[1, 2]).map(|_| ()));
        let error = read.unwrap_err().to_string();
        assert!(
            error.contains(name) && error.contains(expected) && error.contains("\n\nhint: "),
            "{error}"
        );
    }
}

#[test]
fn a_file_of_several_rasters_says_which_there_are() {
    if !has_driver("netCDF") {
        return;
    }
    let folder = tempdir().unwrap();
    let path = folder.path().join("two.nc");
    copy("f32_tiles_deflate_predictor3", "netCDF", &path, &[]);
    let error = Raster::open(&path).unwrap_err().to_string();
    assert!(
        error.contains(":Band1`, ") && error.contains("gdal_translate -of VRT"),
        "{error}"
    );
    copy("f32_strips_zstd_predictor3_bigendian", "netCDF", &path, &[]);
    let through = Raster::open(&path).unwrap();
    assert!(same_values(
        &whole(&through),
        &whole(&open("f32_strips_zstd_predictor3_bigendian"))
    ));
    assert_eq!(through.require_crs().unwrap().epsg(), Some(32636));
}
