//! A painted scene: the image and the masks of its objects.

use image::RgbImage;
use resam_mask::{Bitmap, MaskError, PixelBox, PlacedMask, Rle};

/// A synthetic image and the objects in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// The pixels.
    pub image: RgbImage,
    /// The visible objects, in the order of their ids. Masks do not overlap.
    pub instances: Vec<Instance>,
}

/// One object.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// The number of the object, from 1 on, increasing; numbers may be missing.
    pub id: u32,
    /// The class of the object.
    pub class: Class,
    /// Column of the mask's first pixel in the image.
    pub x: u32,
    /// Row of the mask's first pixel in the image.
    pub y: u32,
    /// The visible pixels, cropped to the bounding box, so that memory depends on the size of the
    /// object.
    pub mask: Bitmap,
    /// The rings of the true outline, points `[x, y]` in continuous pixels of the image. Exterior
    /// rings run clockwise on the screen, holes counter-clockwise. The rings are complete even
    /// where the object is hidden or outside the image.
    pub outline: Vec<Vec<[f64; 2]>>,
}

impl Instance {
    /// Number of visible pixels.
    pub fn area(&self) -> u64 {
        self.mask.area()
    }

    /// Area within the outline, in pixels.
    pub fn outline_area(&self) -> f64 {
        self.outline
            .iter()
            .map(|ring| crate::geometry::signed_area(ring))
            .sum()
    }

    /// The visible share of the outline's area, from 0 to 1.
    pub fn visible(&self) -> f64 {
        (self.area() as f64 / self.outline_area().max(1.0)).min(1.0)
    }

    /// The bounding box of the visible pixels, in pixels of the image.
    pub fn bounding_box(&self) -> PixelBox {
        let (x, y) = (f64::from(self.x), f64::from(self.y));
        PixelBox::new(
            x,
            y,
            x + f64::from(self.mask.width()),
            y + f64::from(self.mask.height()),
        )
    }

    /// The mask at the size of the image.
    ///
    /// # Errors
    /// If the image is too large for one mask.
    pub fn image_mask(&self, width: u32, height: u32) -> Result<Bitmap, MaskError> {
        let mut mask = Bitmap::new(width, height)?;
        for (x, y) in self.mask.pixels() {
            mask.set(self.x + x, self.y + y, true);
        }
        Ok(mask)
    }

    /// The mask at the size of the image, in COCO's run lengths; takes time with the object's box
    /// only. What lies outside the image is left out.
    ///
    /// # Errors
    /// If the image is too large for one mask.
    pub fn rle(&self, width: u32, height: u32) -> Result<Rle, MaskError> {
        match PlacedMask::new(&self.mask, self.x.into(), self.y.into()) {
            Some(placed) => placed.in_raster(width, height),
            None => Ok(Rle::encode(&Bitmap::new(width, height)?)),
        }
    }
}

/// The class of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// A house, a hall, a shed: its roof.
    Building,
    /// A car, a van, a lorry.
    Vehicle,
    /// A ship or a boat, without its wake.
    Ship,
    /// A round tank.
    StorageTank,
    /// A sports court, a pitch or a running track.
    SportsCourt,
    /// A swimming pool.
    Pool,
    /// The crown of one tree.
    Tree,
    /// A parcel of farmland.
    Field,
    /// A pond, a river, a basin.
    Water,
    /// A road or a runway from end to end.
    Road,
    /// An aeroplane.
    Aircraft,
    /// A shipping container.
    Container,
    /// An object in a photograph.
    Thing,
}

impl Class {
    /// Every class, in the order of their COCO category ids from 1 on.
    pub const ALL: [Self; 13] = [
        Self::Building,
        Self::Vehicle,
        Self::Ship,
        Self::StorageTank,
        Self::SportsCourt,
        Self::Pool,
        Self::Tree,
        Self::Field,
        Self::Water,
        Self::Road,
        Self::Aircraft,
        Self::Container,
        Self::Thing,
    ];

    /// Its name in data sets.
    pub fn name(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Vehicle => "vehicle",
            Self::Ship => "ship",
            Self::StorageTank => "storage tank",
            Self::SportsCourt => "sports court",
            Self::Pool => "pool",
            Self::Tree => "tree",
            Self::Field => "field",
            Self::Water => "water",
            Self::Road => "road",
            Self::Aircraft => "aircraft",
            Self::Container => "container",
            Self::Thing => "thing",
        }
    }

    /// Its COCO category id, from 1 on.
    pub fn category_id(self) -> u64 {
        self as u64 + 1
    }
}
