//! `cargo build --example faults` makes a library of the module `faults`, for the tests that load it.

mod faults;
micro_api::export!(faults::module());
