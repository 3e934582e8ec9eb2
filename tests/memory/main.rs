//! Memory usage with a large organization. This is a separate program, because it counts every
//! allocation.

#[cfg(test)]
mod large;
#[cfg(test)]
mod listing;
