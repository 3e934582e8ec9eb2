//! What a large organization costs in memory. A program of its own, as it counts every allocation.

#[cfg(test)]
mod large;
#[cfg(test)]
mod listing;
