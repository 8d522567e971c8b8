//! The EXIF orientation of an image: how its pixels are to be turned to stand upright.

use std::fmt;
use std::str::FromStr;

/// What becomes of an EXIF orientation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exif {
    /// Pixels are turned: positions are those that viewers of pictures show.
    Apply,
    /// Pixels stay as they are stored, as GDAL has it.
    Ignore,
}

impl FromStr for Exif {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "apply" => Ok(Self::Apply),
            "ignore" => Ok(Self::Ignore),
            _ => Err(format!("`{text}` is neither `apply` nor `ignore`")),
        }
    }
}

impl fmt::Display for Exif {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Apply => "apply",
            Self::Ignore => "ignore",
        })
    }
}

/// Width and height of an image when it is turned as its orientation (1 to 8) says.
pub fn turned_size(orientation: u8, (width, height): (u32, u32)) -> (u32, u32) {
    if orientation >= 5 {
        (height, width)
    } else {
        (width, height)
    }
}

/// Turns rows of pixels of `pixel` bytes each as an EXIF orientation (1 to 8) says.
pub fn turned(
    orientation: u8,
    (width, height): (u32, u32),
    pixel: usize,
    stored: &[u8],
) -> Vec<u8> {
    let (across, down) = turned_size(orientation, (width, height));
    let mut pixels = Vec::with_capacity(stored.len());
    for y in 0..down {
        for x in 0..across {
            let (column, row) = match orientation {
                2 => (width - 1 - x, y),
                3 => (width - 1 - x, height - 1 - y),
                4 => (x, height - 1 - y),
                5 => (y, x),
                6 => (y, height - 1 - x),
                7 => (width - 1 - y, height - 1 - x),
                8 => (width - 1 - y, x),
                _ => (x, y),
            };
            let place = (row as usize * width as usize + column as usize) * pixel;
            pixels.extend_from_slice(&stored[place..place + pixel]);
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::{turned, turned_size};
    use image::DynamicImage;
    use image::metadata::Orientation;

    #[test]
    fn pixels_are_turned_as_the_image_crate_turns_them() {
        let stored: Vec<u8> = (0..5 * 3 * 3).collect();
        let image = image::RgbImage::from_raw(5, 3, stored.clone()).expect("its size");
        for orientation in 1..=8 {
            let mut expected = DynamicImage::from(image.clone());
            expected.apply_orientation(Orientation::from_exif(orientation).expect("1 to 8"));
            assert_eq!(turned(orientation, (5, 3), 3, &stored), expected.as_bytes());
            let size = (expected.width(), expected.height());
            assert_eq!(turned_size(orientation, (5, 3)), size);
        }
    }
}
