//! Shadows go by the sun.

use resam_synth::{Class, SceneSpec, Sun, Terrain, generate};

use crate::{brightness, spec};

/// Mean brightness beside tanks: on the side of the sun, and on the other.
fn beside_tanks(sun: Sun) -> (f64, f64) {
    let (mut towards, mut away) = (Vec::new(), Vec::new());
    for seed in 0..8 {
        let scene = generate(&SceneSpec {
            sun,
            ..spec(Terrain::Industrial, 400, seed)
        })
        .unwrap();
        let tanks = scene
            .instances
            .iter()
            .filter(|one| one.class == Class::StorageTank);
        for tank in tanks.filter(|tank| tank.visible() > 0.97) {
            let bounds = tank.bounding_box();
            let (x, y) = ((bounds.x0 + bounds.x1) / 2.0, (bounds.y0 + bounds.y1) / 2.0);
            // Three pixels off the wall.
            let reach = bounds.width() / 2.0 + 3.0;
            let (sin, cos) = sun.azimuth.to_radians().sin_cos();
            let (right, down) = (sin * reach, -cos * reach);
            let inside = |x: f64, y: f64| (0.0..400.0).contains(&x) && (0.0..400.0).contains(&y);
            if inside(x + right, y + down) && inside(x - right, y - down) {
                towards.push(brightness(&scene, (x + right) as u32, (y + down) as u32));
                away.push(brightness(&scene, (x - right) as u32, (y - down) as u32));
            }
        }
    }
    assert!(towards.len() >= 10, "{}", towards.len());
    let mean = |levels: &[f64]| levels.iter().sum::<f64>() / levels.len() as f64;
    (mean(&towards), mean(&away))
}

#[test]
fn shadows_lie_away_from_the_sun() {
    for azimuth in [0.0, 90.0, 180.0, 235.0, 270.0] {
        let (towards, away) = beside_tanks(Sun {
            azimuth,
            elevation: 45.0,
        });
        assert!(away < 0.65 * towards, "{azimuth}: {away} and {towards}");
    }
}

#[test]
fn a_sun_overhead_throws_no_shadow() {
    let (towards, away) = beside_tanks(Sun {
        azimuth: 90.0,
        elevation: 90.0,
    });
    assert!((away / towards - 1.0).abs() < 0.15, "{away} and {towards}");
}

#[test]
fn the_lower_the_sun_the_more_lies_in_shadow() {
    let dark = |elevation: f64| {
        let scene = generate(&SceneSpec {
            sun: Sun {
                azimuth: 140.0,
                elevation,
            },
            haze: 0.0,
            ..spec(Terrain::Industrial, 400, 5)
        })
        .unwrap();
        let pixels = (0..400 * 400).filter(|at| brightness(&scene, at % 400, at / 400) < 60.0);
        pixels.count()
    };
    let counts = [70.0, 45.0, 25.0].map(dark);
    assert!(
        counts.is_sorted_by(|left, right| (*left as f64) * 1.1 < *right as f64),
        "{counts:?}"
    );
}
