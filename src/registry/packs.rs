//! The modules that are linked into this program: a line each.

use micro_api::host::AnyModule;

/// Every linked module.
pub(super) fn linked() -> Vec<Box<dyn AnyModule>> {
    vec![
        Box::new(micro_basics::ping::module()),
        Box::new(micro_basics::echo::module()),
        Box::new(micro_basics::tasks::module()),
        Box::new(micro_basics::static_files::module()),
        Box::new(micro_basics::later::module()),
    ]
}
