//! Encodes an image once and predicts masks for many prompts about it. Follows `SamPredictor` of
//! segment-anything.

use burn::tensor::{Device, Tensor, TensorData};
use resam_prompt::Prompt;

use crate::error::SamError;
use crate::mask_decoder::{DecodedMasks, DecoderImage};
use crate::postprocess::{Geometry, upscale_logits};
use crate::preprocess::{Part, RgbView, preprocess};
use crate::prompt_encoder::{PointLabel, PromptBatch};
use crate::sam::Sam;

/// The largest side of the network's input, in pixels; attention over more tokens needs too much
/// memory.
pub const LARGEST_INPUT: usize = 4096;

/// Prompts decoded together: bounds the decoder's memory.
const PROMPTS_PER_BATCH: usize = 16;

/// The place of an encoded part of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Within {
    part: Part,
    /// `[height, width]` of the whole image.
    whole: [usize; 2],
}

/// One predicted mask of a prompt.
#[derive(Debug, Clone)]
pub struct Prediction {
    /// The IoU that the model predicts for the mask (`predicted_iou` of SAM), about 0 to 1.
    pub score: f32,
    /// Logits at a quarter of the input's resolution, row-major, square, positive on the object.
    /// They can be the mask of the next prompt.
    pub low_res: Vec<f32>,
    geometry: Geometry,
    within: Option<Within>,
}

impl Prediction {
    /// Logits at the size of the image, `[height, width]`, row-major, positive on the object.
    /// Outside an encoded part of the image they are minus infinity.
    pub fn logits(&self) -> Vec<f32> {
        let seen = upscale_logits(&self.low_res, self.low_res.len().isqrt(), &self.geometry);
        let Some(Within { part, whole }) = self.within else {
            return seen;
        };
        let [height, width] = whole;
        let mut logits = vec![f32::NEG_INFINITY; height * width];
        let rows = logits.chunks_exact_mut(width).skip(part.y);
        for (row, seen) in rows.zip(seen.chunks_exact(part.width)) {
            row[part.x..part.x + part.width].copy_from_slice(seen);
        }
        logits
    }

    /// `[height, width]` of the image.
    pub fn image_size(&self) -> [usize; 2] {
        self.within
            .map_or(self.geometry.original, |within| within.whole)
    }
}

/// An encoded image, ready for any number of prompts.
#[derive(Debug, Clone)]
pub struct EncodedImage {
    embedding: Tensor<4>,
    geometry: Geometry,
    within: Option<Within>,
    /// Prepared for the decoder, for all prompts without a mask.
    read: DecoderImage,
}

impl EncodedImage {
    /// The image embedding, `[1, channels, rows, columns]`.
    pub fn embedding(&self) -> &Tensor<4> {
        &self.embedding
    }

    /// The place of the image, or of its encoded part, in the network's input.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Converts continuous pixels of the image to the coordinates of the prompt encoder.
    fn to_input(&self, [x, y]: [f64; 2]) -> [f32; 2] {
        let origin = self
            .within
            .map_or([0, 0], |within| [within.part.x, within.part.y]);
        self.geometry
            .to_input([x - origin[0] as f64, y - origin[1] as f64])
    }
}

/// Which of the model's masks are decoded.
#[derive(Clone, Copy)]
enum Masks {
    Single,
    /// The masks for an ambiguous prompt.
    Ambiguous,
    /// The single mask, then the masks for an ambiguous prompt.
    All,
}

/// A model, the device it runs on, and the input size it runs at.
#[derive(Debug)]
pub struct Predictor {
    sam: Sam,
    device: Device,
    input_size: usize,
    /// The encoding of every cell's position, `[1, channels, rows, columns]`.
    positions: Tensor<4>,
}

/// Refuses a prompt that the network cannot answer.
fn check(index: usize, prompt: &Prompt, image: &EncodedImage) -> Result<(), SamError> {
    let wrong = |reason: String| Err(SamError::Prompt { index, reason });
    if prompt.points.is_empty() && prompt.bounds.is_none() && prompt.mask.is_none() {
        return wrong("it has no point, no box and no mask".into());
    }
    for point in &prompt.points {
        if !(point.x.is_finite() && point.y.is_finite()) {
            return wrong(format!("`{},{}` is not a position", point.x, point.y));
        }
    }
    if let Some(bounds @ [x0, y0, x1, y1]) = prompt.bounds
        && !(bounds.iter().all(|value| value.is_finite()) && x1 > x0 && y1 > y0)
    {
        return wrong(format!("`{x0},{y0},{x1},{y1}` is not a box `x0,y0,x1,y1`"));
    }
    let side = Predictor::mask_side(image);
    if let Some(mask) = &prompt.mask
        && mask.len() != side * side
    {
        return wrong(format!(
            "a mask of {} values, not {side} x {side}",
            mask.len()
        ));
    }
    Ok(())
}

