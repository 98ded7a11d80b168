//! What is to be done next about an instance.

use micro_store::{Error, Transaction};

use super::bind::{Bound, first};
use super::instance::Held;
use crate::state::State;

/// Something to be done outside.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The instance that it is about.
    pub(crate) instance: Held,
    pub(crate) deed: Deed,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Create,
    Destroy,
    Bind(Box<Bound>),
    Unbind(Box<Bound>),
}

/// What is to be done next about an instance, if anything.
pub(super) fn next(
    transaction: &mut Transaction<'_>,
    instance: &Held,
) -> Result<Option<Step>, Error> {
    let unwanted = first(transaction, instance.id, State::Deleting)?;
    let deed = match (unwanted, instance.state) {
        (Some(bind), _) => Some(Deed::Unbind(Box::new(bind))),
        (None, State::Deleting) => Some(Deed::Destroy),
        (None, State::Pending) => Some(Deed::Create),
        (None, State::Failed) => None,
        (None, State::Ready) => {
            let wanted = first(transaction, instance.id, State::Pending)?;
            wanted.map(|bind| Deed::Bind(Box::new(bind)))
        }
    };
    Ok(deed.map(|deed| Step {
        instance: instance.clone(),
        deed,
    }))
}
