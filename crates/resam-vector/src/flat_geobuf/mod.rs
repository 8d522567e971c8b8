//! FlatGeobuf, through the types that the `flatgeobuf` crate generates from its schema.

mod read;
mod write;

pub(crate) use read::{parse, read};
pub(crate) use write::write;
