//! The soft semantic alignment: the same object looks the same to the encoder in both views. Step
//! 6 of the method.

use burn::tensor::Tensor;

/// The feature of each box: the mean of the embedding's cells that it touches, of length 1.
///
/// `embedding` is `[1, channels, rows, columns]`, `stride` the pixels a cell; `boxes` are
/// `[x0, y0, x1, y1]` in pixels of the network's input. Cells `floor(x0 / stride)` to
/// `ceil(x1 / stride)` take part, at least one and none outside. Returns `[boxes, channels]`.
pub fn box_features(embedding: Tensor<4>, boxes: &[[f32; 4]], stride: usize) -> Tensor<2> {
    let [_, channels, rows, columns] = embedding.dims();
    if boxes.is_empty() {
        return Tensor::zeros([0, channels], &embedding.device());
    }
    let stride = stride as f32;
    let cells = |low: f32, high: f32, count: usize| {
        // A float out of range becomes the nearest number, and not-a-number 0.
        let first = ((low / stride).floor() as usize).min(count.saturating_sub(1));
        first..((high / stride).ceil() as usize).clamp(first + 1, count.max(first + 1))
    };
    let features = boxes.iter().map(|&[x0, y0, x1, y1]| {
        let (down, across) = (cells(y0, y1, rows), cells(x0, x1, columns));
        let inside = embedding.clone().slice([0..1, 0..channels, down, across]);
        let [_, _, height, width] = inside.dims();
        inside
            .reshape([channels, height * width])
            .mean_dim(1)
            .reshape([1, channels])
    });
    let features: Tensor<2> = Tensor::cat(features.collect(), 0);
    let length = features.clone().powi_scalar(2).sum_dim(1).sqrt();
    features / length.clamp_min(1e-12)
}

/// `mean(1 - cos(weak, strong))` over pairs of features of length 1, `[pairs, channels]` each.
pub fn alignment(weak: Tensor<2>, strong: Tensor<2>) -> Tensor<1> {
    ((weak * strong).sum_dim(1) * -1.0 + 1.0).mean()
}