impl Predictor {
    /// A predictor with the input size `input_size` in pixels, or with the size that the model was
    /// trained at.
    ///
    /// # Errors
    /// [`SamError::InputSize`] when the size is not a multiple of the embedding's stride, or above
    /// [`LARGEST_INPUT`].
    pub fn new(sam: Sam, device: &Device, input_size: Option<usize>) -> Result<Self, SamError> {
        let size = input_size.unwrap_or(sam.image_size());
        let multiple = sam.image_encoder.stride();
        if size == 0 || size > LARGEST_INPUT || !size.is_multiple_of(multiple) {
            return Err(SamError::InputSize {
                size,
                multiple,
                most: LARGEST_INPUT,
            });
        }
        let cells = size / multiple;
        let positions = sam.prompt_encoder.dense_positional_encoding(cells, cells);
        Ok(Self {
            sam,
            device: device.clone(),
            input_size: size,
            positions,
        })
    }

    /// The model.
    pub fn sam(&self) -> &Sam {
        &self.sam
    }

    /// The side of the network's input, in pixels.
    pub fn input_size(&self) -> usize {
        self.input_size
    }

    /// Encodes one image. This takes most of the time; prompts are fast.
    pub fn encode(&self, image: RgbView<'_>) -> EncodedImage {
        let (input, geometry) = self.input(image);
        self.read(self.sam.image_encoder.forward(input), geometry)
    }

    /// Encodes a part of an image. The part alone fills the network's input, so small objects are
    /// magnified. Prompts and masks are still in pixels of the whole image.
    ///
    /// # Errors
    /// [`SamError::Image`] for a part without pixels or one that sticks out of the image.
    pub fn encode_part(&self, image: RgbView<'_>, part: Part) -> Result<EncodedImage, SamError> {
        let rgb = image.cut(part);
        let view = RgbView::new(part.width, part.height, &rgb)?;
        let whole = [image.height, image.width];
        Ok(EncodedImage {
            within: Some(Within { part, whole }),
            ..self.encode(view)
        })
    }

    /// An encoded image from an earlier embedding, `[1, channels, rows, columns]`, of the same
    /// model and input size.
    pub fn read(&self, embedding: Tensor<4>, geometry: Geometry) -> EncodedImage {
        let dense = self.sam.prompt_encoder.no_mask();
        let positions = self.positions.clone();
        let decoder = &self.sam.mask_decoder;
        EncodedImage {
            read: decoder.read(embedding.clone(), positions, dense, true),
            embedding,
            geometry,
            within: None,
        }
    }

    /// Encodes images of any sizes in one pass of the network, in the order given.
    pub fn encode_batch(&self, images: &[RgbView<'_>]) -> Vec<EncodedImage> {
        if images.is_empty() {
            return Vec::new();
        }
        let (inputs, geometries): (Vec<_>, Vec<_>) =
            images.iter().map(|&image| self.input(image)).unzip();
        let embeddings = self.sam.image_encoder.forward(Tensor::cat(inputs, 0));
        let encoded = geometries
            .into_iter()
            .enumerate()
            .map(|(index, geometry)| self.read(embeddings.clone().narrow(0, index, 1), geometry));
        encoded.collect()
    }

    /// The network's input for an image, and where the image lies in it.
    fn input(&self, image: RgbView<'_>) -> (Tensor<4>, Geometry) {
        let (input, covered) = preprocess(image, self.input_size, &self.device);
        let original = [image.height, image.width];
        (
            input,
            Geometry {
                original,
                covered,
                padded: self.input_size,
            },
        )
    }

    /// Predicts the masks of prompts about one image: one mask a prompt, or with `multimask`
    /// several. The result has a list of masks for each prompt, in order.
    ///
    /// Prompts of the same form are decoded together; a result does not depend on the other
    /// prompts. Masks are in the order of the model, not sorted by predicted IoU.
    ///
    /// # Errors
    /// As [`predict_all`](Self::predict_all).
    pub fn predict(
        &self,
        image: &EncodedImage,
        prompts: &[Prompt],
        multimask: bool,
    ) -> Result<Vec<Vec<Prediction>>, SamError> {
        let asked = if multimask {
            Masks::Ambiguous
        } else {
            Masks::Single
        };
        self.answer(image, prompts, asked)
    }

    /// As [`predict`](Self::predict), with all masks of each prompt: the single mask first, then
    /// those for an ambiguous prompt.
    ///
    /// # Errors
    /// [`SamError::Prompt`] for a prompt without points, box and mask, with a coordinate that is
    /// not finite, with a box whose second corner is not below and to the right of the first, or
    /// with a mask of another size than the model's. [`SamError::Failed`] when the device failed,
    /// during the encoding or now.
    pub fn predict_all(
        &self,
        image: &EncodedImage,
        prompts: &[Prompt],
    ) -> Result<Vec<Vec<Prediction>>, SamError> {
        self.answer(image, prompts, Masks::All)
    }

    fn answer(
        &self,
        image: &EncodedImage,
        prompts: &[Prompt],
        asked: Masks,
    ) -> Result<Vec<Vec<Prediction>>, SamError> {
        for (index, prompt) in prompts.iter().enumerate() {
            check(index, prompt, image)?;
        }
        let mut answers: Vec<Vec<Prediction>> = vec![Vec::new(); prompts.len()];
        for group in same_form(prompts) {
            for indices in group.chunks(PROMPTS_PER_BATCH) {
                let batch = self.batch(image, prompts, indices);
                let decoded = self.decode(image, &batch, asked);
                let [_, masks, height, width] = decoded.low_res.dims();
                let low_res = values(decoded.low_res)?;
                let scores = values(decoded.iou_predictions)?;
                for (row, &index) in indices.iter().enumerate() {
                    answers[index] = (0..masks)
                        .map(|mask| {
                            let at = row * masks + mask;
                            let cells = at * height * width..(at + 1) * height * width;
                            Prediction {
                                score: scores[at],
                                low_res: low_res[cells].to_vec(),
                                geometry: image.geometry,
                                within: image.within,
                            }
                        })
                        .collect();
                }
            }
        }
        Ok(answers)
    }

    /// Predicts one mask for each prompt: the single mask, or with `multimask` the mask of highest
    /// predicted IoU among those for an ambiguous prompt.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_best(
        &self,
        image: &EncodedImage,
        prompts: &[Prompt],
        multimask: bool,
    ) -> Result<Vec<Prediction>, SamError> {
        let answers = self.predict(image, prompts, multimask)?;
        let best =
            |masks: Vec<Prediction>| masks.into_iter().max_by(|a, b| a.score.total_cmp(&b.score));
        Ok(answers.into_iter().filter_map(best).collect())
    }

