//! Images, COCO datasets and point prompts for overhead imagery.
