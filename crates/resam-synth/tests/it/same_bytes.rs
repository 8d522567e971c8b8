//! The same specification gives the same bytes.

use rayon::ThreadPoolBuilder;
use resam_synth::{Scene, SceneSpec, Sensor, Terrain, generate, photograph};

fn with_threads(threads: usize, spec: &SceneSpec) -> Scene {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| generate(spec)).unwrap()
}

fn varied(sensor: Sensor) -> SceneSpec {
    SceneSpec {
        sensor,
        terrain: Terrain::ALL.to_vec(),
        gsd: 0.8,
        ..SceneSpec::new(500, 410, 21)
    }
}

#[test]
fn one_thread_and_several_paint_the_same_scene() {
    for sensor in [
        Sensor::Aerial,
        Sensor::Satellite,
        Sensor::Radar { looks: 3 },
    ] {
        let spec = varied(sensor);
        let alone = with_threads(1, &spec);
        assert_eq!(alone, with_threads(2, &spec));
        assert_eq!(alone, with_threads(5, &spec));
    }
}

#[test]
fn another_seed_gives_another_scene() {
    let spec = varied(Sensor::Aerial);
    let other = SceneSpec {
        seed: 22,
        ..spec.clone()
    };
    let (one, two) = (generate(&spec).unwrap(), generate(&other).unwrap());
    assert_ne!(one.image, two.image);
    assert_ne!(one.instances, two.instances);
    assert_ne!(
        photograph(1, 128).unwrap().image,
        photograph(2, 128).unwrap().image
    );
}

#[test]
fn sensors_see_the_same_objects() {
    let aerial = generate(&varied(Sensor::Aerial)).unwrap();
    let satellite = generate(&varied(Sensor::Satellite)).unwrap();
    assert_eq!(aerial.instances, satellite.instances);
    assert_ne!(aerial.image, satellite.image);
}