    fn decode(&self, image: &EncodedImage, batch: &PromptBatch, asked: Masks) -> DecodedMasks {
        let decoder = &self.sam.mask_decoder;
        let (sparse, dense) = self.sam.prompt_encoder.forward(batch, [self.input_size; 2]);
        let own = batch.masks.is_some().then(|| {
            let (embedding, positions) = (image.embedding.clone(), self.positions.clone());
            decoder.read(embedding, positions, dense, false)
        });
        let read = own.as_ref().unwrap_or(&image.read);
        match asked {
            Masks::Single => decoder.forward(read, sparse, false),
            Masks::Ambiguous => decoder.forward(read, sparse, true),
            Masks::All => decoder.forward_all(read, sparse),
        }
    }

    fn mask_side(image: &EncodedImage) -> usize {
        4 * image.embedding.dims()[2]
    }

    fn batch(&self, image: &EncodedImage, prompts: &[Prompt], indices: &[usize]) -> PromptBatch {
        let mut batch = PromptBatch::default();
        let mut masks = Vec::new();
        for &index in indices {
            let prompt = &prompts[index];
            if !prompt.points.is_empty() {
                let points = prompt.points.iter().map(|point| {
                    let label = if point.positive {
                        PointLabel::Positive
                    } else {
                        PointLabel::Negative
                    };
                    (image.to_input([point.x, point.y]), label)
                });
                batch.points.push(points.collect());
            }
            if let Some([x0, y0, x1, y1]) = prompt.bounds {
                let [x0, y0] = image.to_input([x0, y0]);
                let [x1, y1] = image.to_input([x1, y1]);
                batch.boxes.push([x0, y0, x1, y1]);
            }
            if let Some(mask) = &prompt.mask {
                masks.extend_from_slice(mask);
            }
        }
        if !masks.is_empty() {
            let side = Self::mask_side(image);
            let data = TensorData::new(masks, [indices.len(), 1, side, side]);
            batch.masks = Some(Tensor::from_data(data, &self.device));
        }
        batch
    }
}

/// The indices of prompts of the same form: the same number of points, with or without box and
/// mask. A batch of them needs no padding points, which would take part in attention and change the
/// result.
fn same_form(prompts: &[Prompt]) -> Vec<Vec<usize>> {
    let mut groups = std::collections::BTreeMap::<_, Vec<usize>>::new();
    for (index, prompt) in prompts.iter().enumerate() {
        let form = (
            prompt.points.len(),
            prompt.bounds.is_some(),
            prompt.mask.is_some(),
        );
        groups.entry(form).or_default().push(index);
    }
    groups.into_values().collect()
}

/// The values of a tensor, row-major, as `f32`.
fn values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, SamError> {
    // Work on a GPU is queued: an error appears only when the result is read.
    tensor
        .try_into_vec_as::<f32>()
        .map_err(|error| SamError::Failed(error.to_string()))
}
