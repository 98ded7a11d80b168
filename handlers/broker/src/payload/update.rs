//! The wish to change an instance.

use micro_api::{Request, Value};

use super::{Caller, Content, Field, PayloadLimits};
use crate::problem::Problem;

/// The wish to change an instance. What is nothing stays as it is: tsuru sends `plan=` and
/// `description=` also if they are not to be changed.
#[derive(Debug)]
pub(crate) struct Update {
    pub(crate) plan: Option<String>,
    pub(crate) team: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) parameters: Option<Value>,
    pub(crate) caller: Caller,
}

impl Update {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// 400 if something is wrong.
    pub(crate) fn read(request: &Request, limits: &PayloadLimits) -> Result<Update, Problem> {
        let content = Content::read(request, limits)?;
        Ok(Update {
            plan: content.text(Field::PLAN)?,
            team: content.text(Field::TEAM)?,
            description: content.text(Field::DESCRIPTION)?,
            tags: content.list(Field::TAGS)?,
            parameters: content.parameters()?,
            caller: Caller::of(request, &content)?,
        })
    }
}
