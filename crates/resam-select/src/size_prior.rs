//! The sizes of objects that are known before a mask is selected.

/// Which value is the median of an even number of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Median {
    /// The mean of the two values in the middle. Images use it, on logarithms of areas.
    MeanOfMiddle,
    /// The upper one of the two values in the middle. Scenes use it, on areas.
    UpperMiddle,
}

/// The median of values, which are sorted in place; 0 where there are none.
pub fn median(values: &mut [f64], of_even: Median) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let Some(&upper) = values.get(half) else {
        return 0.0;
    };
    if values.len() % 2 == 1 || of_even == Median::UpperMiddle {
        return upper;
    }
    (values[half - 1] + upper) / 2.0
}

/// `ln(area + 1)` of an area in pixels: the scale on which sizes are compared.
pub fn log_area(area: u64) -> f64 {
    (area as f64 + 1.0).ln()
}

/// What is known of the size of objects before a mask is selected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SizePrior {
    /// `m`, the median of [`log_area`] over the co-occurring instances, where it is known from the
    /// whole of the image.
    pub(crate) of_image: Option<f64>,
    /// `u`, the median of `ln(area)` in other images of the data set, and the weight of the
    /// distance from it.
    pub(crate) of_dataset: Option<(f64, f64)>,
}

impl SizePrior {
    /// The sizes of the co-occurring instances of an image, from the areas of their masks in
    /// pixels, for a part of that image. What was known `before` of the data set stays known. None
    /// where nothing is known.
    pub fn of_instances(
        areas: impl IntoIterator<Item = u64>,
        before: Option<Self>,
    ) -> Option<Self> {
        let mut sizes: Vec<f64> = areas.into_iter().map(log_area).collect();
        let of_image = (!sizes.is_empty()).then(|| median(&mut sizes, Median::MeanOfMiddle));
        let of_dataset = before.and_then(|prior| prior.of_dataset);
        (of_image.is_some() || of_dataset.is_some()).then_some(Self {
            of_image,
            of_dataset,
        })
    }

    /// The area in pixels that objects have in other images of the data set, and the weight of the
    /// distance from it.
    pub fn of_dataset(area: f64, weight: f64) -> Self {
        Self {
            of_image: None,
            of_dataset: Some(((area + 1.0).ln(), weight)),
        }
    }

    /// The same in pixels of which there are `times` as many.
    #[must_use]
    pub fn magnified(self, times: f64) -> Self {
        Self {
            of_image: self.of_image.map(|middle| middle + times.ln()),
            of_dataset: self
                .of_dataset
                .map(|(middle, weight)| (middle + times.ln(), weight)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_of_an_even_number_is_one_of_two() {
        let of = |values: &[f64], kind| median(&mut values.to_vec(), kind);
        for kind in [Median::MeanOfMiddle, Median::UpperMiddle] {
            assert_eq!(of(&[], kind), 0.0);
            assert_eq!(of(&[3.0, 1.0, 2.0], kind), 2.0);
        }
        assert_eq!(of(&[4.0, 1.0, 2.0, 3.0], Median::MeanOfMiddle), 2.5);
        assert_eq!(of(&[4.0, 1.0, 2.0, 3.0], Median::UpperMiddle), 3.0);
    }

    #[test]
    fn the_prior_of_the_data_set_stays_known_in_a_part_and_is_magnified_with_it() {
        let prior = SizePrior::of_dataset(100.0, 0.1);
        let both =
            SizePrior::of_instances([50, 60, 9000], Some(prior)).expect("something is known");
        assert_eq!(both.of_image, Some(61f64.ln()));
        assert_eq!(both.of_dataset, Some((101f64.ln(), 0.1)));
        assert_eq!(SizePrior::of_instances([], Some(prior)), Some(prior));
        let larger = both.magnified(4.0);
        assert_eq!(larger.of_image, Some(61f64.ln() + 4f64.ln()));
        assert_eq!(larger.of_dataset, Some((101f64.ln() + 4f64.ln(), 0.1)));
    }
}
