//! Answers on their way across.

use std::borrow::Cow;

use super::owned::OwnedBytes;
use super::{contain, contain_drop, stream, text};
use crate::abi::{self, Text};
use crate::reply::{Body, Origin};
use crate::{Error, IntoReply, Reply};

/// Hands a reply over to `take`.
pub(crate) fn hand_over(reply: Reply, take: &dyn Fn(*mut abi::Reply)) {
    let Reply {
        status,
        content_type,
        headers,
        body,
        origin,
        failure,
    } = reply;
    // What a stream says of its length is a handler's.
    let length = match &body {
        Body::Stream(source) => contain(|| source.length()),
        _ => Ok(None),
    };
    let length = match length {
        Ok(length) => length,
        Err(panic) => {
            contain_drop(body);
            return hand_over(
                Error::internal(format!("panic: {panic}")).into_reply(),
                take,
            );
        }
    };
    let headers: Vec<abi::Header> = headers.iter().map(header).collect();
    let message = match &body {
        Body::Problem(message) => Text::new(message),
        _ => Text::NONE,
    };
    // The message outlives the call, and the body does not come back.
    let kept = match &body {
        Body::Problem(Cow::Owned(message)) => Some(message.clone()),
        _ => None,
    };
    let message = kept.as_deref().map_or(message, Text::new);
    let mut raw = abi::Reply {
        status: status.into(),
        origin: origin.into_raw(),
        content_type: content_type.as_deref().map_or(Text::NONE, Text::new),
        headers: headers.as_ptr(),
        header_count: headers.len(),
        failure: failure.as_deref().map_or(Text::NONE, Text::new),
        body: body_into_raw(body, message, length),
        flags: match content_type {
            Some(Cow::Borrowed(_)) => abi::IS_STATIC,
            _ => 0,
        },
        reserved: 0,
    };
    take(&raw mut raw);
}

fn header((name, value): &(Cow<'static, str>, Cow<'static, str>)) -> abi::Header {
    abi::Header {
        name: Text::new(name),
        value: Text::new(value),
        flags: match (name, value) {
            (Cow::Borrowed(_), Cow::Borrowed(_)) => abi::IS_STATIC,
            _ => 0,
        },
        reserved: 0,
    }
}

fn body_into_raw(body: Body, message: Text, length: Option<u64>) -> abi::Body {
    let mut raw = abi::Body {
        kind: abi::BODY_EMPTY,
        reserved: 0,
        buffer: abi::Buffer::EMPTY,
        stream: abi::Stream::NONE,
    };
    let borrowed = |data: *const u8, length| abi::Buffer {
        data: data.cast_mut(),
        length,
        ..abi::Buffer::EMPTY
    };
    match body {
        Body::Empty => {}
        Body::Static(bytes) => {
            raw.kind = abi::BODY_STATIC;
            raw.buffer = borrowed(bytes.as_ptr(), bytes.len());
        }
        Body::Bytes(bytes) => {
            raw.kind = abi::BODY_OWNED;
            raw.buffer = bytes.into_raw();
        }
        Body::Problem(_) => {
            raw.kind = abi::BODY_PROBLEM;
            raw.buffer = borrowed(message.data, message.length);
        }
        Body::Stream(source) => {
            raw.kind = abi::BODY_STREAM;
            raw.stream = stream::export(source, length);
        }
    }
    raw
}

