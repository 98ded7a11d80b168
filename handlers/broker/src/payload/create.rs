//! The wish for an instance.

use micro_api::{Request, Value};

use super::content::none;
use super::{Caller, Content, Field, PayloadLimits};
use crate::name::Name;
use crate::problem::Problem;

/// The wish for an instance.
#[derive(Debug)]
pub(crate) struct Create {
    pub(crate) name: String,
    pub(crate) plan: Option<String>,
    pub(crate) team: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) parameters: Value,
    pub(crate) caller: Caller,
}

impl Create {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// 400 if there is no name, or something is wrong.
    pub(crate) fn read(request: &Request, limits: &PayloadLimits) -> Result<Create, Problem> {
        let content = Content::read(request, limits)?;
        let Some(name) = content.text(Field::NAME)? else {
            let why = "there is no `name`: expected the name of the instance";
            return Err(Problem::new(400, why).about("name"));
        };
        let name = Name::parse_instance(&name, limits.name_bytes_max);
        let name = name.map_err(|why| Problem::new(400, why).about("name"))?;
        Ok(Create {
            name: name.into_string(),
            plan: content.text(Field::PLAN)?,
            team: content.text(Field::TEAM)?,
            description: content.text(Field::DESCRIPTION)?,
            tags: content.list(Field::TAGS)?,
            parameters: content.parameters()?.unwrap_or_else(none),
            caller: Caller::of(request, &content)?,
        })
    }
}
