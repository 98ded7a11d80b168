//! What is written down about instances and their binds, each change in a transaction.
//!
//! What somebody wants is written down first ([`wishes`]). It is carried out outside step by step, by
//! one *runner* at a time for an instance and its binds ([`claim`], [`step`]), and what became of each
//! step is written down as well ([`outcome`]). A runner that is not heard of any more loses its claim
//! after a while, and another one goes on with the same step. No outside is touched in here.

mod bind;
mod claim;
mod instance;
mod marks;
mod outcome;
mod step;
#[cfg(test)]
mod tests;
mod wishes;

pub(crate) use bind::{Bound, BoundKind, NewBind};
pub(crate) use claim::{Claim, due, put_off, take};
pub(crate) use instance::{Held, NewInstance, count_binds, find_instance};
pub(crate) use marks::{
    Proof, find_or_insert_proof, is_known, known_labels, lost, other_seals, ready, replace_proof,
    replace_seal,
};
pub(crate) use outcome::{Fate, Key, Patience, Settled, fate, renew, settle};
pub(crate) use step::{Deed, Step};
pub(crate) use wishes::{
    BindWish, Change, Limits, bind, create, delete, delete_failed, give_up_bind, unbind, update,
};

use micro_api::serde_json;
use micro_store::{Error, ErrorKind};

/// Reads a column that holds JSON.
fn from_json<T: micro_api::serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::new(ErrorKind::Broken, error.to_string()))
}
