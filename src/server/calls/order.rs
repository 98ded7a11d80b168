//! What a call comes to before anything is sent: where it goes, and the bytes of its request.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use micro_api::host::{Call, Transform};
use micro_api::{CallErrorKind, Method, Outgoing, Value, serde_json};

use super::callee::Callee;
use super::failure::Failure;
use super::functions::{BoundResource, Header};
use super::line::TRACE;
use super::transform::transform;
use crate::client::{Message, Prepared, Secrets, encode, hide_values, prepare, trace};
use crate::config::{Resource, Url};

/// A request that is ready to be sent.
pub(super) struct Order {
    pub(super) url: Rc<Url>,
    pub(super) method: Method,
    /// How long the service may be silent.
    pub(super) timeout: Duration,
    /// Whole; it may be sent twice.
    pub(super) bytes: Rc<Vec<u8>>,
    /// The request as it may be shown, if it is to be.
    pub(super) shown: Option<String>,
    /// What is a secret in the request, and in an answer that repeats it.
    pub(super) secrets: Secrets,
    /// What is a secret of the service's, wherever it stands.
    settings: Rc<[String]>,
    /// What is asked.
    target: String,
}

impl Order {
    /// Makes the request of a call.
    ///
    /// # Errors
    ///
    /// If the arguments are not those of the resource, or a function of the definition fails.
    pub(super) async fn new(
        callee: &Callee,
        resource: &BoundResource,
        call: &Call,
    ) -> Result<Order, Failure> {
        let declared = &resource.declared;
        let name = &callee.declared.name;
        let Prepared {
            path,
            shown_path,
            body,
            mut secrets,
        } = prepare(name, declared, &call.arguments, &call.named)
            .map_err(|sentence| Failure::new(CallErrorKind::Arguments, sentence))?;
        secrets.names.extend_from_slice(&resource.secrets.names);
        secrets.values.extend_from_slice(&resource.secrets.values);
        let url = callee.url().await?;
        let prepared = shown_path.is_some().then(|| path.clone());
        let said = Said {
            path,
            headers: headers(&resource.headers).await?,
            body,
        };
        let said = match &resource.setup {
            None => said,
            Some(setup) => set_up(setup, name, declared, said).await?,
        };
        // Of another path, only the values of secrets are known.
        let shown_path = shown_path.filter(|_| prepared.as_ref() == Some(&said.path));
        let shown_path = shown_path.map(|shown| (url.join(&said.path), url.join(&shown)));
        let message = message(&url, resource, call, said)?;
        let bytes = message.to_bytes().map_err(unfit)?;
        let shown_target =
            shown_path.map(|(path, shown)| show_path(&message.target, &path, &shown));
        let is_shown = declared.is_traced && log::log_enabled!(target: TRACE, log::Level::Debug);
        if is_shown {
            secrets.values.extend_from_slice(&callee.secrets);
        }
        Ok(Order {
            method: declared.method,
            timeout: declared.timeout,
            url,
            bytes: Rc::new(bytes),
            shown: is_shown
                .then(|| show(&message, shown_target.as_deref(), &secrets))
                .transpose()
                .map_err(unfit)?,
            target: shown_target.unwrap_or(message.target),
            secrets,
            settings: Rc::clone(&callee.secrets),
        })
    }

    /// Whether it does no harm to send it twice (RFC 9110 section 9.2.2).
    pub(super) fn is_idempotent(&self) -> bool {
        !matches!(self.method, Method::Post | Method::Patch)
    }
}

/// What is asked, as the log calls it: the query may hold anything, and is left out.
impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.target.split('?').next().unwrap_or_default();
        let path = hide_values(path, &self.secrets.values);
        let path = hide_values(&path, &self.settings);
        write!(f, "{} {}{path}", self.method, self.url.origin())
    }
}

/// The target with the path as it may be shown: what arguments have made of it stays behind.
fn show_path(target: &str, path: &str, shown: &str) -> String {
    let behind = target.strip_prefix(path).unwrap_or_default();
    format!("{shown}{behind}")
}

/// What a call says to the service.
struct Said {
    path: String,
    headers: Vec<(String, String)>,
    body: Value,
}

async fn headers(declared: &[Header]) -> Result<Vec<(String, String)>, Failure> {
    let mut headers = Vec::with_capacity(declared.len());
    for Header {
        key,
        value,
        function,
    } in declared
    {
        let value = match function {
            None => value.clone(),
            Some(function) => match transform(function, None).await {
                Ok(made) => text(made),
                Err(error) => {
                    let sentence = format!("the function for header `{key}` has failed: {error}");
                    return Err(Failure::new(CallErrorKind::Setup, sentence));
                }
            },
        };
        headers.extend(value.map(|value| (key.clone(), value)));
    }
    Ok(headers)
}

/// What a function has made, as text; nothing if it has made nothing.
pub(super) fn text(made: Value) -> Option<String> {
    match made {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

async fn set_up(
    setup: &Transform,
    connection: &str,
    declared: &Resource,
    said: Said,
) -> Result<Said, Failure> {
    let failed = |error: String| {
        let name = declared.setup.as_ref().map(ToString::to_string);
        let name = name.unwrap_or_default();
        let sentence = format!("`{name}` has failed: {error}");
        Failure::new(CallErrorKind::Setup, sentence)
    };
    let outgoing = Outgoing {
        connection: connection.to_owned(),
        resource: declared.name.clone(),
        method: declared.method.to_string(),
        path: said.path,
        headers: said.headers,
        body: said.body,
    };
    let given = serde_json::to_vec(&outgoing).map_err(|error| failed(error.to_string()))?;
    let made = transform(setup, Some(given)).await.map_err(failed)?;
    let made: Outgoing = serde_json::from_value(made)
        .map_err(|error| failed(format!("it must answer with what it got, changed: {error}")))?;
    Ok(Said {
        path: made.path,
        headers: made.headers,
        body: made.body,
    })
}

fn message(
    url: &Url,
    resource: &BoundResource,
    call: &Call,
    said: Said,
) -> Result<Message, Failure> {
    let Said {
        path,
        mut headers,
        body,
    } = said;
    let declared = &resource.declared;
    let target = url.join(&path);
    // Without a function in between, it is as the caller gave it.
    let blame = match resource.setup {
        Some(_) => CallErrorKind::Setup,
        None => CallErrorKind::Arguments,
    };
    let (target, body) = encode(declared.method, &target, body, declared.is_form)
        .map_err(|sentence| Failure::new(blame, sentence))?;
    let has_id = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case(REQUEST_ID));
    if let Some(id) = call.id.as_ref().filter(|_| !has_id) {
        headers.push((REQUEST_ID.to_owned(), id.clone()));
    }
    let owned = |(user, password): (&str, &str)| (user.to_owned(), password.to_owned());
    Ok(Message {
        credentials: url.credentials().map(owned),
        headers,
        body,
        is_json: declared.is_json,
        is_stream: call.is_streamed,
        ..Message::new(declared.method, target, url.authority())
    })
}

const REQUEST_ID: &str = "X-Request-Id";

fn show(message: &Message, target: Option<&str>, secrets: &Secrets) -> Result<String, String> {
    let target = target.unwrap_or(&message.target);
    let first = format!("{} {target} HTTP/1.1", message.method);
    let body = message.body.as_ref().map_or(&[][..], |(_, body)| body);
    Ok(trace(&first, &message.headers()?, body, secrets))
}

fn unfit(sentence: String) -> Failure {
    Failure::new(CallErrorKind::Setup, sentence)
}
