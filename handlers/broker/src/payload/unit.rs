//! The wish to bind or unbind a unit of an app, as tsuru had it in 2013.

use micro_api::Request;

use super::{Caller, Content, Field, PayloadLimits};
use crate::name::parse_host;
use crate::problem::Problem;

/// The wish to bind a unit of an app.
#[derive(Debug)]
pub(crate) struct BindUnit {
    /// Where the unit is; without units, where the app is.
    pub(crate) host: String,
    /// Where the app is.
    pub(crate) app_host: Option<String>,
    pub(crate) caller: Caller,
}

const UNIT: &[Field] = &[Field::UNIT_HOSTNAME, Field::UNIT_HOST, Field::HOSTNAME];
const APP: &[Field] = &[Field::APP_HOSTNAME, Field::APP_HOST];

impl BindUnit {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// 400 if there is no host, or something is wrong.
    pub(crate) fn read(request: &Request, limits: &PayloadLimits) -> Result<BindUnit, Problem> {
        let content = Content::read(request, limits)?;
        let unit = content.first(UNIT, parse_host)?;
        let app = content.first(APP, parse_host)?;
        let called = content.called(Field::UNIT_HOSTNAME);
        let Some(host) = unit.or_else(|| app.clone()) else {
            let why = format!("there is no `{called}`: expected the host of the unit");
            return Err(Problem::new(400, why).about(called));
        };
        Ok(BindUnit {
            host,
            app_host: app,
            caller: Caller::of(request, &content)?,
        })
    }

    /// Reads which unit is to be unbound: the path has their host.
    ///
    /// # Errors
    ///
    /// 400 if something is wrong.
    pub(crate) fn read_host(
        request: &Request,
        limits: &PayloadLimits,
    ) -> Result<(String, Caller), Problem> {
        let host = parse_host(request.arg("host")?);
        let host = host.map_err(|why| Problem::new(400, why).about("host"))?;
        Ok((host, Caller::read(request, limits)?))
    }
}
