//! Tests that need the crate's inside, and the entry points of the fuzz targets.

pub mod fuzzing;
pub mod measuring;
#[cfg(test)]
mod vectors;
