//! Why an iteration failed.

use resam_sam::SamError;

/// Why an iteration failed.
#[derive(Debug, thiserror::Error)]
pub enum IterationError {
    /// The image cannot be read. It is skipped, and the run goes on.
    #[error("image {image} cannot be read: {reason}")]
    Unreadable {
        /// The image, by number.
        image: usize,
        /// The reason.
        reason: String,
    },
    /// The device failed: the run cannot go on.
    #[error(transparent)]
    Model(#[from] SamError),
}

impl IterationError {
    /// An error of the model about an image: a device that failed ends the run, anything else is
    /// the image's fault.
    pub(crate) fn about(image: usize, error: SamError) -> Self {
        if matches!(error, SamError::Failed(_)) {
            return Self::Model(error);
        }
        let reason = error.to_string();
        Self::Unreadable { image, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_device_is_not_an_image_that_cannot_be_read() {
        let image = SamError::Image {
            width: 0,
            height: 0,
            bytes: 0,
        };
        assert!(matches!(
            IterationError::about(3, image),
            IterationError::Unreadable { image: 3, .. }
        ));
        let failed = IterationError::about(3, SamError::Failed("lost".into()));
        assert!(matches!(failed, IterationError::Model(SamError::Failed(_))));
    }
}
