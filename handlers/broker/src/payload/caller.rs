//! Who asks.

use std::fmt;

use micro_api::{Request, quoted};

use super::{Content, Field, PayloadLimits};
use crate::problem::Problem;

/// Who asks, and for which event of his platform's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) user: String,
    pub(crate) event: String,
}

impl Caller {
    /// Reads it from a request that says nothing else.
    ///
    /// # Errors
    ///
    /// 400 if its content cannot be read.
    pub(crate) fn read(request: &Request, limits: &PayloadLimits) -> Result<Caller, Problem> {
        Caller::of(request, &Content::read(request, limits)?)
    }

    /// Reads it from the header fields, or from the content.
    pub(super) fn of(request: &Request, content: &Content<'_>) -> Result<Caller, Problem> {
        let find = |name: &str, field: Field| {
            let said = content.text(field)?.unwrap_or_default();
            let Some(header) = request.header(name).filter(|text| !text.is_empty()) else {
                return Ok(said);
            };
            content.check_length(field, header)?;
            Ok::<String, Problem>(header.to_owned())
        };
        Ok(Caller {
            user: find("x-tsuru-user", Field::USER)?,
            event: find("x-tsuru-eventid", Field::EVENT)?,
        })
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.user.is_empty() {
            true => f.write_str("somebody")?,
            false => f.write_str(&quoted(&self.user))?,
        }
        match self.event.is_empty() {
            true => Ok(()),
            false => write!(f, " (event {})", quoted(&self.event)),
        }
    }
}
