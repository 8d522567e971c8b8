//! Rasters whose pixels are to be turned to stand upright, as an EXIF orientation says.

use resam_image::Exif;

use crate::error::RasterError;
use crate::raster::Raster;

impl Raster {
    /// How the pixels are to be turned to stand upright (EXIF and TIFF tag `Orientation`), 1 to 8;
    /// 1 is upright.
    pub fn orientation(&self) -> u8 {
        self.info.orientation
    }

    /// The raster with its orientation applied or not, which a note says. Where it is tied to the
    /// map it stays as it is stored: its transform is that of the stored pixels.
    ///
    /// # Errors
    /// [`RasterError`] when a TIFF that is to be turned cannot be read, or has more than 2^30 bytes
    /// of pixels: it is turned in memory.
    pub fn with_orientation(mut self, exif: Exif) -> Result<Self, RasterError> {
        let orientation = self.orientation();
        if orientation == 1 || exif == Exif::Ignore {
            return Ok(self);
        }
        self.info
            .notes
            .retain(|note| *note != not_applied(orientation));
        if self.info.geo_transform.is_some() {
            self.info.notes.push(format!(
                "orientation {orientation} is not applied: the place on the map is that of the stored pixels"
            ));
            return Ok(self);
        }
        let path = self.path.clone();
        let turned = self.pixels.turned(orientation);
        self.pixels = turned.map_err(|fault| RasterError::of(&path, fault))?;
        let base = self.pixels.base();
        (self.info.width, self.info.height) = (base.width, base.height);
        self.info.overviews.clear();
        self.info.orientation = 1;
        self.info.notes.push(applied(orientation));
        Ok(self)
    }
}

/// Said of a raster that stays as it is stored.
pub(crate) fn not_applied(orientation: u8) -> String {
    format!("EXIF orientation {orientation} is not applied: points refer to the stored pixels")
}

/// Said of a raster that is turned.
fn applied(orientation: u8) -> String {
    format!("EXIF orientation {orientation} is applied: points refer to the turned pixels")
}
