//! What the caller knows better than the file.

use resam_crs::Crs;

use crate::corners::corners;
use crate::info::CrsInfo;
use crate::raster::Raster;

impl Raster {
    /// The raster in a CRS of the caller's, whatever its file says. Its transform stays as it is; a
    /// raster without a transform does not get one.
    #[must_use]
    pub fn with_crs(mut self, crs: &Crs) -> Self {
        if self.crs.as_ref() == Some(crs) {
            return self;
        }
        let said = match (&self.crs, &self.info.crs_problem) {
            (Some(own), _) => format!("its file says {own}"),
            (None, Some(_)) => "that of its file is not understood".to_owned(),
            (None, None) => "its file says none".to_owned(),
        };
        let note = format!("its CRS is {crs}, as asked for; {said}");
        self.info.notes.push(note);
        self.info.crs = Some(CrsInfo::of(crs));
        self.info.crs_problem = None;
        if let Some(transform) = &self.info.geo_transform {
            self.info.corners = corners(self.width(), self.height(), transform, Some(crs));
        }
        self.crs = Some(crs.clone());
        self
    }
}
