//! Sizes are in metres.

use resam_synth::{Class, Scene, SceneSpec, Terrain, generate};

use crate::spec;

/// Areas in square metres of the objects of a class that lie wholly within the image.
fn areas(scene: &Scene, class: Class, gsd: f64) -> Vec<f64> {
    let (width, height) = scene.image.dimensions();
    let whole = scene.instances.iter().filter(|one| {
        let bounds = one.bounding_box();
        one.class == class
            && bounds.x0 > 0.0
            && bounds.y0 > 0.0
            && bounds.x1 < f64::from(width)
            && bounds.y1 < f64::from(height)
    });
    let mut areas: Vec<f64> = whole.map(|one| one.outline_area() * gsd * gsd).collect();
    areas.sort_by(f64::total_cmp);
    areas
}

#[test]
fn half_the_ground_sampling_distance_shows_the_same_ground_in_four_times_the_pixels() {
    let coarse = spec(Terrain::Suburb, 300, 6);
    let fine = SceneSpec {
        width: 600,
        height: 600,
        gsd: coarse.gsd / 2.0,
        min_pixels: 4 * coarse.min_pixels,
        ..coarse.clone()
    };
    let (coarse_scene, fine_scene) = (generate(&coarse).unwrap(), generate(&fine).unwrap());
    let coarse_areas = areas(&coarse_scene, Class::Building, coarse.gsd);
    let fine_areas = areas(&fine_scene, Class::Building, fine.gsd);
    assert!(coarse_areas.len() > 10);
    // One at the very edge may be counted in one image and not in the other.
    assert!(coarse_areas.len().abs_diff(fine_areas.len()) <= 1);
    let alike = |area: &f64| {
        fine_areas
            .iter()
            .any(|fine| (fine / area - 1.0).abs() < 1e-6)
    };
    assert!(coarse_areas.iter().filter(|area| alike(area)).count() + 1 >= coarse_areas.len());
}

#[test]
fn objects_have_the_sizes_that_they_have_in_the_world() {
    let cases = [
        (Terrain::Suburb, Class::Vehicle, 6.0, 40.0),
        (Terrain::Suburb, Class::Building, 4.0, 400.0),
        (Terrain::Suburb, Class::Tree, 2.0, 80.0),
        (Terrain::Industrial, Class::StorageTank, 10.0, 450.0),
        (Terrain::Park, Class::SportsCourt, 500.0, 7300.0),
        (Terrain::Airfield, Class::Aircraft, 15.0, 700.0),
        (Terrain::Harbour, Class::Container, 29.0, 30.5),
    ];
    for (terrain, class, least, most) in cases {
        let found: Vec<f64> = (0..8)
            .flat_map(|seed| {
                let spec = SceneSpec {
                    gsd: 0.5,
                    ..spec(terrain, 400, seed)
                };
                areas(&generate(&spec).unwrap(), class, 0.5)
            })
            .collect();
        assert!(!found.is_empty(), "{terrain}: no {class:?}");
        let fit = found.iter().filter(|area| (least..most).contains(*area));
        assert_eq!(fit.count(), found.len(), "{class:?}: {found:?}");
    }
}

#[test]
fn density_is_how_much_stands_there() {
    let count = |density: f64| {
        let scenes = (0..3).map(|seed| {
            generate(&SceneSpec {
                density,
                ..spec(Terrain::Suburb, 400, seed)
            })
            .unwrap()
        });
        scenes
            .map(|scene| {
                scene
                    .instances
                    .iter()
                    .filter(|one| one.class == Class::Vehicle)
                    .count()
            })
            .sum::<usize>()
    };
    let counts = [0.1, 1.0, 2.0].map(count);
    assert!(counts[0] < counts[1] && counts[1] < counts[2], "{counts:?}");
}
