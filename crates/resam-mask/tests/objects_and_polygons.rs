//! Components and polygons account for every pixel exactly.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use resam_mask::{
    Bitmap, Component, Connectivity, MaskError, PixelBox, Polygon, components, label_components,
    polygons,
};

/// An image drawn with `#` for the pixels set.
fn draw(rows: &[&str]) -> Bitmap {
    let set = |x: u32, y: u32| rows[y as usize].as_bytes()[x as usize] == b'#';
    Bitmap::from_fn(rows[0].len() as u32, rows.len() as u32, set).expect("a small drawing")
}

/// Images from nearly empty to nearly full, rich in corners that touch.
fn bitmaps() -> impl Strategy<Value = Bitmap> {
    (1..24_u32, 1..24_u32, 0.05..0.95_f64).prop_flat_map(|(width, height, density)| {
        let pixel = prop::bool::weighted(density);
        prop::collection::vec(pixel, (width * height) as usize).prop_map(move |pixels| {
            Bitmap::from_fn(width, height, |x, y| pixels[(y * width + x) as usize])
                .expect("a small size")
        })
    })
}

/// The pixels whose centres are inside an odd number of rings.
fn fill(polygons: &[Polygon], width: u32, height: u32) -> Bitmap {
    let mut filled = vec![false; (width * height) as usize];
    for ring in polygons
        .iter()
        .flat_map(|polygon| polygon.holes.iter().chain([&polygon.exterior]))
    {
        for ([x, from], [_, to]) in sides(ring).filter(|(from, to)| from[0] == to[0]) {
            for y in from.min(to)..from.max(to) {
                for right_of_it in x..width {
                    filled[(y * width + right_of_it) as usize] ^= true;
                }
            }
        }
    }
    Bitmap::from_fn(width, height, |x, y| filled[(y * width + x) as usize]).expect("a small size")
}

fn sides(ring: &[[u32; 2]]) -> impl Iterator<Item = ([u32; 2], [u32; 2])> + '_ {
    (0..ring.len()).map(|index| (ring[index], ring[(index + 1) % ring.len()]))
}

/// Every pixel corner that a ring passes, in order.
fn passed(ring: &[[u32; 2]]) -> Vec<[i64; 2]> {
    let steps = |(from, to): ([u32; 2], [u32; 2])| {
        let [from, to] = [from, to].map(|corner| corner.map(i64::from));
        let [across, down] = [to[0] - from[0], to[1] - from[1]];
        (0..across.abs() + down.abs()).map(move |step| {
            [
                from[0] + step * across.signum(),
                from[1] + step * down.signum(),
            ]
        })
    };
    sides(ring).flat_map(steps).collect()
}

/// Twice the area inside, positive if the ring runs clockwise on the screen.
fn signed_area(ring: &[[u32; 2]]) -> i64 {
    let product = |a: u32, b: u32| i64::from(a) * i64::from(b);
    sides(ring)
        .map(|(from, to)| product(from[0], to[1]) - product(to[0], from[1]))
        .sum()
}

/// Components by flooding from every pixel in turn.
fn flood(labels: &[u32], width: u32, height: u32, reach: &[[i64; 2]]) -> Vec<(u32, Vec<bool>)> {
    let mut seen = vec![false; labels.len()];
    let mut found = Vec::new();
    for first in 0..labels.len() {
        if seen[first] || labels[first] == 0 {
            continue;
        }
        let mut member = vec![false; labels.len()];
        let mut waiting = vec![first];
        while let Some(place) = waiting.pop() {
            if seen[place] {
                continue;
            }
            (seen[place], member[place]) = (true, true);
            let (x, y) = (
                place as i64 % i64::from(width),
                place as i64 / i64::from(width),
            );
            for [across, down] in reach {
                let (x, y) = (x + across, y + down);
                if (0..i64::from(width)).contains(&x) && (0..i64::from(height)).contains(&y) {
                    let neighbour = (y * i64::from(width) + x) as usize;
                    if labels[neighbour] == labels[first] {
                        waiting.push(neighbour);
                    }
                }
            }
        }
        found.push((labels[first], member));
    }
    found
}

