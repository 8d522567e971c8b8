//! The kinds of objects, one a file.

pub(crate) mod aircraft;
pub(crate) mod building;
pub(crate) mod container;
pub(crate) mod court;
pub(crate) mod field;
pub(crate) mod road;
pub(crate) mod roof;
pub(crate) mod ship;
pub(crate) mod tank;
pub(crate) mod tree;
pub(crate) mod vehicle;
pub(crate) mod water;
