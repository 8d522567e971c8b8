//! Reinforce: the soft semantic alignment (SSA) of the features of an object in both views. Step 6
//! of the method (arXiv 2511.21606).

use std::collections::VecDeque;

use burn::tensor::Tensor;
use resam_sam::SamError;

use crate::read::values;

/// The feature of each box: the mean of the embedding's cells that it touches, of length 1.
///
/// `embedding` is `[1, channels, rows, columns]`, `stride` the pixels a cell; `boxes` are `[x0, y0,
/// x1, y1]` in pixels of the network's input. Cells `floor(x0 / stride)` to `ceil(x1 / stride)`
/// take part, at least one and none outside. Returns `[boxes, channels]`.
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

/// Queues of pairs of features, first in first out: the context of the alignment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Queues {
    /// The most pairs that the queues hold.
    pub capacity: usize,
    /// The feature in the weak view and in the strong one, oldest first.
    pub pairs: VecDeque<[Vec<f32>; 2]>,
}

impl Queues {
    /// Queues of this many pairs, empty.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            pairs: VecDeque::new(),
        }
    }

    /// Adds pairs; the oldest make room for them.
    pub fn extend(&mut self, pairs: impl IntoIterator<Item = [Vec<f32>; 2]>) {
        self.pairs.extend(pairs);
        let surplus = self.pairs.len().saturating_sub(self.capacity);
        self.pairs.drain(..surplus);
    }

    /// Adds the pairs of a step, `[pairs, channels]` each; once the queues are full, returns
    /// `mean(1 - cos)` over all their pairs.
    ///
    /// With `gradient` the strong features of this step keep their gradient; earlier pairs never
    /// have one. In the published code none has, so the alignment trains nothing.
    ///
    /// # Errors
    /// [`SamError::Failed`] when the device does not give the features.
    pub fn push(
        &mut self,
        weak: Tensor<2>,
        strong: Tensor<2>,
        gradient: bool,
    ) -> Result<Option<Tensor<1>>, SamError> {
        let [count, channels] = weak.dims();
        let rows = |features: &Tensor<2>| values(features.clone().without_autodiff());
        let (weak_rows, strong_rows) = (rows(&weak)?, rows(&strong)?);
        let pairs = weak_rows.chunks(channels).zip(strong_rows.chunks(channels));
        self.extend(pairs.map(|(weak, strong)| [weak.to_vec(), strong.to_vec()]));
        if self.capacity == 0 || self.pairs.len() < self.capacity {
            return Ok(None);
        }
        // The last of this step's pairs are the last in the queues.
        let own = count.min(self.capacity);
        let distance = |[weak, strong]: &[Vec<f32>; 2]| {
            let products = weak
                .iter()
                .zip(strong)
                .map(|(a, b)| f64::from(*a) * f64::from(*b));
            1.0 - products.sum::<f64>()
        };
        let before = self
            .pairs
            .iter()
            .take(self.capacity - own)
            .map(distance)
            .sum::<f64>();
        let own_rows = count - own..count;
        let strong = if gradient { strong } else { strong.detach() };
        let distances = if own == 0 {
            Tensor::zeros([1], &strong.device())
        } else {
            let weak = weak.detach().slice([own_rows.clone(), 0..channels]);
            let strong = strong.slice([own_rows, 0..channels]);
            alignment(weak, strong) * own as f64
        };
        Ok(Some((distances + before) / self.capacity as f64))
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    /// Two channels of 3 rows and 4 columns; the second is the first one's square.
    fn embedding() -> Tensor<4> {
        let first = (0..12).map(|i| i as f32);
        let values: Vec<f32> = first.clone().chain(first.map(|x| x * x)).collect();
        Tensor::from_data(TensorData::new(values, [1, 2, 3, 4]), &Device::flex())
    }

    fn features(boxes: &[[f32; 4]]) -> Vec<f32> {
        let features = box_features(embedding(), boxes, 16);
        features.to_data().try_to_vec().expect("f32 values")
    }

    #[test]
    fn a_feature_is_the_direction_of_the_mean_cell() {
        // Columns 1 and 2 of rows 0 and 1: 1, 2, 5, 6 and their squares.
        let (x, y) = (3.5f32, 16.5f32);
        let length = x.hypot(y);
        let ours = features(&[[17.0, 3.0, 47.5, 31.0]]);
        for (ours, exact) in ours.iter().zip([x / length, y / length]) {
            assert!((ours - exact).abs() < 1e-6, "{ours} where {exact} is exact");
        }
    }

    #[test]
    fn boxes_off_the_image_or_without_area_take_the_nearest_cell() {
        let corner = features(&[[48.0, 32.0, 64.0, 48.0]]);
        for strange in [
            [70.0, 50.0, 90.0, 90.0],
            [60.0, 40.0, 60.0, 40.0],
            [f32::INFINITY; 4],
        ] {
            assert_eq!(features(&[strange]), corner);
        }
        let first = features(&[[0.0, 0.0, 16.0, 16.0]]);
        assert_eq!(features(&[[-9.0, -9.0, -5.0, -5.0]]), first);
        assert_eq!(features(&[[f32::NAN; 4]]), first);
        assert!(features(&[]).is_empty());
    }

    #[test]
    fn the_same_direction_is_aligned_and_the_opposite_is_two_away() {
        let feature = box_features(embedding(), &[[0.0, 0.0, 64.0, 48.0]], 16);
        let value = |loss: Tensor<1>| loss.into_scalar::<f32>();
        assert!(value(alignment(feature.clone(), feature.clone())).abs() < 1e-6);
        assert!((value(alignment(feature.clone(), feature * -1.0)) - 2.0).abs() < 1e-6);
    }
}
