//! The room `directives`.