/// Takes a reply over. One that HTTP cannot carry becomes a 500.
///
/// # Safety
///
/// The reply must be valid, and what is static in it for ever.
pub(crate) unsafe fn take_over(raw: *mut abi::Reply) -> Reply {
    // SAFETY: the caller vouches for it.
    let raw = unsafe { &*raw };
    // SAFETY: the body changes hands here, once.
    let body = unsafe { body_from_raw(&raw.body) };
    let body = match body {
        Ok(body) => body,
        Err(mistake) => return mistaken(mistake),
    };
    let status = u16::try_from(raw.status).unwrap_or(0);
    if !(200..600).contains(&status) {
        return crate::reply::no_status(raw.status);
    }
    if status < 400 && matches!(body, Body::Problem(_)) {
        return mistaken("a handler answered with a failure whose status is none");
    }
    let mut reply = Reply {
        status,
        body,
        ..Reply::default()
    };
    if !raw.content_type.data.is_null() {
        // SAFETY: valid during the call, or for ever if it is said to be.
        match unsafe { find_static(raw.content_type, raw.flags) } {
            Some(value) => reply = reply.with_media_type(value),
            None => return mistaken("a handler set a media type that is not UTF-8"),
        }
    }
    // SAFETY: there are as many as are said to be.
    for header in unsafe { text::slice(raw.headers, raw.header_count) } {
        // SAFETY: as the media type.
        let (name, value) = unsafe {
            (
                find_static(header.name, header.flags),
                find_static(header.value, header.flags),
            )
        };
        let (Some(name), Some(value)) = (name, value) else {
            return mistaken("a handler set a header that is not UTF-8");
        };
        reply = reply.with_header(name, value);
    }
    if !raw.failure.data.is_null() {
        // SAFETY: valid during the call.
        let failure = unsafe { text::text(raw.failure) };
        reply.failure = Some(reply.failure.unwrap_or_else(|| failure.into_owned()));
    }
    reply.origin = Origin::from_raw(raw.origin);
    reply
}

unsafe fn find_static(raw: Text, flags: u32) -> Option<Cow<'static, str>> {
    // SAFETY: only for as long as this function, unless it is valid for ever.
    let text: &'static str = unsafe { text::find_text(raw) }?;
    Some(match flags & abi::IS_STATIC {
        0 => Cow::Owned(text.to_owned()),
        _ => Cow::Borrowed(text),
    })
}

unsafe fn body_from_raw(raw: &abi::Body) -> Result<Body, &'static str> {
    Ok(match raw.kind {
        abi::BODY_EMPTY => Body::Empty,
        // SAFETY: valid for ever.
        abi::BODY_STATIC => Body::Static(unsafe { text::bytes(raw.buffer.bytes()) }),
        abi::BODY_COPY => {
            // SAFETY: valid during the call.
            let bytes: &[u8] = unsafe { text::bytes(raw.buffer.bytes()) };
            let mut copy = crate::spare::take();
            copy.extend_from_slice(bytes);
            Body::Bytes(copy.into())
        }
        // SAFETY: it changes hands.
        abi::BODY_OWNED => Body::Bytes(unsafe { OwnedBytes::from_raw(raw.buffer) }),
        abi::BODY_PROBLEM => {
            let bytes = raw.buffer.bytes();
            let (data, length) = (bytes.data, bytes.length);
            // SAFETY: valid during the call.
            let message = unsafe { text::text(Text { data, length }) };
            Body::Problem(Cow::Owned(message.into_owned()))
        }
        // SAFETY: it changes hands.
        abi::BODY_STREAM => match unsafe { stream::Imported::new(raw.stream) } {
            Some(source) => Body::Stream(Box::new(source)),
            None => return Err("a handler answered with a stream that cannot be polled"),
        },
        _ => return Err("a handler answered with a body of an unknown kind"),
    })
}

fn mistaken(mistake: &str) -> Reply {
    Error::internal(mistake).into_reply()
}

impl Origin {
    fn into_raw(self) -> u32 {
        match self {
            Origin::Explicit => abi::ORIGIN_EXPLICIT,
            Origin::Text => abi::ORIGIN_TEXT,
            Origin::Json => abi::ORIGIN_JSON,
            Origin::Nothing => abi::ORIGIN_NOTHING,
        }
    }

    fn from_raw(raw: u32) -> Origin {
        match raw {
            abi::ORIGIN_TEXT => Origin::Text,
            abi::ORIGIN_JSON => Origin::Json,
            abi::ORIGIN_NOTHING => Origin::Nothing,
            _ => Origin::Explicit,
        }
    }
}
