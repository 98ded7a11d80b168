//! A CONNECTION of a service that runs: where it is, how it is spoken to, and its links.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::time::Instant;

use micro_api::CallErrorKind;
use micro_api::host::Transform;

use super::dial::{dial, dial_file};
use super::failure::Failure;
use super::functions::{self, BoundResource};
use super::line::{Line, Stage};
use super::link::{Link, LinkError};
use super::links::{Links, Slot};
use super::order::{Order, text};
use super::resolver::Resolver;
use super::time::within;
use super::transform::transform;
use crate::client::PoolLimits;
use crate::config::{Connection, Scheme, Url};
use crate::registry::Opened;
use crate::server::ServeError;
use crate::server::runtime::LoopRuntime;
use crate::tls;

/// A CONNECTION with its functions, its certificates and its links.
pub(super) struct Callee {
    pub(super) declared: Connection,
    url: Option<Rc<Url>>,
    url_function: Option<Transform>,
    pub(super) resources: Vec<BoundResource>,
    /// The values of the service's settings that are never shown.
    pub(super) secrets: Rc<[String]>,
    tls: Option<tls::Client>,
    links: Rc<Links>,
    resolver: Rc<Resolver>,
    runtime: Rc<LoopRuntime>,
}

/// What all connections of a service have in common.
pub(super) struct Common<'c> {
    pub(super) functions: &'c Opened,
    pub(super) resolver: Rc<Resolver>,
    pub(super) runtime: &'c Rc<LoopRuntime>,
    pub(super) roots: tls::SystemRoots,
    pub(super) secrets: Rc<[String]>,
}

impl Callee {
    /// # Errors
    ///
    /// If a function is not there, or a file for TLS cannot be used.
    pub(super) fn new(connection: &Connection, common: &Common) -> Result<Callee, ServeError> {
        let Common {
            functions,
            resolver,
            runtime,
            roots,
            secrets,
        } = common;
        let broken = |error: String| ServeError::Connection {
            name: connection.name.clone(),
            error,
        };
        let url = match (&connection.url_function, &connection.url) {
            (None, Some(url)) => Some(Rc::new(Url::parse(url).map_err(broken)?)),
            _ => None,
        };
        let resources = connection.resources.iter();
        let resources =
            resources.map(|resource| BoundResource::new(resource, connection, functions));
        let limits = &connection.limits;
        let pool = PoolLimits {
            connections_max: limits.connections_max,
            waiting_max: limits.waiting_max,
            kept_max: limits.kept_max,
            idle_timeout: limits.idle_timeout,
        };
        // Where a function gives the URL, only time will tell.
        let needs_tls = url.as_ref().is_none_or(|url| url.scheme() == Scheme::Https);
        let tls = match needs_tls && connection.is_active {
            true => Some(
                tls::Client::new(&connection.tls, roots)
                    .map_err(|error| broken(blame(&error, connection)))?,
            ),
            false => None,
        };
        Ok(Callee {
            url,
            url_function: functions::find(connection.url_function.as_ref(), functions)?,
            resources: resources.collect::<Result<_, _>>()?,
            secrets: Rc::clone(secrets),
            tls,
            links: Links::new(Rc::clone(runtime), pool),
            resolver: Rc::clone(resolver),
            runtime: Rc::clone(runtime),
            declared: connection.clone(),
        })
    }

    /// Where it is now.
    ///
    /// # Errors
    ///
    /// If the function that should tell does not.
    pub(super) async fn url(&self) -> Result<Rc<Url>, Failure> {
        let failed = |error: String| {
            let name = self.declared.url_function.as_ref();
            let name = name.map(ToString::to_string).unwrap_or_default();
            Failure::new(
                CallErrorKind::Setup,
                format!("`{name}` gives no URL: {error}"),
            )
        };
        match (&self.url, &self.url_function) {
            (Some(url), _) => Ok(Rc::clone(url)),
            (None, Some(function)) => {
                let made = transform(function, None).await.map_err(failed)?;
                let url = Url::parse(&text(made).unwrap_or_default());
                url.map(Rc::new).map_err(failed)
            }
            (None, None) => Err(failed("the definition names none".to_owned())),
        }
    }

