//! Every format but JPEG, decoded by the `image` crate.

use std::io::{BufRead, Read, Seek};

use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::error::DecodingError;
use image::metadata::Orientation;
use image::{
    DynamicImage, ExtendedColorType, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader,
    Limits, RgbImage,
};

use crate::gif_frames::has_second_frame;
use crate::info::{ColourKind, ImageInfo, MAX_PIXELS};

/// A decoder may hold the largest allowed image with four 16-bit channels and some working space.
const MAX_DECODER_BYTES: u64 = MAX_PIXELS * 8 + (64 << 20);

/// Reads size, colours and orientation without decoding pixels.
pub(crate) fn probe(
    reader: &mut (impl BufRead + Seek),
    format: ImageFormat,
) -> image::ImageResult<ImageInfo> {
    let mut header = Vec::new();
    reader.by_ref().take(32).read_to_end(&mut header)?;
    let mut decoder = decoder(reader, format)?;
    let (width, height) = decoder.dimensions();
    let stored = decoder.original_color_type();
    let has_opacity = decoder.color_type().has_alpha();
    let (mut colour, mut bit_depth) = match stored {
        ExtendedColorType::L1 => (ColourKind::Grey, 1),
        ExtendedColorType::L8 => (ColourKind::Grey, 8),
        ExtendedColorType::L16 => (ColourKind::Grey, 16),
        ExtendedColorType::La8 => (ColourKind::GreyAlpha, 8),
        ExtendedColorType::La16 => (ColourKind::GreyAlpha, 16),
        ExtendedColorType::Rgb16 => (ColourKind::Rgb, 16),
        ExtendedColorType::Rgba8 => (ColourKind::RgbAlpha, 8),
        ExtendedColorType::Rgba16 => (ColourKind::RgbAlpha, 16),
        ExtendedColorType::Rgb32F => (ColourKind::Rgb, 32),
        ExtendedColorType::Rgba32F => (ColourKind::RgbAlpha, 32),
        ExtendedColorType::Cmyk8 => (ColourKind::Cmyk, 8),
        ExtendedColorType::Cmyk16 => (ColourKind::Cmyk, 16),
        _ => (ColourKind::Rgb, 8),
    };
    // The decoders expand palettes silently, so the headers are asked.
    match format {
        ImageFormat::Png => {
            if let [.., depth, kind] = header[..header.len().min(26)] {
                bit_depth = depth;
                if kind == 3 {
                    colour = ColourKind::Palette;
                }
            }
        }
        ImageFormat::Gif => colour = ColourKind::Palette,
        ImageFormat::Bmp => {
            if let Some(&[bits @ (1..=8), 0]) = header.get(28..30) {
                (colour, bit_depth) = (ColourKind::Palette, bits);
            }
        }
        _ => {}
    }
    let orientation = decoder
        .orientation()
        .unwrap_or(Orientation::NoTransforms)
        .to_exif();
    Ok(ImageInfo {
        format,
        width,
        height,
        colour,
        bit_depth,
        has_opacity,
        orientation,
    })
}

/// Decodes to RGB and the opacity of images that have one. The caller has checked the size. Notes
/// say what was changed on the way.
pub(crate) fn decode(
    reader: &mut (impl BufRead + Seek),
    info: &ImageInfo,
    notes: &mut Vec<String>,
) -> image::ImageResult<(RgbImage, Option<GrayImage>)> {
    if has_more_frames(reader, info.format)? {
        notes.push("animation: only the first frame is used".to_owned());
    }
    let image = DynamicImage::from_decoder(decoder(reader, info.format)?)?;
    if matches!(
        image,
        DynamicImage::ImageRgb32F(_) | DynamicImage::ImageRgba32F(_)
    ) {
        let detail = "samples are 32-bit floating point, of unknown range";
        return Err(ImageError::Decoding(DecodingError::new(
            info.format.into(),
            detail,
        )));
    }
    if let Some(samples) = image.as_flat_samples_u16() {
        let lowest = samples.samples.iter().min().copied().unwrap_or(0);
        let highest = samples.samples.iter().max().copied().unwrap_or(0);
        notes.push(format!(
            "16-bit samples, {lowest} to {highest} here, scaled to 8 bits as 0..65535 to 0..255"
        ));
    }
    let opacity = opacity(&image);
    Ok((image.into_rgb8(), opacity))
}

/// Decodes an image of 16 bits to red, green, blue and, where it has one, opacity.
pub(crate) fn decode_words(
    reader: &mut (impl BufRead + Seek),
    info: &ImageInfo,
    notes: &mut Vec<String>,
) -> image::ImageResult<Vec<u16>> {
    if has_more_frames(reader, info.format)? {
        notes.push("animation: only the first frame is used".to_owned());
    }
    let image = DynamicImage::from_decoder(decoder(reader, info.format)?)?;
    if (image.width(), image.height()) != (info.width, info.height) {
        let detail = "it was changed while it was read";
        let error = DecodingError::new(info.format.into(), detail);
        return Err(ImageError::Decoding(error));
    }
    Ok(if info.has_opacity {
        image.into_rgba16().into_raw()
    } else {
        image.into_rgb16().into_raw()
    })
}

/// The opacity of each pixel, of an image that has one, rounded to 8 bits as colours are.
fn opacity(image: &DynamicImage) -> Option<GrayImage> {
    let to_8_bits = |value: u16| ((u32::from(value) + 128) / 257) as u8;
    let values: Vec<u8> = match image {
        DynamicImage::ImageLumaA8(image) => image.pixels().map(|pixel| pixel[1]).collect(),
        DynamicImage::ImageRgba8(image) => image.pixels().map(|pixel| pixel[3]).collect(),
        DynamicImage::ImageLumaA16(image) => {
            image.pixels().map(|pixel| to_8_bits(pixel[1])).collect()
        }
        DynamicImage::ImageRgba16(image) => {
            image.pixels().map(|pixel| to_8_bits(pixel[3])).collect()
        }
        _ => return None,
    };
    GrayImage::from_raw(image.width(), image.height(), values)
}

/// Whether the file is an animation. Trouble is left to the decoder of the pixels to report.
fn has_more_frames(
    reader: &mut (impl BufRead + Seek),
    format: ImageFormat,
) -> std::io::Result<bool> {
    reader.rewind()?;
    let reader = reader.by_ref();
    Ok(match format {
        ImageFormat::Gif => has_second_frame(reader)?,
        ImageFormat::Png => {
            PngDecoder::new(reader).is_ok_and(|decoder| decoder.is_apng().unwrap_or(false))
        }
        ImageFormat::WebP => WebPDecoder::new(reader).is_ok_and(|decoder| decoder.has_animation()),
        _ => false,
    })
}

/// Begins at the start of the file, wherever the reader stands.
fn decoder<'a>(
    reader: &'a mut (impl BufRead + Seek),
    format: ImageFormat,
) -> image::ImageResult<impl ImageDecoder + 'a> {
    reader.rewind()?;
    let mut reader = ImageReader::with_format(reader, format);
    reader.limits(limits());
    reader.into_decoder()
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    limits
}
