//! The masks are exact.

use proptest::prelude::*;
use resam_mask::Bitmap;
use resam_synth::{Class, Instance, Scene, SceneSpec, Sensor, Sun, Terrain, generate, photograph};

use crate::spec;

/// Cuts a polygon at a line and keeps the side where `keep` is not negative: one step of
/// Sutherland's and Hodgman's algorithm.
fn clipped(ring: &[[f64; 2]], keep: impl Fn([f64; 2]) -> f64) -> Vec<[f64; 2]> {
    let mut kept = Vec::new();
    for (index, &end) in ring.iter().enumerate() {
        let start = ring[(index + ring.len() - 1) % ring.len()];
        let (from, to) = (keep(start), keep(end));
        if (from < 0.0) != (to < 0.0) {
            let share = from / (from - to);
            kept.push([
                start[0] + share * (end[0] - start[0]),
                start[1] + share * (end[1] - start[1]),
            ]);
        }
        if to >= 0.0 {
            kept.push(end);
        }
    }
    kept
}

fn area(ring: &[[f64; 2]]) -> f64 {
    let next = ring.iter().cycle().skip(1);
    let pairs = ring.iter().zip(next);
    pairs.map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>() / 2.0
}

/// Which pixels of the instance's own box its outline covers by at least half, and which by so
/// nearly half that rounding decides.
fn rasterised(instance: &Instance) -> (Bitmap, Bitmap) {
    let (width, height) = (instance.mask.width(), instance.mask.height());
    let mut covered = Bitmap::new(width, height).unwrap();
    let mut doubtful = covered.clone();
    for y in 0..height {
        let top = f64::from(instance.y + y);
        let rows: Vec<Vec<[f64; 2]>> = instance
            .outline
            .iter()
            .map(|ring| clipped(&clipped(ring, |p| p[1] - top), |p| top + 1.0 - p[1]))
            .collect();
        for x in 0..width {
            let left = f64::from(instance.x + x);
            let share: f64 = rows
                .iter()
                .map(|ring| {
                    area(&clipped(&clipped(ring, |p| p[0] - left), |p| {
                        left + 1.0 - p[0]
                    }))
                })
                .sum();
            covered.set(x, y, share >= 0.5);
            doubtful.set(x, y, (share - 0.5).abs() < 1e-3);
        }
    }
    (covered, doubtful)
}

/// Pixels of one mask that the other has not.
fn beyond(one: &Bitmap, other: &Bitmap) -> Bitmap {
    let mut rest = one.clone();
    rest.subtract_assign(other).unwrap();
    rest
}

fn assert_disjoint(scene: &Scene) {
    let (width, height) = scene.image.dimensions();
    let mut taken = Bitmap::new(width, height).unwrap();
    for instance in &scene.instances {
        let mask = instance.image_mask(width, height).unwrap();
        assert_eq!(
            taken.intersection_area(&mask).unwrap(),
            0,
            "{:?}",
            instance.class
        );
        taken.or_assign(&mask).unwrap();
    }
}

#[test]
fn no_mask_goes_beyond_its_outline() {
    for terrain in Terrain::ALL {
        let scene = generate(&spec(terrain, 320, 5)).unwrap();
        assert!(!scene.instances.is_empty(), "{terrain}");
        for instance in &scene.instances {
            let (covered, doubtful) = rasterised(instance);
            let beyond = beyond(&beyond(&instance.mask, &covered), &doubtful);
            assert!(
                beyond.is_empty(),
                "{terrain}: {:?} {}",
                instance.class,
                instance.id
            );
        }
    }
}

#[test]
fn an_object_under_open_sky_shows_all_of_its_outline() {
    // Nothing in these scenes is higher than the tanks or the aircraft beside them.
    let cases = [
        (Terrain::Industrial, Class::StorageTank),
        (Terrain::Airfield, Class::Aircraft),
    ];
    for (terrain, class) in cases {
        let mut seen = 0;
        for seed in 0..6 {
            let scene = generate(&spec(terrain, 400, seed)).unwrap();
            for instance in scene.instances.iter().filter(|one| one.class == class) {
                let (covered, doubtful) = rasterised(instance);
                let missing = beyond(&beyond(&covered, &instance.mask), &doubtful);
                assert!(
                    missing.is_empty(),
                    "{terrain}, seed {seed}: {}",
                    instance.id
                );
                seen += 1;
            }
        }
        assert!(seen >= 10, "{terrain}: {seen}");
    }
}

