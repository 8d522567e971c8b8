//! The published scores of point-prompted segmentation.
