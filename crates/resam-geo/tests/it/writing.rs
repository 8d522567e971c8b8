//! GeoTIFFs that are written.

use proptest::prelude::*;
use resam_crs::Crs;
use resam_geo::{
    Compression, GeoTiffSpec, GeoTiffWriteError, GeoTiffWriter, GeoTransform, Photometric, Raster,
    SampleKind, Scene, SceneOptions, ValidFrom,
};
use tempfile::tempdir;

use crate::fixtures::{value, window};

/// The bytes of a tile whose values follow the formula of the fixtures.
fn tile(spec: &GeoTiffSpec, column: u32, row: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for y in row * spec.tile..(row + 1) * spec.tile {
        for x in column * spec.tile..(column + 1) * spec.tile {
            for band in 0..spec.bands as u32 {
                let value = value(spec.sample, x, y, band);
                match spec.sample {
                    SampleKind::U8 => bytes.extend((value as u8).to_le_bytes()),
                    SampleKind::I8 => bytes.extend((value as i8).to_le_bytes()),
                    SampleKind::U16 => bytes.extend((value as u16).to_le_bytes()),
                    SampleKind::I16 => bytes.extend((value as i16).to_le_bytes()),
                    SampleKind::U32 => bytes.extend((value as u32).to_le_bytes()),
                    SampleKind::I32 => bytes.extend((value as i32).to_le_bytes()),
                    SampleKind::F32 => bytes.extend((value as f32).to_le_bytes()),
                    SampleKind::U64 => bytes.extend((value as u64).to_le_bytes()),
                    SampleKind::I64 => bytes.extend((value as i64).to_le_bytes()),
                    SampleKind::F64 => bytes.extend(value.to_le_bytes()),
                }
            }
        }
    }
    bytes
}

fn kinds() -> impl Strategy<Value = SampleKind> {
    use SampleKind::{F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
    prop::sample::select(vec![U8, I8, U16, I16, U32, I32, U64, I64, F32, F64])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(
        width in 1u32..80,
        height in 1u32..80,
        bands in 1usize..5,
        sample in kinds(),
        deflate: bool,
        big: bool,
        written in prop::collection::vec(any::<bool>(), 25),
    ) {
        let folder = tempdir().unwrap();
        let path = folder.path().join("made.tif");
        let spec = GeoTiffSpec {
            bands,
            sample,
            tile: 16,
            compression: if deflate { Compression::Deflate } else { Compression::None },
            big,
            ..GeoTiffSpec::new(width, height)
        };
        let mut writer = GeoTiffWriter::create(&path, &spec).unwrap();
        // From the last tile to the first: any order will do.
        for row in (0..spec.tiles_down()).rev() {
            for column in (0..spec.tiles_across()).rev() {
                if written[(row * 5 + column) as usize] {
                    writer.write_tile(column, row, &tile(&spec, column, row)).unwrap();
                }
            }
        }
        prop_assert!(!path.exists());
        writer.finish().unwrap();
        let raster = Raster::open(&path).unwrap();
        prop_assert_eq!(raster.info().big, big);
        let all: Vec<usize> = (1..=bands).collect();
        let samples = raster.read(window(0, 0, width, height), &all).unwrap();
        for (x, y) in (0..width).flat_map(|x| (0..height).map(move |y| (x, y))) {
            let is_written = written[(y / 16 * 5 + x / 16) as usize];
            for band in 0..bands {
                let expected = if is_written { value(sample, x, y, band as u32) } else { 0.0 };
                prop_assert_eq!(samples.get(x, y, band), expected);
            }
        }
    }
}

#[test]
fn a_file_is_laid_out_as_the_specification_says() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("made.tif");
    let spec = GeoTiffSpec {
        tile: 16,
        compression: Compression::None,
        ..GeoTiffSpec::new(20, 16)
    };
    let mut writer = GeoTiffWriter::create(&path, &spec).unwrap();
    writer.write_tile(1, 0, &[5; 256]).unwrap();
    writer.finish().unwrap();
    let bytes = fs_err::read(&path).unwrap();
    assert_eq!(bytes[..4], *b"II\x2a\0");
    assert_eq!(bytes[16..272], [5; 256]);
    let directory = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    assert_eq!(directory, 272);
    let count = usize::from(bytes[directory]);
    let entries: Vec<&[u8]> = bytes[directory + 2..].chunks(12).take(count).collect();
    let tags: Vec<u16> = entries
        .iter()
        .map(|entry| u16::from_le_bytes([entry[0], entry[1]]))
        .collect();
    assert_eq!(
        tags,
        [256, 257, 258, 259, 262, 277, 284, 322, 323, 324, 325, 339]
    );
    // Places of the two tiles: the first was never written.
    for (tag, expected) in [(324, [0u32, 16]), (325, [0, 256])] {
        let entry = entries[tags.iter().position(|&found| found == tag).unwrap()];
        let place = u32::from_le_bytes(entry[8..12].try_into().unwrap()) as usize;
        let found = bytes[place..place + 8].as_chunks::<4>().0;
        assert_eq!([found[0], found[1]].map(u32::from_le_bytes), expected);
    }
}

