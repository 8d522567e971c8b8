//! Operations of the Segment Anything model where Burn's CPU backend is far from the floor, as Burn
//! backend extensions: a CPU implementation, a hand-written backward, and ordinary operations for
//! every other backend.
//!
//! | part | what it bought: TinyViT encoder, 1024 px, 2 threads, medians of 3 |
//! |---|---|
//! | [`memory::keep_freed_memory`] | 2.49 s to 1.78 s |
//! | [`gelu`] | 1.78 s to 0.94 s |
//!
//! | part | what it bought elsewhere |
//! |---|---|
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
