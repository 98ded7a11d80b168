//! `cargo build -p micro-basics --example ping` makes a library of the module `ping`, for programs
//! that load it.

micro_api::export!(micro_basics::ping::module());
