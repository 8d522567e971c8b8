//! The result as JSON, for a record of the run and for programs that read it.

use resam_crs::Crs;
use resam_scene::SegmentedObject;
use serde_json::{Value, json};

use crate::Segmentation;

impl Segmentation {
    /// The result as one JSON object, the same for a plain image and a scene.
    ///
    /// - `image`, `width`, `height`: the file's name, its size in pixels;
    /// - `crs`: the name of the CRS, null without one;
    /// - `bands`, `stretch`, `stretch_limits`: how the model saw it; `stretch` is null for a plain
    ///   image;
    /// - `counts`: what was done, see [`Counts`](resam_scene::Counts);
    /// - `objects`: `id`, `prompts` (names), `score`, `stability_score`, `area` in pixels, `bbox`
    ///   as `[x, y, width, height]` in pixels, `scale` (pixels of the image for each that the model
    ///   saw, along an axis), `truncated`;
    /// - `cleaning`: `merged` objects; `removed_parts` and `filled_holes` with `count` and
    ///   `pixels`; `smoothed`, objects without right angles where these were asked for; `removed`
    ///   objects, each with `prompts` (names), `reason` and `area` in pixels;
    /// - `failures`: a line each.
    pub fn to_json(&self) -> Value {
        let image = &self.image;
        let objects: Vec<Value> = self.objects.iter().map(|one| self.object(one)).collect();
        let failures = self.failures.iter();
        let failures: Vec<String> = failures
            .map(|failure| failure.describe(&self.prompts))
            .collect();
        json!({
            "image": image.file_name,
            "width": image.width,
            "height": image.height,
            "crs": image.ground.crs.as_ref().map(Crs::name),
            "bands": image.bands,
            "stretch": image.stretch.map(|stretch| stretch.to_string()),
            "stretch_limits": image.stretch_limits,
            "counts": self.counts,
            "cleaning": self.cleaning_json(),
            "objects": objects,
            "failures": failures,
        })
    }

    fn cleaning_json(&self) -> Value {
        let name = |&at: &usize| self.prompts.get(at).map(|prompt| prompt.id.as_str());
        let removed = self.cleaning.removed.iter().map(|object| {
            json!({
                "prompts": object.prompts.iter().filter_map(name).collect::<Vec<_>>(),
                "reason": object.reason,
                "area": object.area,
            })
        });
        json!({
            "merged": self.cleaning.merged,
            "removed_parts": self.cleaning.removed_parts,
            "filled_holes": self.cleaning.filled_holes,
            "smoothed": self.cleaning.smoothed,
            "removed": removed.collect::<Vec<_>>(),
        })
    }

    fn object(&self, object: &SegmentedObject) -> Value {
        let [x0, y0, x1, y1] = object.mask.bounds();
        json!({
            "id": object.id,
            "prompts": self.names(object),
            "score": object.score,
            "stability_score": object.stability_score,
            "area": object.mask.area(),
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "scale": object.scale,
            "truncated": object.truncated,
        })
    }
}
