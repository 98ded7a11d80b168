//! How far an instance or a bind is.

use micro_store::{FromValue, Value};

/// How far an instance or a bind is: `pending → ready | failed`, and `deleting` from any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It is wanted, and not made yet.
    Pending,
    /// It is there.
    Ready,
    /// It cannot be made.
    Failed,
    /// It is unwanted, and not removed yet.
    Deleting,
}

impl State {
    const ALL: [State; 4] = [State::Pending, State::Ready, State::Failed, State::Deleting];

    /// Its word, in the database and for people.
    pub(crate) fn word(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Ready => "ready",
            State::Failed => "failed",
            State::Deleting => "deleting",
        }
    }
}

impl From<State> for Value {
    fn from(state: State) -> Value {
        state.word().into()
    }
}

impl FromValue for State {
    const EXPECTED: &'static str = "the state of an instance or a bind";

    fn from_value(value: Value) -> Result<State, Value> {
        let word = String::from_value(value)?;
        let state = State::ALL.into_iter().find(|state| state.word() == word);
        state.ok_or(Value::Text(word))
    }
}
