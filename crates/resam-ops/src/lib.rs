//! Fused CPU operations of the Segment Anything model with their gradients, as extensions of the
//! Burn backend `flex`. On any other backend, and in half precision, each operation is composed of
//! Burn's own operations.
//!
//! | item | what it is |
//! |---|---|
//! | [`linear`](linear()) | `x W + b` |
//! | [`layer_norm`](layer_norm()) | layer norm over the last dimension |
//! | [`gelu`](gelu()) | exact GELU |
//! | [`conv2d`](conv2d()) | convolution, channels last |
//! | [`depthwise_conv3x3`] | depthwise 3 x 3 convolution, channels last |
//! | [`conv_transpose2x2`] | transposed 2 x 2 convolution, channels last |
//! | [`self_attention`] | self-attention in windows or over a map, with relative positions |
//! | [`attention`](attention()) | attention from one sequence to another |
//! | [`attend_to_cells`] | attention of prompt tokens to image cells, projections absorbed |
//! | [`attend_from_cells`] | attention of image cells to prompt tokens, projections absorbed |
//! | [`mask_sums`](mask_sums()) | the sums over pixels that focal, dice and IoU losses need |
//! | [`memory`] | keeps the memory of freed tensors for the next ones |
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use resam_ops::{gelu, linear};
//!
//! let device = Device::flex();
//! let x = Tensor::<2>::from_floats([[1.0, 2.0]], &device);
//! let weight = Tensor::<2>::from_floats([[1.0, 0.0, -1.0], [0.0, 1.0, 0.5]], &device);
//! let bias = Tensor::<1>::from_floats([0.0, -2.0, 0.0], &device);
//!
//! let y = linear(x, weight, Some(bias));
//! assert_eq!(y.to_data().try_to_vec::<f32>()?, [1.0, 0.0, 0.0]);
//! let z = gelu(y).to_data().try_to_vec::<f32>()?;
//! assert!((z[0] - 0.841_345).abs() < 1e-6 && z[1] == 0.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The table shows the time of each operation divided by the time of Burn's own operations:
//! forward, and forward and backward to the gradients of all operands that are not frozen. Sizes
//! are those of SAM's ViT-B, MobileSAM's TinyViT and the mask decoder at 1024 px. Measured with
//! `cargo bench -p resam-ops` on 2 cores of a first-generation AMD EPYC (AVX2) that other work was
//! using too; medians of one to six runs, so a difference of a tenth means nothing. The first
//! layers of an encoder, which read pixels, have no backward pass.
//!
//! | operation | size | forward | and back |
//! |---|---|---|---|
//! | [`gelu`] | 4096 x 3072 | 0.16 | 0.15 |
//! | [`linear`] | 4096 x 768 to 3072 | 0.95 | 0.97 |
//! | [`linear`] | 65536 x 64 to 256 | 0.66 | 0.79 |
//! | [`layer_norm`] | 4096 x 768 | 0.74 | 0.21 |
//! | [`layer_norm`] | 16384 x 64, GELU | 0.19 | 0.16 |
//! | [`conv2d`] | 1024 x 1024 x 3 to 32, 3 x 3, GELU | 0.14 |  |
//! | [`conv2d`] | 1024 x 1024 x 3 to 768, 16 x 16 | 0.64 |  |
//! | [`conv2d`] | 64 x 64 x 256 to 256, 3 x 3 | 0.88 | 0.86 |
//! | [`depthwise_conv3x3`] | 256 x 256 x 256, GELU | 0.20 | 0.17 |
//! | [`depthwise_conv3x3`] | 64 x 64 x 160 | 0.86 | 0.25 |
//! | [`conv_transpose2x2`] | 64 x 64 x 256 to 64 | 0.81 | 0.59 |
//! | [`conv_transpose2x2`] | 128 x 128 x 64 to 32, GELU | 0.18 | 0.21 |
//! | [`self_attention`] | ViT-B, global, 2 heads | 0.50 | 0.54 |
//! | [`self_attention`] | ViT-B, windows | 0.51 | 0.58 |
//! | [`self_attention`] | TinyViT, third stage | 0.52 | 0.36 |
//! | [`attention`] | 16 prompts of 7 tokens, one image | 0.92 | 1.02 |
//! | [`attend_to_cells`] | 16 prompts of 7 tokens | 0.80 | 0.68 |
//! | [`attend_from_cells`] | 16 prompts of 7 tokens | 0.61 | 0.99 |
//! | [`mask_sums`] | 10 masks | 0.08 | 0.13 |
//!
//! Times of whole runs were measured earlier, on another machine with 2 threads:
//!
//! | part | time before and after |
//! |---|---|
//! | [`memory::keep_freed_memory`] | the TinyViT encoder at 1024 px: 2.49 s to 1.78 s |
//! | [`gelu`] | the same: 1.78 s to 0.94 s |
//! | [`mask_sums`] | losses of ten masks at 1024 px, both ways: 518 ms to 45 ms, 320 MB less |
//!
//! Results do not depend on the number of threads: work is cut into pieces of a fixed size, and one
//! thread computes each value.
//!
//! # Limits
//!
//! It has no GPU kernels. Shapes are checked by Burn: tensors whose shapes do not fit panic, as in
//! Burn itself.

mod absorbed;
mod activation;
mod attention;
mod conv2d;
mod conv_transpose;
mod depthwise;
mod exponential;
mod flex;
mod fused;
mod gelu;
mod half_precision;
mod layer_norm;
mod linear;
mod mask_sums;
pub mod memory;
mod pieces;
mod product;
pub mod signals;
mod tile;
mod transpose;

pub use absorbed::{attend_from_cells, attend_to_cells};
pub use activation::Activation;
pub use attention::{QkvOrder, RelativePositions, SelfAttention, attention, self_attention};
pub use conv_transpose::conv_transpose2x2;
pub use conv2d::{Convolution, conv2d};
pub use depthwise::depthwise_conv3x3;
pub use gelu::gelu;
pub use half_precision::widened;
pub use layer_norm::layer_norm;
pub use linear::linear;
pub use mask_sums::{MASK_SUMS, mask_sums};
