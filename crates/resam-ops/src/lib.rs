//! Operations of the Segment Anything model where Burn's CPU backend is far from the floor, as Burn
//! backend extensions: a CPU implementation, a hand-written backward, and ordinary operations for
//! every other backend.
//!
//! What they bought: their time over that of Burn's own operations, forward, and forward and back to
//! the gradients of what is not frozen. Sizes are those of SAM's ViT-B, MobileSAM's TinyViT and the
//! mask decoder at 1024 px. `cargo bench -p resam-ops` measures both. These are of 2 cores of a
//! first-generation AMD EPYC (AVX2) that other work was using too, medians of one to six runs: a
//! tenth more or less says nothing. Layers that read pixels have no way back.
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
//! What follows from whole runs was measured earlier, on another machine with 2 threads:
//!
//! | part | what it bought |
//! |---|---|
//! | [`memory::keep_freed_memory`] | the TinyViT encoder at 1024 px: 2.49 s to 1.78 s |
//! | [`gelu`] | the same: 1.78 s to 0.94 s |
//! | [`mask_sums`] | losses of ten masks at 1024 px, there and back: 518 ms to 45 ms, and 320 MB less |
//!
//! Results do not depend on the number of threads: work is cut into pieces of a fixed size, and
//! every value is computed by one of them.

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
