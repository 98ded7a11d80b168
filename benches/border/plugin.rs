//! The module `border` as a library.

#[allow(unreachable_pub, reason = "the benchmark has the same file")]
mod module;

micro_api::export!(module::module());