    /// Where the service is to be found now; nothing for a socket file.
    ///
    /// # Errors
    ///
    /// If its name has no address, or it is not told in time.
    pub(super) async fn addresses(
        &self,
        order: &Order,
        stage: &Stage,
    ) -> Result<Vec<SocketAddr>, Failure> {
        if order.url.socket().is_some() {
            return Ok(Vec::new());
        }
        stage.set("resolving its name");
        let (url, ttl) = (&order.url, self.declared.limits.name_ttl);
        let resolving = pin!(async {
            let resolved = self.resolver.resolve(url.host(), ttl, order.timeout).await;
            resolved.map_err(|error| Failure::new(CallErrorKind::Resolve, error))
        });
        let addresses = within(order.timeout, resolving, || Err(silent(order, stage))).await?;
        let with_port = |address| SocketAddr::new(address, url.port());
        Ok(addresses.into_iter().map(with_port).collect())
    }

    /// A link for a request: one that was kept, to one of these addresses, or a new one.
    pub(super) async fn link(
        &self,
        order: &Order,
        addresses: &[SocketAddr],
        line: &mut Line,
        stage: &Stage,
    ) -> Result<(Slot, Link), Failure> {
        stage.set("waiting for a connection that is free");
        let is_there = |link: &Link| link.is_to(addresses);
        let (slot, kept) = self.links.take(order.url.origin(), is_there).await?;
        let link = match kept {
            Some(link) => {
                line.times.open = Some(Instant::now());
                line.opened(&link, order);
                link
            }
            None => self.open(order, addresses, line, stage).await?,
        };
        Ok((slot, link))
    }

    /// A new link for a request, within the time that the service may be silent.
    pub(super) async fn open(
        &self,
        order: &Order,
        addresses: &[SocketAddr],
        line: &mut Line,
        stage: &Stage,
    ) -> Result<Link, Failure> {
        // Most calls do without, so it is no part of theirs.
        let mut connecting = Box::pin(self.connect(&order.url, addresses, line, stage));
        let silent = || Err(silent(order, stage));
        let link = within(order.timeout, connecting.as_mut(), silent).await?;
        drop(connecting);
        line.count(&link);
        line.opened(&link, order);
        Ok(link)
    }

    async fn connect(
        &self,
        url: &Url,
        addresses: &[SocketAddr],
        line: &mut Line,
        stage: &Stage,
    ) -> Result<Link, Failure> {
        stage.set("connecting to it");
        let sockets = self.runtime.sockets();
        let socket = match url.socket() {
            Some(path) => dial_file(path, sockets).await,
            None => dial(addresses, sockets).await,
        };
        let socket = socket.map_err(|error| Failure::new(CallErrorKind::Connect, error))?;
        line.times.open = Some(Instant::now());
        if url.scheme() != Scheme::Https {
            return Ok(Link::new(socket, None));
        }
        stage.set("agreeing on TLS");
        let refused = |error: String| Failure::new(CallErrorKind::Tls, error);
        let Some(tls) = &self.tls else {
            return Err(refused("the service has started without TLS".to_owned()));
        };
        let session = tls.begin(url.host());
        let session = session.map_err(|error| refused(error.to_string()))?;
        let mut link = Link::new(socket, Some(session));
        let agreed = poll_fn(|context| link.poll_handshake(context)).await;
        agreed.map_err(|error| match error {
            LinkError::Socket(error) => refused(error.to_string()),
            LinkError::Tls(error) => refused(error.to_string()),
        })?;
        line.times.ready = Some(Instant::now());
        Ok(link)
    }
}

fn silent(order: &Order, stage: &Stage) -> Failure {
    let (limit, stage) = (order.timeout, stage.get());
    let sentence = format!("it was silent for {limit:?}, {stage}");
    Failure::new(CallErrorKind::Timeout, sentence)
}

/// What is wrong with the files for TLS, and which setting it is that names the file, or should.
fn blame(error: &tls::Error, connection: &Connection) -> String {
    let files = &connection.tls;
    let setting = |what| format!("`connection.{}.ssl.{what}`", connection.name);
    match error {
        tls::Error::NoKey(_) => format!("{} is missing: {error}", setting("keyfile")),
        tls::Error::NoCertificate(_) => format!("{} is missing: {error}", setting("certfile")),
        tls::Error::File { path, .. } => {
            let named = [
                ("keyfile", &files.key_file),
                ("certfile", &files.cert_file),
                ("cafile", &files.ca_file),
            ];
            let mut named = named
                .into_iter()
                .filter(|(_, file)| file.as_ref() == Some(path));
            match named.next() {
                Some((what, _)) => format!("{}: {error}", setting(what)),
                None => error.to_string(),
            }
        }
        _ => error.to_string(),
    }
}