#[test]
fn place_colours_and_nodata_come_back() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("made.tif");
    let user_defined =
        "+proj=laea +lat_0=10 +lon_0=-81 +x_0=100 +y_0=200 +datum=WGS84 +units=m +no_defs";
    let lambert = "+proj=lcc +lat_1=44 +lat_2=49 +lat_0=46.5 +lon_0=3 +x_0=700000 +y_0=6600000 \
        +ellps=GRS80 +towgs84=0,0,0,0,0,0,0 +units=m +no_defs";
    let feet = "+proj=tmerc +lat_0=30 +lon_0=-84 +k=0.9999 +x_0=200000 +y_0=0 +ellps=GRS80 \
        +to_meter=0.304800609601219 +no_defs";
    let polar = "+proj=stere +lat_0=90 +lat_ts=70 +lon_0=-45 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs";
    for crs in [
        Crs::from_epsg(32636).unwrap(),
        Crs::wgs84(),
        Crs::from_proj("made up", user_defined).unwrap(),
        Crs::from_proj("Lambert", lambert).unwrap(),
        Crs::from_proj("feet", feet).unwrap(),
        Crs::from_proj("polar", polar).unwrap(),
    ] {
        for transform in [
            GeoTransform([440_000.0, 0.5, 0.0, 36_000.0, 0.0, -0.5]),
            GeoTransform([440_000.0, 0.4, 0.3, 36_000.0, 0.3, -0.4]),
        ] {
            // Degrees beyond a turn would be refused when they are read.
            let scale = if crs.is_geographic() { 1e-4 } else { 1.0 };
            let transform = GeoTransform(transform.0.map(|number| number * scale));
            let spec = GeoTiffSpec {
                bands: 4,
                photometric: Photometric::RgbAlpha,
                geo_transform: Some(transform),
                crs: Some(crs.clone()),
                nodata: Some(7.0),
                ..GeoTiffSpec::new(300, 200)
            };
            GeoTiffWriter::create(&path, &spec)
                .unwrap()
                .finish()
                .unwrap();
            let raster = Raster::open(&path).unwrap();
            assert_eq!(raster.geo_transform(), Some(transform));
            let found = raster
                .crs()
                .unwrap_or_else(|| panic!("{crs:?} {:?}", raster.info()));
            assert_eq!(found.epsg(), crs.epsg());
            assert_eq!(found.name(), crs.name());
            // The same place on the Earth, whatever the words of the two definitions.
            let place = |crs: &Crs| {
                let to_degrees = resam_crs::Transform::new(crs, &Crs::wgs84()).unwrap();
                if crs.is_geographic() {
                    return (1.0, 2.0);
                }
                to_degrees.forward(440_000.0, 36_000.0).unwrap()
            };
            let ((x, y), (there_x, there_y)) = (place(found), place(&crs));
            assert!(
                (x - there_x).abs() < 1e-9 && (y - there_y).abs() < 1e-9,
                "{found:?} {crs:?}"
            );
            assert_eq!(raster.nodata(), Some(7.0));
            let valid = &raster.info().valid_from;
            assert_eq!(valid[..], [ValidFrom::Nodata, ValidFrom::Alpha { band: 4 }]);
        }
    }
}

