//! What a platform sends, as a form or as JSON. No I/O.
//!
//! tsuru sends forms, or JSON to services that were registered so; what a field is called differs
//! ([`Field`]). [`Content`] reads both alike; the other types are what requests say.

mod app;
mod caller;
mod content;
mod create;
mod field;
mod form;
mod job;
mod json;
mod limits;
mod parameters;
#[cfg(test)]
mod tests;
mod unit;
mod update;

pub(crate) use app::BindApp;
pub(crate) use caller::Caller;
pub(crate) use create::Create;
pub(crate) use job::BindJob;
pub(crate) use limits::PayloadLimits;
pub(crate) use unit::BindUnit;
pub(crate) use update::Update;

use content::Content;
use field::Field;
