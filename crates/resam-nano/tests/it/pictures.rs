//! Pictures that the model learns from, and how one is learnt from.

use resam_nano::source::{training_picture, validation_picture};
use resam_nano::{Training, train};

#[test]
fn pictures_are_those_of_their_number_and_none_is_held_out() {
    let picture = training_picture(3, 5, 0.5, 128).expect("a picture");
    let again = training_picture(3, 5, 0.5, 128).expect("a picture");
    assert_eq!(picture.image, again.image);
    assert_eq!(picture.masks, again.masks);
    assert_ne!(
        picture.image,
        training_picture(3, 6, 0.5, 128).expect("a picture").image
    );
    assert_ne!(
        picture.image,
        training_picture(4, 5, 0.5, 128).expect("a picture").image
    );
    let validation = validation_picture(5).expect("a picture");
    assert_ne!(picture.image, validation.image);
}

#[test]
fn things_of_a_picture_do_not_overlap() {
    for number in 0..20 {
        let picture = training_picture(1, number, 0.5, 128).expect("a picture");
        for (at, mask) in picture.masks.iter().enumerate() {
            assert!(!mask.is_empty());
            for other in &picture.masks[at + 1..] {
                assert_eq!(mask.intersection_area(other).expect("of a size"), 0);
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_model_with_any_number_of_threads() {
    let folder = tempfile::tempdir().expect("a folder");
    let training = Training {
        updates: 2,
        batch: 3,
        ..Training::default()
    };
    let bytes = |threads: usize| {
        let path = folder.path().join(format!("{threads}.safetensors"));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let mut losses = Vec::new();
        pool.expect("threads").install(|| {
            train(&training, None, &path, |now, _| {
                losses.push(now.loss);
                true
            })
            .expect("a model");
        });
        assert_eq!(losses.len(), 2);
        assert!(losses.iter().all(|loss| loss.is_finite()));
        std::fs::read(path).expect("bytes")
    };
    assert_eq!(bytes(1), bytes(2));
}
