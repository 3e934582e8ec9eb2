//! The plugin layer.

pub mod serve;
mod wire;
