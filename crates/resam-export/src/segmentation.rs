//! The answer for one image.

use image::RgbImage;
use resam_mask::Bitmap;

use crate::OutputError;

/// The objects found in one plain image.
#[derive(Debug, Clone)]
pub struct Segmentation {
    /// The name of the image's file, as outputs should refer to it.
    pub file_name: String,
    /// The image itself, which the overlay is drawn on.
    pub image: RgbImage,
    /// The objects, in the order of their ids.
    pub objects: Vec<Object>,
}

/// One answered object.
#[derive(Debug, Clone)]
pub struct Object {
    /// 1, 2, ... in order.
    pub id: u32,
    /// The user's name for it.
    pub instance: String,
    /// Its pixels; of the size of the image.
    pub mask: Bitmap,
    /// The quality that the model expects of the mask, 1 being perfect.
    pub quality: f32,
    /// What the user pointed at.
    pub prompt: PromptMarks,
}

/// The points and the box that asked for an object, in continuous pixels.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct PromptMarks {
    /// Points `[x, y]` on the object.
    pub positive: Vec<[f64; 2]>,
    /// Points `[x, y]` beside the object.
    pub negative: Vec<[f64; 2]>,
    /// The box `[x0, y0, x1, y1]` round the object.
    pub bounds: Option<[f64; 4]>,
}

impl Segmentation {
    /// Refuses what no format could express.
    pub(crate) fn check(&self) -> Result<(), OutputError> {
        let image_size = self.image.dimensions();
        if image_size.0 == 0 || image_size.1 == 0 {
            return Err(OutputError::NoPixels {
                file_name: self.file_name.clone(),
                size: image_size,
            });
        }
        let mut previous = 0;
        for object in &self.objects {
            if object.id <= previous {
                return Err(OutputError::IdOutOfOrder {
                    id: object.id,
                    previous,
                });
            }
            previous = object.id;
            let mask_size = (object.mask.width(), object.mask.height());
            if mask_size != image_size {
                return Err(OutputError::MaskSize {
                    id: object.id,
                    mask_size,
                    file_name: self.file_name.clone(),
                    image_size,
                });
            }
        }
        Ok(())
    }
}
