#![no_main]

use libfuzzer_sys::fuzz_target;
use resam_prompt::{PointFile, PromptPoint, write_csv};

/// The objects without the lines they came from, which writing changes.
fn objects(file: &PointFile) -> Vec<(Option<&str>, &str, &[PromptPoint])> {
    let objects = file.objects.iter();
    objects
        .map(|one| {
            (
                one.image.as_deref(),
                one.object.id.as_str(),
                one.object.points.as_slice(),
            )
        })
        .collect()
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = PointFile::parse("fuzz", bytes) else {
        return;
    };
    let images = file.images();
    // A file that names no images belongs to any one.
    let any = images.is_empty().then_some("any.png");
    for image in images.iter().copied().chain(any) {
        let is_inside = |point: &PromptPoint| {
            (0.0..640.0).contains(&point.x) && (0.0..480.0).contains(&point.y)
        };
        assert_eq!(
            file.check_inside(image, 640, 480).is_ok(),
            file.on_image(image)
                .flat_map(|one| &one.points)
                .all(is_inside)
        );
    }
    // Boxes are read and not written.
    if file.objects.iter().any(|one| one.object.bounds.is_some()) {
        return;
    }
    let mut written = Vec::new();
    write_csv(&mut written, &file.objects).expect("memory takes any text");
    let again = PointFile::parse("again", &written).expect("its own output is read");
    assert_eq!(objects(&again), objects(&file));
});