#[test]
fn a_raster_of_a_hundred_thousand_pixels_a_side_takes_little_room_and_is_read_by_window() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("sparse.tif");
    // What was never written is nodata, or else zeros.
    for (nodata, valid_at_corner, most_valid) in [(Some(255.0), 4, 4), (None, 9, 10_000)] {
        let spec = GeoTiffSpec {
            bands: 3,
            photometric: Photometric::Rgb,
            nodata,
            big: true,
            ..GeoTiffSpec::new(100_000, 100_000)
        };
        let mut writer = GeoTiffWriter::create(&path, &spec).unwrap();
        writer.write_tile(200, 300, &tile(&spec, 200, 300)).unwrap();
        writer.finish().unwrap();
        // 391 x 391 tiles with 16 bytes of place each.
        assert!(fs_err::metadata(&path).unwrap().len() < 391 * 391 * 16 + 300_000);
        let scene = Scene::open(&path, &SceneOptions::default()).unwrap();
        let (x, y) = (200 * 256, 300 * 256);
        let corner = scene.read(window(x - 1, y - 1, 3, 3), 3, 3).unwrap();
        assert_eq!(corner.valid.area(), valid_at_corner);
        let expected = [0, 1, 2].map(|band| value(SampleKind::U8, x as u32, y as u32, band) as u8);
        assert_eq!(corner.image.get_pixel(1, 1).0, expected);
        // Without overviews the whole is read too: chunks that were never written are not made.
        let overview = scene
            .read(window(0, 0, 100_000, 100_000), 100, 100)
            .unwrap();
        assert!(overview.valid.get(51, 76) && overview.valid.area() <= most_valid);
        assert!(overview.valid.area() == most_valid || nodata.is_some());
    }
}

#[test]
fn a_file_appears_whole_or_not_at_all() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("made.tif");
    fs_err::write(&path, "before").unwrap();
    let spec = GeoTiffSpec::new(300, 200);
    let mut writer = GeoTiffWriter::create(&path, &spec).unwrap();
    writer
        .write_tile(0, 0, &vec![1; spec.tile_bytes()])
        .unwrap();
    drop(writer);
    assert_eq!(fs_err::read(&path).unwrap(), b"before");
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1);
    assert!(GeoTiffWriter::create(folder.path(), &spec).is_err());
    assert!(GeoTiffWriter::create(folder.path().join("none/made.tif"), &spec).is_err());
}

#[test]
fn what_no_tiff_can_be_is_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("made.tif");
    let good = GeoTiffSpec::new(300, 200);
    for spec in [
        GeoTiffSpec {
            width: 0,
            ..good.clone()
        },
        GeoTiffSpec {
            bands: 0,
            ..good.clone()
        },
        GeoTiffSpec {
            tile: 100,
            ..good.clone()
        },
        GeoTiffSpec {
            tile: 0,
            ..good.clone()
        },
        GeoTiffSpec {
            photometric: Photometric::Rgb,
            ..good.clone()
        },
        GeoTiffSpec {
            geo_transform: Some(GeoTransform([0.0; 6])),
            ..good.clone()
        },
        GeoTiffSpec {
            width: u32::MAX,
            height: u32::MAX,
            tile: 16,
            ..good.clone()
        },
    ] {
        let error = GeoTiffWriter::create(&path, &spec).unwrap_err();
        assert!(matches!(error, GeoTiffWriteError::Spec { .. }), "{error}");
    }
    let mut writer = GeoTiffWriter::create(&path, &good).unwrap();
    let whole = vec![0; good.tile_bytes()];
    writer.write_tile(1, 0, &whole).unwrap();
    for (column, row, samples) in [
        (1, 0, &whole[..]),
        (2, 0, &whole),
        (0, 1, &whole),
        (0, 0, &whole[1..]),
    ] {
        let error = writer.write_tile(column, row, samples).unwrap_err();
        assert!(matches!(error, GeoTiffWriteError::Tile { .. }), "{error}");
    }
}
