//! What an image file says about itself.

use image::ImageFormat;

/// The most pixels an image file may have: 2^28, for example 16384 x 16384.
pub const MAX_PIXELS: u64 = 1 << 28;

/// How the stored samples make a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColourKind {
    /// One channel.
    Grey,
    /// One channel and alpha.
    GreyAlpha,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue and alpha.
    RgbAlpha,
    /// Numbers into a table of colours.
    Palette,
    /// Four inks.
    Cmyk,
}

impl ColourKind {
    /// The number of stored channels.
    pub fn bands(self) -> usize {
        match self {
            Self::Grey | Self::Palette => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::RgbAlpha | Self::Cmyk => 4,
        }
    }
}

/// What a file says about itself, read without decoding its pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageInfo {
    /// The format, told by content.
    pub format: ImageFormat,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The stored kind of colour.
    pub colour: ColourKind,
    /// Bits of one stored sample.
    pub bit_depth: u8,
    /// Whether pixels have an opacity: a channel of it, or a palette with some.
    pub has_opacity: bool,
    /// EXIF orientation, 1 to 8; 1 is upright. It is reported, not applied.
    pub orientation: u8,
}

impl ImageInfo {
    /// What a viewer would show differently, one sentence each, as far as the header tells.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.orientation != 1 {
            notes.push(format!(
                "EXIF orientation {} is not applied: points refer to the stored pixels",
                self.orientation
            ));
        }
        match self.colour {
            ColourKind::Palette => notes.push("palette expanded to RGB".to_owned()),
            ColourKind::Cmyk => {
                notes.push("CMYK converted to RGB without a colour profile".to_owned());
            }
            _ => {}
        }
        notes
    }
}
