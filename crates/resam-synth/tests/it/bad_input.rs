//! Bad specifications are refused in words that help.

use resam_synth::{SceneSpec, Sensor, Sun, Terrain, generate, photograph};

use crate::spec;

fn refusal(spec: SceneSpec) -> String {
    generate(&spec).unwrap_err().to_string()
}

#[test]
fn a_scene_without_pixels_or_with_too_many_is_refused() {
    let no_pixels = refusal(SceneSpec::new(0, 40, 1));
    assert!(no_pixels.contains("0 x 40") && no_pixels.contains("hint: "));
    assert!(refusal(SceneSpec::new(u32::MAX, u32::MAX, 1)).contains("hint: "));
    assert!(photograph(1, 0).is_err() && photograph(1, u32::MAX).is_err());
}

#[test]
fn numbers_out_of_range_are_refused_and_named() {
    let good = || spec(Terrain::Park, 64, 1);
    let cases = [
        (SceneSpec { gsd: 0.0, ..good() }, "ground sampling distance"),
        (
            SceneSpec {
                gsd: f64::NAN,
                ..good()
            },
            "ground sampling distance",
        ),
        (
            SceneSpec {
                haze: 1.5,
                ..good()
            },
            "haze",
        ),
        (
            SceneSpec {
                blur: -1.0,
                ..good()
            },
            "blur",
        ),
        (
            SceneSpec {
                density: f64::INFINITY,
                ..good()
            },
            "density",
        ),
        (
            SceneSpec {
                sun: Sun {
                    azimuth: 0.0,
                    elevation: 0.0,
                },
                ..good()
            },
            "elevation",
        ),
        (
            SceneSpec {
                sun: Sun {
                    azimuth: f64::NAN,
                    elevation: 45.0,
                },
                ..good()
            },
            "azimuth",
        ),
        (
            SceneSpec {
                sensor: Sensor::Radar { looks: 0 },
                ..good()
            },
            "looks",
        ),
        (
            SceneSpec {
                width: 8000,
                height: 8000,
                gsd: 2.0,
                ..good()
            },
            "square kilometres",
        ),
    ];
    for (spec, word) in cases {
        let message = refusal(spec);
        assert!(
            message.contains(word) && message.contains("\n\nhint: use a number from"),
            "{message}"
        );
    }
}

#[test]
fn a_scene_of_no_terrain_is_refused() {
    let empty = SceneSpec {
        terrain: Vec::new(),
        ..SceneSpec::new(64, 64, 1)
    };
    assert!(refusal(empty).contains("hint: name at least one terrain"));
}

#[test]
fn names_of_sensors_and_terrains_are_read_back() {
    for terrain in Terrain::ALL {
        assert_eq!(terrain.to_string().parse::<Terrain>().unwrap(), terrain);
    }
    for sensor in [
        Sensor::Aerial,
        Sensor::Satellite,
        Sensor::Radar { looks: 4 },
    ] {
        assert_eq!(sensor.to_string().parse::<Sensor>().unwrap(), sensor);
    }
    let unknown = "moon".parse::<Terrain>().unwrap_err().to_string();
    assert!(unknown.contains("`moon`") && unknown.contains("farmland"));
    assert!("camera".parse::<Sensor>().is_err());
}
