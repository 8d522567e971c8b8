//! Sensors have the properties that they are known by.

use resam_synth::{Class, Scene, SceneSpec, Sensor, Terrain, generate};

use crate::{brightness, seen_by, spec};

/// Squares of 16 pixels a side that show nothing but water.
fn calm_squares(scene: &Scene) -> Vec<[u32; 2]> {
    let (width, height) = scene.image.dimensions();
    let water = scene
        .instances
        .iter()
        .filter(|one| one.class == Class::Water);
    let water = water.max_by_key(|one| one.area()).unwrap();
    let mask = water.image_mask(width, height).unwrap();
    let corners =
        (0..height / 16).flat_map(|row| (0..width / 16).map(move |column| [column * 16, row * 16]));
    corners
        .filter(|&[left, top]| (0..16).all(|y| (0..16).all(|x| mask.get(left + x, top + y))))
        .collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let middle = mean(values);
    values
        .iter()
        .map(|value| (value - middle) * (value - middle))
        .sum::<f64>()
        / (values.len() - 1) as f64
}

#[test]
fn speckle_has_the_variance_of_its_looks_and_no_memory() {
    for looks in [1_u32, 4, 16] {
        let scene = seen_by(
            Sensor::Radar { looks },
            SceneSpec {
                density: 0.0,
                ..spec(Terrain::Harbour, 600, 2)
            },
        );
        let squares = calm_squares(&scene);
        assert!(squares.len() > 100);
        let (mut spread, mut alike) = (Vec::new(), Vec::new());
        for [left, top] in squares {
            // Pixels are amplitudes; the intensity is their square.
            let intensity = |x: u32, y: u32| {
                let amplitude = f64::from(scene.image.get_pixel(left + x, top + y).0[0]);
                amplitude * amplitude
            };
            let rows: Vec<Vec<f64>> = (0..16)
                .map(|y| (0..16).map(|x| intensity(x, y)).collect())
                .collect();
            let all = rows.concat();
            let middle = mean(&all);
            spread.push(variance(&all) / (middle * middle));
            let beside = rows.iter().flat_map(|row| row.windows(2));
            let products: Vec<f64> = beside
                .map(|pair| (pair[0] - middle) * (pair[1] - middle))
                .collect();
            alike.push(mean(&products) / variance(&all));
        }
        let found = 1.0 / mean(&spread);
        let expected = f64::from(looks);
        // Waves and the steps of 8 bits add a little variance of their own.
        assert!(
            (0.82 * expected..1.08 * expected).contains(&found),
            "{looks} looks: {found}"
        );
        assert!(mean(&alike).abs() < 0.12, "{looks} looks: {}", mean(&alike));
    }
}

#[test]
fn radar_images_are_grey_with_dark_water_and_bright_metal() {
    let scene = seen_by(Sensor::Radar { looks: 4 }, spec(Terrain::Harbour, 512, 3));
    assert!(
        scene
            .image
            .pixels()
            .all(|pixel| pixel.0[0] == pixel.0[1] && pixel.0[1] == pixel.0[2])
    );
    let level = |class: Class| {
        let levels: Vec<f64> = scene
            .instances
            .iter()
            .filter(|one| one.class == class)
            .flat_map(|one| {
                one.mask
                    .pixels()
                    .map(|(x, y)| brightness(&scene, one.x + x, one.y + y))
            })
            .collect();
        mean(&levels)
    };
    assert!(level(Class::Ship) > 3.0 * level(Class::Water));
}

#[test]
fn haze_lifts_the_dark_and_takes_contrast() {
    let seen = |haze: f64| {
        let scene = generate(&SceneSpec {
            haze,
            ..spec(Terrain::Suburb, 256, 4)
        })
        .unwrap();
        let levels: Vec<f64> = (0..256 * 256)
            .map(|at| brightness(&scene, at % 256, at / 256))
            .collect();
        (mean(&levels), variance(&levels))
    };
    let (clear, hazy) = (seen(0.0), seen(0.5));
    assert!(hazy.0 > clear.0 + 10.0);
    assert!(hazy.1 < 0.5 * clear.1);
}

/// Mean square of the difference between neighbours.
fn edges(scene: &Scene, value: impl Fn([f64; 3]) -> f64) -> f64 {
    let (width, height) = scene.image.dimensions();
    let at = |x: u32, y: u32| value(scene.image.get_pixel(x, y).0.map(f64::from));
    let differences = (0..height).flat_map(|y| (1..width).map(move |x| (x, y)));
    let squares: Vec<f64> = differences
        .map(|(x, y)| {
            let difference = at(x, y) - at(x - 1, y);
            difference * difference
        })
        .collect();
    mean(&squares)
}

#[test]
fn blur_softens_edges() {
    let seen = |blur: f64| {
        let scene = generate(&SceneSpec {
            blur,
            ..spec(Terrain::Suburb, 256, 4)
        })
        .unwrap();
        edges(&scene, |[red, green, blue]| red + green + blue)
    };
    let (sharp, soft, softer) = (seen(0.0), seen(1.0), seen(2.5));
    assert!(
        sharp > 1.5 * soft && soft > 1.5 * softer,
        "{sharp} {soft} {softer}"
    );
}

#[test]
fn colours_of_a_satellite_are_coarser_than_its_brightness() {
    let ratio = |sensor| {
        let scene = seen_by(
            sensor,
            SceneSpec {
                blur: 0.4,
                ..spec(Terrain::Suburb, 320, 4)
            },
        );
        let colour = edges(&scene, |[red, _, blue]| red - blue);
        let brightness = edges(&scene, |[red, green, blue]| {
            0.3 * red + 0.55 * green + 0.15 * blue
        });
        colour / brightness
    };
    let (satellite, aerial) = (ratio(Sensor::Satellite), ratio(Sensor::Aerial));
    assert!(satellite < 0.5 * aerial, "{satellite} and {aerial}");
}
