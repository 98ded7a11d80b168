//! The `micro` program; everything is in the library.

fn main() {}
