//! Masks kept as runs are the masks that they were made of.

use proptest::prelude::*;
use resam_mask::{Bitmap, PlacedMask, Places, Rle};

/// A canvas that holds every mask of these tests.
const CANVAS: u32 = 40;

fn mask() -> impl Strategy<Value = (Bitmap, u32, u32)> {
    let size = (1..20_u32, 1..20_u32);
    size.prop_flat_map(|(width, height)| {
        let pixels = prop::collection::vec(any::<bool>(), (width * height) as usize);
        // Dense, sparse and blocky ones.
        let strategy = (pixels, 0..3_u32, 0..20_u32, 0..20_u32);
        strategy.prop_map(move |(pixels, kind, x, y)| {
            let set = |x: u32, y: u32| match kind {
                0 => pixels[(y * width + x) as usize],
                1 => pixels[(y * width + x) as usize] && pixels[(x * height + y) as usize],
                _ => pixels[(y / 4 * width + x / 4) as usize],
            };
            (Bitmap::from_fn(width, height, set).unwrap(), x, y)
        })
    })
}

/// The mask on the canvas.
fn drawn(mask: Option<&PlacedMask>) -> Bitmap {
    let mut canvas = Bitmap::new(CANVAS, CANVAS).unwrap();
    if let Some(mask) = mask {
        for (x, y) in mask.bitmap().pixels() {
            canvas.set(x + mask.x() as u32, y + mask.y() as u32, true);
        }
    }
    canvas
}

fn placed((mask, x, y): &(Bitmap, u32, u32)) -> Option<PlacedMask> {
    PlacedMask::new(mask, i64::from(*x), i64::from(*y))
}

proptest! {
    #[test]
    fn a_placed_mask_has_the_pixels_of_the_bitmap_in_their_smallest_box(one in mask()) {
        let (bitmap, x, y) = &one;
        let expected = Bitmap::from_fn(CANVAS, CANVAS, |column, row| {
            column >= *x && row >= *y && bitmap.get(column - x, row - y)
        });
        let placed = placed(&one);
        prop_assert_eq!(drawn(placed.as_ref()), expected.clone().unwrap());
        prop_assert_eq!(placed.is_none(), bitmap.is_empty());
        if let Some(placed) = placed {
            let bounds = expected.unwrap().bounding_box().unwrap();
            let bounds = [bounds.x0, bounds.y0, bounds.x1, bounds.y1].map(|edge| edge as i64);
            prop_assert_eq!(placed.bounds(), bounds);
            prop_assert_eq!(placed.area(), bitmap.area());
            let json = serde_json::to_string(&placed).unwrap();
            prop_assert_eq!(serde_json::from_str::<PlacedMask>(&json).unwrap(), placed);
        }
    }

    #[test]
    fn what_is_common_and_what_is_left_agree_with_bitmaps(one in mask(), other in mask()) {
        let (a, b) = (placed(&one), placed(&other));
        let (Some(a), Some(b)) = (a, b) else { return Ok(()) };
        let (on_a, on_b) = (drawn(Some(&a)), drawn(Some(&b)));
        prop_assert_eq!(a.intersection(&b), on_a.intersection_area(&on_b).unwrap());
        prop_assert!((a.iou(&b) - on_a.iou(&on_b).unwrap()).abs() < 1e-12);
        let mut left = on_a.clone();
        left.subtract_assign(&on_b).unwrap();
        prop_assert_eq!(drawn(a.without(&b).as_ref()), left);
        prop_assert!(a.without(&a).is_none());
    }

    #[test]
    fn the_part_within_a_box_has_the_pixels_in_it(
        one in mask(),
        corner in (0..CANVAS, 0..CANVAS),
        size in (0..20_u32, 0..20_u32),
    ) {
        let Some(placed) = placed(&one) else { return Ok(()) };
        let bounds = [corner.0, corner.1, corner.0 + size.0, corner.1 + size.1];
        let within = placed.within(bounds.map(i64::from));
        let whole = drawn(Some(&placed));
        let expected = Bitmap::from_fn(CANVAS, CANVAS, |x, y| {
            let inside = (bounds[0]..bounds[2]).contains(&x) && (bounds[1]..bounds[3]).contains(&y);
            inside && whole.get(x, y)
        });
        prop_assert_eq!(drawn(within.as_ref()), expected.unwrap());
    }
}

#[test]
fn run_lengths_in_the_raster_are_those_of_the_whole_mask() {
    // Touching the top and the bottom of the raster, so that runs of neighbouring columns join.
    let cases: [fn(u32, u32) -> bool; 4] = [
        |x, y| (3..6).contains(&x) && (2..5).contains(&y),
        |x, _| (1..4).contains(&x),
        |x, y| (x + y) % 3 == 0,
        |x, y| x == 0 && y == 0,
    ];
    for inside in cases {
        for [x, y] in [[0, 0], [1, 2]] {
            let part = Bitmap::from_fn(9 - x, 7 - y, |u, v| inside(u + x, v + y)).unwrap();
            let whole = Bitmap::from_fn(9, 7, |u, v| u >= x && v >= y && inside(u, v)).unwrap();
            let Some(placed) = PlacedMask::new(&part, x.into(), y.into()) else {
                assert!(whole.is_empty());
                continue;
            };
            assert_eq!(placed.in_raster(9, 7).unwrap(), Rle::encode(&whole));
        }
    }
}

#[test]
fn what_lies_outside_the_raster_is_not_in_its_run_lengths() {
    let block = Bitmap::from_fn(4, 4, |_, _| true).unwrap();
    for [x, y] in [[-2, -3], [7, 5], [-2, 5], [2, 2], [20, 0]] {
        let placed = PlacedMask::new(&block, x, y).unwrap();
        let (columns, rows) = (x..x + 4, y..y + 4);
        let expected = Bitmap::from_fn(9, 7, |u, v| {
            columns.contains(&i64::from(u)) && rows.contains(&i64::from(v))
        });
        let found = placed.in_raster(9, 7).unwrap();
        assert_eq!(found, Rle::encode(&expected.unwrap()), "{x}, {y}");
    }
    let placed = PlacedMask::new(&block, 0, 0).unwrap();
    assert!(placed.in_raster(1 << 16, 1 << 16).is_err());
}

#[test]
fn boxes_are_found_by_the_pixels_that_they_share() {
    let mut places = Places::new([[0, 0, 10, 10], [10, 0, 20, 10], [-5, -5, 0, 0]]);
    assert_eq!(places.overlapping([9, 9, 11, 11]), [0, 1]);
    assert_eq!(places.overlapping([-1, -1, 1, 1]), [0, 2]);
    assert_eq!(places.overlapping([10, 0, 11, 1]), [1]);
    places.insert([19, 9, 30, 30], 7);
    assert_eq!(places.overlapping([19, 9, 20, 10]), [1, 7]);
}

#[test]
fn a_mask_in_a_journal_that_lies_about_its_pixels_is_an_error() {
    let read = |text: &str| serde_json::from_str::<PlacedMask>(text);
    assert!(read(r#"[5,6,3,3,"09"]"#).is_ok());
    for text in [
        r#"[0,0,3,3,"08"]"#,
        r#"[0,0,3,3,"9"]"#,
        r#"[0,0,4294967295,4294967295,"0"]"#,
        r#"[0,0,0,0,""]"#,
        r#"[0,0,3,3,"~"]"#,
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}
