//! Where CONTENT lines find their values: a JSON body, then the query, then a form.

use std::borrow::Cow;

use micro_api::host::{Parts, Span, decode_percent};
use micro_api::{Error, Value};
use serde_json::Map;

/// The places of one request that may hold content, the first one first.
#[derive(Debug)]
pub(super) struct Content<'r> {
    bytes: &'r [u8],
    json: Option<Map<String, Value>>,
    query: Span,
    form: Option<Span>,
    /// The media type of a body in which nothing can be looked up.
    foreign: Option<&'r [u8]>,
}

/// What was found under a name.
#[derive(Debug)]
pub(super) enum Found<'r> {
    /// A member of a JSON object.
    Value(Value),
    /// The value of a query or form, encoded, with its place.
    Text(Encoded<'r>),
    /// The values of a name that stands there several times.
    Texts(Vec<Encoded<'r>>),
}

/// A value as it stands in a query or form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Encoded<'r> {
    /// Where it stands in the request.
    pub(super) span: Span,
    bytes: &'r [u8],
}

impl<'r> Encoded<'r> {
    /// Its text, if that is UTF-8. It is borrowed only if it stands there as it is.
    pub(super) fn decode(self) -> Option<Cow<'r, str>> {
        decode_form(self.bytes)
    }
}

/// What the media type of the body says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MediaType<'r> {
    Absent,
    Json,
    Form,
    Other(&'r [u8]),
}

impl<'r> Content<'r> {
    /// Looks at the body and the query of a request.
    ///
    /// # Errors
    ///
    /// 400 if the body should be a JSON object and is not.
    pub(super) fn parse(parts: &'r Parts) -> Result<Content<'r>, Error> {
        let body = parts.body.of(&parts.bytes);
        let media_type = find_media_type(parts);
        let is_json = match (body.trim_ascii_start().first(), media_type) {
            (None, _) => false,
            (Some(_), MediaType::Json) => true,
            (Some(first), MediaType::Absent) => *first == b'{',
            (Some(_), MediaType::Form | MediaType::Other(_)) => false,
        };
        let json = if is_json {
            Some(parse_object(body)?)
        } else {
            None
        };
        let form = (media_type == MediaType::Form).then_some(parts.body);
        let foreign = match media_type {
            MediaType::Other(essence) if !body.is_empty() => Some(essence),
            _ => None,
        };
        Ok(Content {
            bytes: &parts.bytes,
            json,
            query: parts.query,
            form,
            foreign,
        })
    }

    /// What to tell a peer who did not send a required value: 415 if it may stand in a body that
    /// is of a kind we do not look into, else 400.
    pub(super) fn missing(&self, name: &str) -> Error {
        match self.foreign {
            Some(essence) => {
                let essence = essence.escape_ascii();
                let message = format!("the body is neither JSON nor a form, but {essence}");
                Error::new(415, message)
            }
            None => Error::new(400, format!("missing required content: '{name}'")),
        }
    }

    /// The value of this name in the first place that has it. A JSON value is taken out.
    pub(super) fn find(&mut self, name: &str) -> Option<Found<'r>> {
        if let Some(value) = self.json.as_mut().and_then(|object| object.get_mut(name)) {
            return Some(Found::Value(value.take()));
        }
        let in_form = |form| find_pairs(self.bytes, form, name);
        find_pairs(self.bytes, self.query, name).or_else(|| self.form.and_then(in_form))
    }
}

fn find_media_type(parts: &Parts) -> MediaType<'_> {
    let is_wanted = |name: &[u8]| name.eq_ignore_ascii_case(b"content-type");
    let field = parts
        .headers
        .iter()
        .find(|field| is_wanted(field.name.of(&parts.bytes)));
    let Some(field) = field else {
        return MediaType::Absent;
    };
    let value = field.value.of(&parts.bytes);
    let essence = value
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    let has_json_suffix = essence
        .len()
        .checked_sub(5)
        .is_some_and(|at| essence[at..].eq_ignore_ascii_case(b"+json"));
    if essence.is_empty() {
        MediaType::Absent
    } else if essence.eq_ignore_ascii_case(b"application/json") || has_json_suffix {
        MediaType::Json
    } else if essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
        MediaType::Form
    } else {
        MediaType::Other(essence)
    }
}

fn parse_object(body: &[u8]) -> Result<Map<String, Value>, Error> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Error::new(400, "the body must be a JSON object")),
        Err(error) => Err(Error::new(400, format!("the body is not JSON: {error}"))),
    }
}

fn find_pairs<'r>(bytes: &'r [u8], place: Span, name: &str) -> Option<Found<'r>> {
    let mut values = pairs(bytes, place)
        .filter(|(key, _)| decode_form(key).is_some_and(|key| key == name))
        .map(|(_, value)| value);
    let first = values.next()?;
    let Some(second) = values.next() else {
        return Some(Found::Text(first));
    };
    Some(Found::Texts(
        [first, second].into_iter().chain(values).collect(),
    ))
}

/// The names and values of a query or form, encoded.
fn pairs(bytes: &[u8], place: Span) -> impl Iterator<Item = (&[u8], Encoded<'_>)> {
    let mut start = place.start as usize;
    place
        .of(bytes)
        .split(|byte| *byte == b'&')
        .map(move |pair| {
            let end = start + pair.len();
            let equals = memchr::memchr(b'=', pair).unwrap_or(pair.len());
            let value_start = (start + equals + 1).min(end);
            let span = Span::new(value_start, end);
            start = end + 1;
            (
                &pair[..equals],
                Encoded {
                    span,
                    bytes: &bytes[value_start..end],
                },
            )
        })
}

fn decode_form(encoded: &[u8]) -> Option<Cow<'_, str>> {
    if memchr::memchr(b'+', encoded).is_none() {
        return decode_percent(encoded);
    }
    let spaced: Vec<u8> = encoded
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    decode_percent(&spaced).map(|text| Cow::Owned(text.into_owned()))
}
