//! The room `diagnostics`.
