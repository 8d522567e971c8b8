//! What is promised about fetching models, told against a server on this computer that misbehaves.

mod child;
mod common;
mod downloads;
mod names;
mod refusals;
mod resumes;
mod server;
mod several;
mod sources;