const FOUR: [[i64; 2]; 4] = [[1, 0], [-1, 0], [0, 1], [0, -1]];
const EIGHT: [[i64; 2]; 8] = [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
    [1, 1],
    [1, -1],
    [-1, 1],
    [-1, -1],
];

fn pixels_of(component: &Component) -> Vec<bool> {
    let bitmap = component.to_bitmap();
    let places = (0..bitmap.height()).flat_map(|y| (0..bitmap.width()).map(move |x| (x, y)));
    places.map(|(x, y)| bitmap.get(x, y)).collect()
}

proptest! {
    #[test]
    fn components_of_labels_are_what_flooding_finds(
        (width, labels) in (1..30_usize, 0..20_usize).prop_flat_map(|(width, height)| {
            (Just(width), prop::collection::vec(0..3_u32, width * height))
        }),
    ) {
        let height = (labels.len() / width) as u32;
        let width = width as u32;
        for (connectivity, reach) in
            [(Connectivity::Four, &FOUR[..]), (Connectivity::Eight, &EIGHT[..])]
        {
            let found = label_components(&labels, width, height, connectivity)?;
            let found: Vec<_> = found.iter().map(|one| (one.label(), pixels_of(one))).collect();
            prop_assert_eq!(found, flood(&labels, width, height, reach));
        }
    }

    #[test]
    fn components_of_a_bitmap_divide_its_pixels(bitmap in bitmaps()) {
        for connectivity in [Connectivity::Four, Connectivity::Eight] {
            let mut rest = bitmap.clone();
            for component in components(&bitmap, connectivity) {
                let alone = component.to_bitmap();
                prop_assert_eq!(alone.intersection_area(&rest)?, component.area());
                prop_assert_eq!(alone.area(), component.area());
                prop_assert_eq!(alone.bounding_box(), Some(component.bounding_box()));
                rest.subtract_assign(&alone)?;
            }
            prop_assert!(rest.is_empty());
        }
    }

    #[test]
    fn filling_the_polygons_gives_the_bitmap_back(bitmap in bitmaps()) {
        let polygons = polygons(&bitmap);
        prop_assert_eq!(fill(&polygons, bitmap.width(), bitmap.height()), bitmap);
    }

    #[test]
    fn there_is_one_polygon_for_each_object_and_it_fills_that_object(bitmap in bitmaps()) {
        let objects = components(&bitmap, Connectivity::Four);
        let polygons = polygons(&bitmap);
        prop_assert_eq!(polygons.len(), objects.len());
        for (polygon, object) in polygons.iter().zip(&objects) {
            let filled = fill(std::slice::from_ref(polygon), bitmap.width(), bitmap.height());
            prop_assert_eq!(filled, object.to_bitmap());
        }
    }

    #[test]
    fn every_ring_is_simple_and_turns_at_every_corner(bitmap in bitmaps()) {
        for polygon in polygons(&bitmap) {
            prop_assert!(signed_area(&polygon.exterior) < 0);
            for ring in polygon.holes.iter().chain([&polygon.exterior]) {
                prop_assert!(ring.len() >= 4);
                let corners = passed(ring);
                let distinct: BTreeSet<_> = corners.iter().collect();
                prop_assert_eq!(distinct.len(), corners.len());
                let vertical: Vec<_> = sides(ring).map(|(from, to)| from[0] == to[0]).collect();
                prop_assert!((1..ring.len()).all(|index| vertical[index] != vertical[index - 1]));
                prop_assert_ne!(vertical[0], vertical[ring.len() - 1]);
            }
            prop_assert!(polygon.holes.iter().all(|hole| signed_area(hole) > 0));
        }
    }

    #[test]
    fn holes_touch_each_other_and_the_exterior_at_no_more_than_single_points(bitmap in bitmaps()) {
        for polygon in polygons(&bitmap) {
            let mut times_used = BTreeMap::new();
            for ring in polygon.holes.iter().chain([&polygon.exterior]) {
                let corners = passed(ring);
                for index in 0..corners.len() {
                    let mut side = [corners[index], corners[(index + 1) % corners.len()]];
                    side.sort_unstable();
                    *times_used.entry(side).or_insert(0) += 1;
                }
                // Two rings that met twice would cut the inside of the polygon in two.
                for other in polygon.holes.iter().chain([&polygon.exterior]) {
                    let other: BTreeSet<_> = passed(other).into_iter().collect();
                    let shared = corners.iter().filter(|corner| other.contains(*corner)).count();
                    prop_assert!(shared <= 1 || shared == corners.len());
                }
            }
            prop_assert!(times_used.values().all(|&times| times == 1));
        }
    }
}

