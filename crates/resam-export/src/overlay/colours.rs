//! Colours that stand apart.

use image::Rgb;

/// Outlines and points are set off from any ground by this.
pub(crate) const DARK: Rgb<u8> = Rgb([12, 14, 18]);
/// The rings and signs of points.
pub(crate) const WHITE: Rgb<u8> = Rgb([255, 255, 255]);
/// Points on objects.
pub(crate) const POSITIVE: Rgb<u8> = Rgb([22, 163, 74]);
/// Points beside objects.
pub(crate) const NEGATIVE: Rgb<u8> = Rgb([220, 38, 38]);

/// In degrees. Steps of this size never come back near an earlier hue soon.
const GOLDEN_ANGLE: f64 = 137.507_764_050_037_85;
/// The hue of the first object, in degrees of OKLCH: a cyan, which is rare on the ground.
const FIRST_HUE: f64 = 215.0;
/// Lightness in OKLCH, in turn. Bright colours read on most imagery. Hues come close to each other
/// after 8, 13, 21, ... objects; five divides none of these, so lightness tells such objects apart.
const LIGHTNESS: [f64; 5] = [0.80, 0.70, 0.76, 0.66, 0.73];
/// Chroma in OKLCH, where the screen can show it.
const CHROMA: f64 = 0.19;
/// The hue of blue in OKLCH, in degrees, and how much darker it is taken: bright blues are pale.
const BLUE: f64 = 280.0;
const BLUE_DARKENING: f64 = 0.12;

/// Colours of scores from low to high: those of Viridis, which is read without colour vision too.
const VIRIDIS: [[u8; 3]; 6] = [
    [68, 1, 84],
    [65, 68, 135],
    [42, 120, 142],
    [34, 168, 132],
    [122, 209, 81],
    [253, 231, 37],
];

/// The colour of a place between 0 and 1 of a scale.
pub(crate) fn of_scale(place: f64) -> Rgb<u8> {
    let last = VIRIDIS.len() - 1;
    let place = place.clamp(0.0, 1.0) * last as f64;
    let at = (place as usize).min(last - 1);
    let mix = |channel: usize| {
        let [from, to] = [VIRIDIS[at], VIRIDIS[at + 1]].map(|colour| f64::from(colour[channel]));
        (from + (to - from) * (place - at as f64)).round() as u8
    };
    Rgb([0, 1, 2].map(mix))
}

/// The colour of an object, always the same for an id.
pub(crate) fn of_object(id: u32) -> Rgb<u8> {
    let index = id.saturating_sub(1);
    let hue = (FIRST_HUE + f64::from(index) * GOLDEN_ANGLE).to_radians();
    let blueness = 0.5 + 0.5 * (hue - BLUE.to_radians()).cos();
    let lightness = LIGHTNESS[index as usize % LIGHTNESS.len()] - BLUE_DARKENING * blueness.powi(3);
    // Chroma is lowered until the screen can show the colour; grey always can be.
    let mut chroma = CHROMA;
    loop {
        let linear = linear_rgb(lightness, chroma, hue);
        if chroma <= 0.0 || linear.iter().all(|value| (0.0..=1.0).contains(value)) {
            return Rgb(linear.map(encoded));
        }
        chroma -= 0.005;
    }
}

/// Linear sRGB of an OKLCH colour, by Björn Ottosson's definition of OKLab.
fn linear_rgb(lightness: f64, chroma: f64, hue: f64) -> [f64; 3] {
    let (a, b) = (chroma * hue.cos(), chroma * hue.sin());
    let long = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let medium = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let short = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    [
        4.076_741_662_1 * long - 3.307_711_591_3 * medium + 0.230_969_929_2 * short,
        -1.268_438_004_6 * long + 2.609_757_401_1 * medium - 0.341_319_396_5 * short,
        -0.004_196_086_3 * long - 0.703_418_614_7 * medium + 1.707_614_701_0 * short,
    ]
}

/// One channel of sRGB.
fn encoded(linear: f64) -> u8 {
    let value = if linear <= 0.003_130_8 {
        12.92 * linear
    } else {
        1.055 * linear.powf(1.0 / 2.4) - 0.055
    };
    (value * 255.0).round() as u8
}
