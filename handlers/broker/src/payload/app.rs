//! The wish to bind or unbind an app.

use micro_api::{Request, Value};

use super::content::none;
use super::{Caller, Content, Field, PayloadLimits};
use crate::name::{Name, parse_address};
use crate::problem::Problem;

/// The wish to bind an app, or to unbind it.
#[derive(Debug)]
pub(crate) struct BindApp {
    /// Its name; older platforms say only where it is.
    name: Option<String>,
    /// Where it is.
    pub(crate) host: Option<String>,
    pub(crate) parameters: Value,
    pub(crate) caller: Caller,
}

impl BindApp {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// 400 if there is neither a name nor a host, or something is wrong.
    pub(crate) fn read(request: &Request, limits: &PayloadLimits) -> Result<BindApp, Problem> {
        let content = Content::read(request, limits)?;
        let called = content.called(Field::APP_NAME);
        let name = content.text(Field::APP_NAME)?;
        let name = name.map(|name| Name::parse("app", &name, limits.name_bytes_max));
        let name = name
            .transpose()
            .map_err(|why| Problem::new(400, why).about(called))?;
        let host = content.first(&[Field::APP_HOST, Field::APP_HOSTNAME], parse_address)?;
        let hosts = content.hosts(Field::APP_HOSTS, parse_address)?;
        let host = host.or(hosts.into_iter().next());
        if name.is_none() && host.is_none() {
            let why = format!("there is no `{called}`: expected the name of the app");
            return Err(Problem::new(400, why).about(called));
        }
        Ok(BindApp {
            name: name.map(Name::into_string),
            host,
            parameters: content.parameters()?.unwrap_or_else(none),
            caller: Caller::of(request, &content)?,
        })
    }

    /// Its name, if that is known.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What it is told apart by: its name, or else where it is.
    pub(crate) fn subject(&self) -> &str {
        let subject = self.name.as_deref().or(self.host.as_deref());
        subject.expect("one of both was sent")
    }
}
