//! Tests that need the crate's inside, and the entry points of the fuzz targets.

pub mod fuzzing;
#[cfg(test)]
mod vectors;
