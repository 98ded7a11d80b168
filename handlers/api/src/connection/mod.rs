//! Other services, as a handler calls them: the CONNECTION and RESOURCE lines of a definition.

#![allow(
    unsafe_code,
    reason = "the connections are on the other side of the border"
)]

mod arguments;
mod call;
mod error;
mod kind;
mod outgoing;
mod response;
mod stream;

pub use arguments::{Arguments, IntoArguments};
pub use call::ResourceCall;
pub use error::CallError;
pub use kind::{CallErrorKind, Side};
pub use outgoing::Outgoing;
pub use response::Response;
pub use stream::ResponseStream;

use std::fmt;
use std::rc::Rc;

use crate::abi::Text;
use crate::border::failure;
use crate::{Config, Error, Request};

impl Request {
    /// A CONNECTION of the definition. What is called through it is known there, and in the log, to
    /// be on behalf of this request.
    ///
    /// # Errors
    ///
    /// If the definition declares no such connection: a 500 whose detail says what there is.
    pub fn connection(&self, name: &str) -> Result<Connection, Error> {
        Connection::find(self.config(), name, Some(self.id()))
    }
}

impl Config {
    /// A CONNECTION of the definition, for what is on behalf of no request: SETUP, TASK, and what is
    /// [spawned](crate::spawn). See [`Request::connection`].
    ///
    /// A module's state is opened before there are connections.
    ///
    /// # Errors
    ///
    /// If the definition declares no such connection: a 500 whose detail says what there is.
    pub fn connection(&self, name: &str) -> Result<Connection, Error> {
        Connection::find(self, name, None)
    }
}

/// A CONNECTION of the definition: a service that is called. Cheap to clone.
#[derive(Clone)]
pub struct Connection {
    config: Config,
    name: Rc<str>,
    id: Option<Rc<str>>,
}

impl Connection {
    fn find(config: &Config, name: &str, id: Option<&str>) -> Result<Connection, Error> {
        expect(config, name, Text::NONE)?;
        Ok(Connection {
            config: config.clone(),
            name: name.into(),
            id: id.map(Into::into),
        })
    }

    /// A RESOURCE of it.
    ///
    /// # Errors
    ///
    /// If the definition declares no such resource: a 500 whose detail says what there is.
    pub fn resource(&self, name: &str) -> Result<Resource, Error> {
        expect(&self.config, &self.name, Text::new(name))?;
        Ok(Resource {
            connection: self.clone(),
            name: name.into(),
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection({})", self.name)
    }
}

/// Asks the program for a connection or resource.
fn expect(config: &Config, connection: &str, resource: Text) -> Result<(), Error> {
    let mut slot = failure::Slot::new();
    // SAFETY: the settings are valid, and what is lent lives through the call.
    let is_there = unsafe {
        (config.host().connection_find)(
            config.as_raw(),
            Text::new(connection),
            resource,
            slot.report(),
        )
    };
    slot.result()?;
    match is_there {
        0 => Err(Error::internal(format!(
            "there is no connection `{connection}`, and nobody says why"
        ))),
        _ => Ok(()),
    }
}

/// A RESOURCE of a CONNECTION: one call that its service answers. Cheap to clone.
#[derive(Clone)]
pub struct Resource {
    connection: Connection,
    name: Rc<str>,
}

impl Resource {
    /// A call with these [arguments](IntoArguments), which is made when it is awaited:
    ///
    /// ```
    /// use micro_api::{CallError, Error, Json, Request, Value};
    ///
    /// async fn create(request: Request) -> Result<Json<Value>, Error> {
    ///     let docker = request.connection("docker")?;
    ///     let image: &str = request.arg("image")?;
    ///     let answer = docker.resource("create")?.call((image,)).with("name", "web").await?;
    ///     Ok(Json(answer.value()?))
    /// }
    /// ```
    #[must_use = "a call is made when it is awaited"]
    pub fn call(&self, arguments: impl IntoArguments) -> ResourceCall {
        ResourceCall::new(self.clone(), arguments.into_arguments())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its connection.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resource({}.{})", self.connection.name, self.name)
    }
}
