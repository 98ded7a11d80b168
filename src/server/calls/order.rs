//! What a call comes to before anything is sent: where it goes, and the bytes of its request.

use std::borrow::Cow;
use std::rc::Rc;
use std::time::Duration;

use micro_api::host::Call;
use micro_api::{CallErrorKind, Method, Outgoing, Value, serde_json};

use super::callee::Callee;
use super::failure::Failure;
use super::functions::{BoundResource, Header};
use super::transform::transform;
use crate::client::{Message, encode, prepare, trace};
use crate::config::Url;

/// A request that is ready to be sent.
pub(super) struct Order {
    pub(super) url: Url,
    pub(super) method: Method,
    /// How long the service may be silent.
    pub(super) timeout: Duration,
    /// Whole; it may be sent twice.
    pub(super) bytes: Rc<[u8]>,
    /// What the log calls it.
    pub(super) what: String,
    /// The request as it may be shown, if it is to be.
    pub(super) shown: Option<String>,
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
        let prepared = prepare(name, declared, &call.arguments, &call.named)
            .map_err(|sentence| Failure::new(CallErrorKind::Arguments, sentence))?;
        let url = callee.url().await?;
        let outgoing = Outgoing {
            connection: name.clone(),
            resource: declared.name.clone(),
            method: declared.method.to_string(),
            path: prepared.path,
            headers: headers(&resource.headers).await?,
            body: prepared.body,
        };
        let outgoing = set_up(resource, outgoing).await?;
        let message = message(&url, resource, call, outgoing).map_err(unfit)?;
        let bytes = message.to_bytes().map_err(unfit)?;
        let shown = match declared.is_traced {
            true => Some(show(&message).map_err(unfit)?),
            false => None,
        };
        let (path, _query) = message
            .target
            .split_once('?')
            .unwrap_or((&message.target, ""));
        Ok(Order {
            what: format!("{} {}{path}", declared.method, url.origin()),
            method: declared.method,
            timeout: declared.timeout,
            url,
            bytes: bytes.into(),
            shown,
        })
    }
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

async fn set_up(resource: &BoundResource, outgoing: Outgoing) -> Result<Outgoing, Failure> {
    let Some(setup) = &resource.setup else {
        return Ok(outgoing);
    };
    let failed = |error: String| {
        let name = resource.declared.setup.as_ref().map(ToString::to_string);
        let name = name.unwrap_or_default();
        Failure::new(
            CallErrorKind::Setup,
            format!("`{name}` has failed: {error}"),
        )
    };
    let given = serde_json::to_vec(&outgoing).map_err(|error| failed(error.to_string()))?;
    let made = transform(setup, Some(given)).await.map_err(failed)?;
    serde_json::from_value(made)
        .map_err(|error| failed(format!("it must answer with what it got, changed: {error}")))
}

fn message(
    url: &Url,
    resource: &BoundResource,
    call: &Call,
    outgoing: Outgoing,
) -> Result<Message, String> {
    let Outgoing {
        path,
        mut headers,
        body,
        ..
    } = outgoing;
    let declared = &resource.declared;
    let target = url.join(&path);
    let (target, body) = encode(declared.method, &target, body, declared.is_form)?;
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

fn show(message: &Message) -> Result<String, String> {
    let first = format!("{} {} HTTP/1.1", message.method, message.target);
    let body = message.body.as_ref();
    let body = body.map_or(Cow::Borrowed(&[][..]), |(_, body)| Cow::Borrowed(body));
    Ok(trace(&first, &message.headers()?, &body))
}

fn unfit(sentence: String) -> Failure {
    Failure::new(CallErrorKind::Setup, sentence)
}
