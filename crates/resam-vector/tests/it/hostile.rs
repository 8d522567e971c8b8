//! Whatever a stranger can hand in.

use proptest::prelude::*;
use resam_vector::{ReadOptions, fuzz_geometry, parse_geojson_points, read_points, read_polygons};

use crate::{file, fixture, to, utm};

fn read_geojson(bytes: &[u8]) {
    let target = utm();
    for options in [ReadOptions::default(), to(&target)] {
        if let Ok(file) = parse_geojson_points("any", bytes, &options) {
            assert!(!file.points.is_empty());
            assert!(
                file.points
                    .iter()
                    .all(|at| at.x.is_finite() && at.y.is_finite())
            );
        }
    }
}

#[test]
fn json_that_nests_without_end_does_not_overflow_the_stack() {
    let deep = 100_000;
    let lists = format!("{}{}", "[".repeat(deep), "]".repeat(deep));
    let collections = format!(
        "{}{}",
        r#"{"type":"GeometryCollection","geometries":["#.repeat(deep),
        "]}".repeat(deep)
    );
    for inner in [&lists, &collections] {
        read_geojson(inner.as_bytes());
        for place in [
            format!(r#"{{"type":"Point","coordinates":{inner}}}"#),
            format!(r#"{{"type":"Feature","properties":{{"a":{inner}}},"geometry":null}}"#),
            format!(r#"{{"type":"Feature","properties":{{}},"geometry":{inner}}}"#),
            format!(r#"{{"type":"FeatureCollection","features":[{inner}]}}"#),
            format!(r#"{{"type":"FeatureCollection","crs":{inner},"features":[]}}"#),
            format!(r#"{{"type":"FeatureCollection","name":{inner},"features":[]}}"#),
        ] {
            read_geojson(place.as_bytes());
        }
    }
}

#[test]
fn many_names_over_many_rows_take_no_more_than_what_is_there() {
    let header: Vec<String> = (0..20_000).map(|place| format!("c{place}")).collect();
    let csv = format!("x,y,{}\n{}", header.join(","), "1,2\n".repeat(20_000));
    let (_folder, path) = file("points.csv", csv);
    let read = read_points(path, &ReadOptions::default()).unwrap();
    assert_eq!((read.points.len(), read.fields.len()), (20_000, 20_000));
    assert!(read.points.iter().all(|point| point.attributes.is_empty()));

    let features: Vec<String> = (0..20_000)
        .map(|place| {
            format!(
                r#"{{"type":"Feature","properties":{{"p{place}":1}},"geometry":{{"type":"Point","coordinates":[1,2]}}}}"#
            )
        })
        .collect();
    let json = format!(
        r#"{{"type":"FeatureCollection","features":[{}]}}"#,
        features.join(",")
    );
    let read = parse_geojson_points("many", json.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(read.fields.len(), 20_000);
    assert!(read.points.iter().all(|point| point.attributes.len() == 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,300}") {
        read_geojson(text.as_bytes());
        let (_folder, path) = file("any", text);
        let _ = read_points(&path, &ReadOptions::default());
        let _ = read_polygons(&path, &ReadOptions::default());
    }

    #[test]
    fn mutilated_geojson_is_read_or_refused(
        from in any::<prop::sample::Index>(),
        length in 0_usize..30,
        with in r#"[\[\]{}",:0-9a-z-]{0,8}"#,
    ) {
        let mut bytes = fs_err::read(fixture("points_member.geojson")).unwrap();
        let start = from.index(bytes.len());
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, with.bytes());
        read_geojson(&bytes);
    }

    #[test]
    fn mutilated_databases_are_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..24),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
        points in any::<bool>(),
    ) {
        let name = if points { "points.gpkg" } else { "footprints.gpkg" };
        let mut bytes = fs_err::read(fixture(name)).unwrap();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let (_folder, path) = file("any.gpkg", bytes);
        let _ = read_points(&path, &ReadOptions::default());
        let _ = read_polygons(&path, &ReadOptions::default());
    }

    #[test]
    fn any_bytes_are_a_geometry_or_none(
        head in 0_u8..16,
        kind in prop::sample::select(vec![1_u32, 2, 3, 4, 6, 7, 1003, 3006, 0x8000_0003]),
        body in prop::collection::vec(prop::sample::select(vec![0_u8, 1, 2, 3, 6, 64, 127, 255]), 0..200),
    ) {
        let mut blob = vec![b'G', b'P', 0, head, 0, 0, 0, 0];
        blob.extend(vec![0; [0, 32, 48, 48, 64, 0, 0, 0][usize::from(head >> 1)]]);
        blob.push(1);
        blob.extend(kind.to_le_bytes());
        blob.extend(body);
        prop_assert!(fuzz_geometry(&blob));
    }
}
