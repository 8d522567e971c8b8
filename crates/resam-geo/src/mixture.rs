//! Stored values that are no colours themselves: numbers into a table of colours, and inks.

use crate::info::Colour;
use crate::raster::Raster;
use crate::sample::SampleKind;

/// How the planes of stored values make planes of red, green and blue, from 0 to 255.
pub(crate) enum Mixture<'a> {
    /// The one band holds numbers into a table.
    Palette(&'a [[u8; 3]]),
    /// The first four bands are cyan, magenta, yellow and black, of 8 bits.
    Inks,
}

impl<'a> Mixture<'a> {
    /// The mixture of the bands (from 0) that are shown of a raster, if they are no colours.
    pub(crate) fn of(raster: &'a Raster, bands: &[usize]) -> Option<Self> {
        let colour = |band: usize| raster.info.bands.get(band).map(|band| band.colour);
        if let (Some(palette), [0]) = (&raster.palette, bands) {
            return Some(Self::Palette(palette));
        }
        let inks = [Colour::Cyan, Colour::Magenta, Colour::Yellow, Colour::Black];
        let has_inks = (0..).zip(inks).all(|(band, ink)| colour(band) == Some(ink));
        let is_byte = raster.pixels.base().kind == SampleKind::U8;
        (bands == [0, 1, 2] && has_inks && is_byte).then_some(Self::Inks)
    }

    /// The bands to read, from 0.
    pub(crate) fn bands(&self) -> &'static [usize] {
        match self {
            Self::Palette(_) => &[0],
            Self::Inks => &[0, 1, 2, 3],
        }
    }

    /// Makes red, green and blue of the planes. NaN stays NaN; numbers beyond a table are black.
    pub(crate) fn mix(&self, planes: &mut Vec<Vec<f32>>) {
        let mixed = match self {
            Self::Palette(palette) => {
                let numbers = &planes[0];
                [0, 1, 2].map(|channel| {
                    let colour = |&number: &f32| {
                        if number.is_nan() {
                            return number;
                        }
                        let colour = palette.get(number as usize).copied().unwrap_or_default();
                        f32::from(colour[channel])
                    };
                    numbers.iter().map(colour).collect()
                })
            }
            Self::Inks => [0, 1, 2].map(|channel| {
                let inks = planes[channel].iter().zip(&planes[3]);
                let left = |(&ink, &black): (&f32, &f32)| {
                    ((255.0 - ink) * (255.0 - black) / 255.0).round()
                };
                inks.map(left).collect()
            }),
        };
        *planes = mixed.into();
    }
}
