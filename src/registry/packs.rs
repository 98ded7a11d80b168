//! The modules that are linked into this program: a line each.

use micro_api::host::AnyModule;

/// Every linked module.
pub(super) fn linked() -> Vec<Box<dyn AnyModule>> {
    vec![]
}
