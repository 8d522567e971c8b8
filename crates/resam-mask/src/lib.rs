//! Bitmaps, COCO run-length encoding, boxes, IoU and pixel-exact polygons of masks.
