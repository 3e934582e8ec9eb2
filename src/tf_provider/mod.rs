//! The plugin layer.

pub mod log;
pub mod serve;
mod wire;
