//! The modules that are linked into this program: a line each, behind a feature if it is a pack.

use micro_api::host::{AnyModule, Descriptor};

/// Every linked module.
pub(super) fn linked() -> Vec<Descriptor> {
    vec![
        micro_basics::ping::module().describe(),
        micro_basics::echo::module().describe(),
        micro_basics::tasks::module().describe(),
        micro_basics::static_files::module().describe(),
        micro_basics::later::module().describe(),
        #[cfg(feature = "broker")]
        micro_broker::module().describe(),
        #[cfg(feature = "routing")]
        micro_routing::module().describe(),
    ]
}
