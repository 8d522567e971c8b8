//! Whatever a stranger can hand in.

use proptest::prelude::*;
use resam_crs::{Crs, Transform, area_and_perimeter};

use crate::rows;

/// Reads the text and, if it is a CRS, uses it for all that it is for.
fn use_it(text: &str) {
    let Ok(crs) = Crs::parse(text) else {
        return;
    };
    assert!(crs.metres_per_unit() > 0.0 && crs.metres_per_unit().is_finite());
    let _ = (crs.wkt(), crs.to_string());
    let Ok(transform) = Transform::new(&crs, &Crs::wgs84()) else {
        return;
    };
    let _ = transform.caution();
    for (x, y) in [
        (0.0, 0.0),
        (12.0, 50.0),
        (453_000.0, 35_000.0),
        (-1e7, 1e7),
        (180.0, -90.0),
    ] {
        for (x, y) in [transform.forward(x, y), transform.inverse(x, y)]
            .into_iter()
            .flatten()
        {
            assert!(x.is_finite() && y.is_finite());
        }
    }
    let _ = area_and_perimeter(&crs, &[(0.0, 0.0), (10.0, 0.0), (0.0, 10.0)], &[]);
}

#[test]
fn brackets_without_end_do_not_overflow_the_stack() {
    use_it(&"PROJCS[".repeat(15_000));
    use_it(&format!("GEOGCS[\"x\",{}", "A[".repeat(60_000)));
}

#[test]
fn texts_without_end_are_refused() {
    let long = "x".repeat(1 << 20);
    for text in [
        format!("+proj=utm +zone=36 +title={long}"),
        format!("GEOGCS[\"{long}\"]"),
        long,
    ] {
        let message = Crs::parse(&text).unwrap_err().to_string();
        assert!(message.len() < 1000, "{} bytes", message.len());
    }
}

const KEYS: [&str; 28] = [
    "proj", "zone", "south", "lat_0", "lon_0", "lat_1", "lat_2", "lat_ts", "lonc", "alpha",
    "gamma", "k", "k_0", "x_0", "y_0", "a", "b", "rf", "f", "R", "ellps", "datum", "towgs84",
    "nadgrids", "units", "to_meter", "pm", "axis",
];

const VALUES: [&str; 44] = [
    "tmerc",
    "utm",
    "lcc",
    "merc",
    "webmerc",
    "aea",
    "laea",
    "stere",
    "sterea",
    "omerc",
    "somerc",
    "krovak",
    "cass",
    "cea",
    "eqc",
    "aeqd",
    "poly",
    "eqdc",
    "robin",
    "moll",
    "geos",
    "gnom",
    "ortho",
    "tpers",
    "longlat",
    "ups",
    "WGS84",
    "NAD27",
    "GRS80",
    "bessel",
    "1,2,3",
    "0,0,0,0,0,0,0",
    "@null",
    "wsu",
    "us-ft",
    "0",
    "-1",
    "36",
    "90",
    "-90",
    "1e308",
    "6378137",
    "298.3",
    "paris",
];

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        use_it(&text);
    }

    #[test]
    fn any_parameters_are_read_or_refused(
        projection in 0_usize..26,
        chosen in prop::collection::vec((0..KEYS.len(), 0..VALUES.len()), 0..8),
    ) {
        let mut text = format!("+proj={}", VALUES[projection]);
        for (key, value) in chosen {
            text += &format!(" +{}={}", KEYS[key], VALUES[value]);
        }
        use_it(&text);
    }

    #[test]
    fn mutilated_text_is_read_or_refused(
        row in 0_usize..22,
        cut in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        length in 0_usize..40,
        with in "[\\[\\],\"0-9.A-Z-]{0,6}",
    ) {
        let rows = rows("wkt.csv");
        let mut text: Vec<char> = rows[row % rows.len()][2].chars().collect();
        let start = from.index(text.len());
        let end = (start + length).min(text.len());
        text.splice(start..end, with.chars());
        let cut = if cut.index(3) == 0 { cut.index(text.len().max(1)) } else { text.len() };
        use_it(&text[..cut].iter().collect::<String>());
    }
}
