#![no_main]

use libfuzzer_sys::fuzz_target;
use resam_data::coco::CocoFile;

/// Longest side of an image whose masks are made; larger ones only cost the fuzzer its speed.
const LONGEST_SIDE: u32 = 256;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = CocoFile::parse("fuzz", bytes) else {
        return;
    };
    for annotation in &file.annotations {
        let image = file
            .images
            .iter()
            .find(|image| image.id == annotation.image_id);
        let image = image.expect("an annotation of an unknown image is a fault");
        if image.width.max(image.height) > LONGEST_SIDE {
            continue;
        }
        // What has been checked while parsing must give a mask.
        let mask = annotation
            .mask(image.width, image.height)
            .expect("a checked segmentation");
        let runs = annotation.segmentation.rle(image.width, image.height);
        assert_eq!(mask.area(), runs.expect("as above").area());
    }
});