#[test]
fn pixels_that_touch_at_a_corner_are_one_object_only_with_eight_neighbours() {
    let diagonal = draw(&["#..", ".#.", "..#"]);
    assert_eq!(components(&diagonal, Connectivity::Four).len(), 3);
    let whole = components(&diagonal, Connectivity::Eight);
    assert_eq!(whole.len(), 1);
    assert_eq!(whole[0].bounding_box(), PixelBox::new(0.0, 0.0, 3.0, 3.0));
    assert_eq!(polygons(&diagonal).len(), 3);
}

#[test]
fn a_frame_has_an_exterior_anticlockwise_and_a_hole_clockwise() {
    let frame = draw(&["###", "#.#", "###"]);
    let expected = Polygon {
        exterior: vec![[0, 0], [0, 3], [3, 3], [3, 0]],
        holes: vec![vec![[2, 2], [1, 2], [1, 1], [2, 1]]],
    };
    let found = polygons(&frame);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].exterior, expected.exterior);
    assert_eq!(
        rotated_to_first(&found[0].holes[0]),
        rotated_to_first(&expected.holes[0])
    );
}

/// The ring started at its smallest corner.
fn rotated_to_first(ring: &[[u32; 2]]) -> Vec<[u32; 2]> {
    let mut ring = ring.to_vec();
    let first = (0..ring.len())
        .min_by_key(|&index| ring[index])
        .unwrap_or(0);
    ring.rotate_left(first);
    ring
}

#[test]
fn an_object_that_touches_itself_at_a_corner_closes_a_hole_there() {
    let pinched = draw(&["###", "#.#", "##."]);
    let found = polygons(&pinched);
    assert_eq!(found.len(), 1);
    let exterior = [[0, 0], [0, 3], [2, 3], [2, 2], [3, 2], [3, 0]];
    assert_eq!(rotated_to_first(&found[0].exterior), exterior);
    assert_eq!(found[0].holes.len(), 1);
    assert_eq!(
        rotated_to_first(&found[0].holes[0]),
        [[1, 1], [2, 1], [2, 2], [1, 2]]
    );
}

#[test]
fn an_object_inside_a_hole_is_a_polygon_of_its_own() {
    let island = draw(&["#####", "#...#", "#.#.#", "#...#", "#####"]);
    let holes: Vec<_> = polygons(&island)
        .iter()
        .map(|polygon| polygon.holes.len())
        .collect();
    assert_eq!(holes, [1, 0]);
}

#[test]
fn an_empty_image_has_neither_objects_nor_polygons() -> Result<(), MaskError> {
    for (width, height) in [(0, 0), (5, 0), (0, 5), (5, 5)] {
        let empty = Bitmap::new(width, height)?;
        assert!(components(&empty, Connectivity::Eight).is_empty());
        assert!(polygons(&empty).is_empty());
    }
    Ok(())
}

#[test]
fn a_label_image_needs_one_label_for_each_pixel() {
    let refusal = MaskError::WrongValueCount {
        width: 2,
        height: 2,
        found: 3,
    };
    assert_eq!(
        label_components(&[1; 3], 2, 2, Connectivity::Four),
        Err(refusal)
    );
}
