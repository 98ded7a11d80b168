//! The room `router`.
