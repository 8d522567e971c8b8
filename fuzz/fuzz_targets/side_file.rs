#![no_main]

use libfuzzer_sys::fuzz_target;
use resam_geo::{GeoTiffSpec, GeoTiffWriter, Raster};

// A side file of GDAL beside a sound raster: it is read or refused.
fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.tif");
    let spec = GeoTiffSpec {
        tile: 16,
        ..GeoTiffSpec::new(16, 16)
    };
    let mut writer = GeoTiffWriter::create(&path, &spec).expect("a writer");
    writer.write_tile(0, 0, &[7; 256]).expect("a tile");
    writer.finish().expect("a file");
    std::fs::write(folder.path().join("a.tif.aux.xml"), bytes).expect("a side file");
    if let Ok(raster) = Raster::open(&path) {
        assert_eq!((raster.width(), raster.height()), (16, 16));
        assert!(!raster.info().to_string().is_empty());
        if let Some(transform) = raster.geo_transform() {
            assert!(transform.is_invertible());
        }
    }
});
