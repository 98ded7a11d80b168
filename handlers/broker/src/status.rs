//! How an instance is.

use crate::broker::Shared;
use crate::clock::now;
use crate::ledger::Held;
use crate::state::State;

/// How an instance is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Up,
    Pending,
    Deleting,
    /// And why.
    Down(String),
}

impl Status {
    /// Its word, for people.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Status::Up => "up",
            Status::Pending => "pending",
            Status::Deleting => "deleting",
            Status::Down(_) => "down",
        }
    }
}

impl Shared {
    /// How an instance is, by what is known: nobody is asked.
    pub(crate) fn status(&self, instance: &Held) -> Status {
        match instance.state {
            State::Pending => Status::Pending,
            State::Deleting => Status::Deleting,
            State::Failed => Status::Down(instance.failure.clone().unwrap_or_default()),
            State::Ready if instance.up_at > now() => Status::Pending,
            State::Ready => match self.plans.find(&instance.plan) {
                None => Status::Down(format!("there is no plan `{}` any more", instance.plan)),
                Some(plan) => match plan.find_trouble(&instance.outside.label) {
                    Some(why) => Status::Down(why),
                    None => Status::Up,
                },
            },
        }
    }
}
