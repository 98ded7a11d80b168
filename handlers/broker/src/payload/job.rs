//! The wish to bind or unbind a job.

use micro_api::Request;

use super::{Caller, PayloadLimits};
use crate::name::Name;
use crate::problem::Problem;

/// The wish to bind a job, or to unbind it: the path has its name.
#[derive(Debug)]
pub(crate) struct BindJob {
    pub(crate) name: String,
    pub(crate) caller: Caller,
}

impl BindJob {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// 400 if something is wrong.
    pub(crate) fn read(request: &Request, limits: &PayloadLimits) -> Result<BindJob, Problem> {
        let name = Name::parse("job", request.arg("job")?, limits.name_bytes_max);
        let name = name.map_err(|why| Problem::new(400, why).about("job"))?;
        Ok(BindJob {
            name: name.into_string(),
            caller: Caller::read(request, limits)?,
        })
    }
}