#[test]
fn what_hides_a_part_of_an_object_has_the_pixels_instead() {
    // Cars on a road are holes in its mask.
    let scene = generate(&spec(Terrain::Suburb, 500, 3)).unwrap();
    let road = scene
        .instances
        .iter()
        .filter(|one| one.class == Class::Road);
    let road = road.max_by_key(|one| one.area()).unwrap();
    let on_road = scene.instances.iter().filter(|one| {
        let bounds = one.bounding_box();
        let centre = [(bounds.x0 + bounds.x1) / 2.0, (bounds.y0 + bounds.y1) / 2.0];
        let inside = |ring: &Vec<[f64; 2]>| {
            let turns = ring.iter().zip(ring.iter().cycle().skip(1));
            turns.into_iter().all(|(a, b)| {
                (b[0] - a[0]) * (centre[1] - a[1]) - (b[1] - a[1]) * (centre[0] - a[0]) > 0.0
            })
        };
        one.class == Class::Vehicle && road.outline.iter().all(inside)
    });
    let cars: Vec<&Instance> = on_road.collect();
    assert!(!cars.is_empty());
    let whole = road.image_mask(500, 500).unwrap();
    for car in cars {
        let mask = car.image_mask(500, 500).unwrap();
        assert_eq!(whole.intersection_area(&mask).unwrap(), 0);
    }
}

#[test]
fn instances_share_no_pixel_and_are_large_enough() {
    for terrain in Terrain::ALL {
        let spec = SceneSpec {
            min_pixels: 40,
            ..spec(terrain, 300, 8)
        };
        let scene = generate(&spec).unwrap();
        assert_disjoint(&scene);
        assert!(scene.instances.iter().all(|one| one.area() >= 40));
        let ids: Vec<u32> = scene.instances.iter().map(|one| one.id).collect();
        assert!(ids.is_sorted_by(|left, right| left < right));
    }
    for seed in 0..20 {
        assert_disjoint(&photograph(seed, 160).unwrap());
    }
}

#[test]
fn run_lengths_of_an_instance_are_those_of_its_mask() {
    let mut shapes = 0;
    for (seed, terrain) in (0..).zip(Terrain::ALL) {
        let scene = generate(&spec(terrain, 200, seed)).unwrap();
        for instance in &scene.instances {
            let runs = instance.rle(200, 200).unwrap();
            let mask = instance.image_mask(200, 200).unwrap();
            assert_eq!(runs, resam_mask::Rle::encode(&mask));
            assert_eq!(runs.bounding_box(), Some(instance.bounding_box()));
            shapes += 1;
        }
    }
    assert!(shapes > 100);
}

fn any_spec() -> impl Strategy<Value = SceneSpec> {
    let sensors = prop_oneof![
        Just(Sensor::Aerial),
        Just(Sensor::Satellite),
        (1_u32..=64).prop_map(|looks| Sensor::Radar { looks }),
    ];
    let terrain = prop::collection::vec(prop::sample::select(Terrain::ALL.to_vec()), 1..4);
    let shape = (1_u32..200, 1_u32..200, 0.05..5.0_f64, sensors, terrain);
    let air = (
        -360.0..=360.0_f64,
        10.0..=90.0_f64,
        0.0..=1.0_f64,
        0.0..=3.0_f64,
    );
    (shape, air, 0.0..=2.0_f64, any::<u64>(), 0_u64..50).prop_map(
        |((width, height, gsd, sensor, terrain), air, density, seed, min_pixels)| SceneSpec {
            width,
            height,
            gsd,
            sensor,
            terrain,
            sun: Sun {
                azimuth: air.0,
                elevation: air.1,
            },
            haze: air.2,
            blur: air.3,
            density,
            seed,
            min_pixels,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_scene_that_is_allowed_is_painted(spec in any_spec()) {
        let scene = generate(&spec).unwrap();
        prop_assert_eq!(scene.image.dimensions(), (spec.width, spec.height));
        assert_disjoint(&scene);
        for instance in &scene.instances {
            prop_assert!(instance.area() >= spec.min_pixels.max(1));
            prop_assert!(instance.x + instance.mask.width() <= spec.width);
            prop_assert!(instance.y + instance.mask.height() <= spec.height);
        }
    }
}
