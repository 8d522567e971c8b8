//! Operations of the Segment Anything model where Burn's CPU backend is far from the floor, as Burn
//! backend extensions: a CPU implementation, a hand-written backward, and ordinary operations for
//! every other backend.
//!
//! | operation | what it bought |
//! |---|---|
//! | [`gelu`] | see its documentation |
//!
//! Results do not depend on the number of threads: work is cut into pieces of a fixed size, and
//! every value is computed by one of them.

mod gelu;
pub mod memory;
pub mod ops;

pub use gelu::gelu;
