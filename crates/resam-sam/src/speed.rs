//! The speed of matrix products on a device, which predicts the time of an image encoder best.

use std::time::{Duration, Instant};

use burn::tensor::{Device, Distribution, Tensor};

/// `[rows, inner] x [inner, columns]`: the first layer of the MLP of ViT-B on 1024 x 1024 pixels.
pub const PRODUCT: [usize; 3] = [4096, 768, 3072];

/// The most products that are timed.
const MOST: usize = 9;

/// No product is begun after this much time.
const ENOUGH: Duration = Duration::from_secs(3);

/// The rate of one `f32` matrix product of the size [`PRODUCT`], in GFLOP/s (a multiplication and
/// an addition are two operations): the median of up to nine, after one that is not counted.
///
/// # Errors
/// The message of the driver when a product failed.
pub fn matrix_product_rate(device: &Device) -> Result<f64, String> {
    rate(device, MOST, ENOUGH)
}

/// A rough estimate of the same rate, from one product after one that is not counted. It takes a
/// fifth of the time.
///
/// # Errors
/// As [`matrix_product_rate`].
pub fn rough_matrix_product_rate(device: &Device) -> Result<f64, String> {
    rate(device, 1, Duration::ZERO)
}

fn rate(device: &Device, most: usize, enough: Duration) -> Result<f64, String> {
    let [rows, inner, columns] = PRODUCT;
    let uniform = Distribution::Uniform(-1.0, 1.0);
    let a = Tensor::<2>::random([rows, inner], uniform, device);
    let b = Tensor::<2>::random([inner, columns], uniform, device);
    let product = || {
        let started = Instant::now();
        let product = a.clone().matmul(b.clone());
        device.sync().map_err(|error| error.to_string())?;
        drop(product);
        Ok::<_, String>(started.elapsed().as_secs_f64())
    };
    // The first product compiles, tunes and warms up.
    product()?;
    let started = Instant::now();
    let mut seconds = Vec::new();
    while seconds.is_empty() || (seconds.len() < most && started.elapsed() < enough) {
        seconds.push(product()?);
    }
    seconds.sort_by(f64::total_cmp);
    let operations = 2.0 * (rows * inner * columns) as f64;
    Ok(operations / seconds[seconds.len() / 2] / 1e9)
}
