//! Answers on their way across.

use std::borrow::Cow;
use std::cell::Cell;

use super::owned::OwnedBytes;
use super::{contain, contain_drop, stream, text};
use crate::abi::{self, Text};
use crate::reply::{Body, Origin, is_field_value};
use crate::{Error, IntoReply, Reply};

/// Hands a reply over to `take`.
#[inline]
pub(crate) fn hand_over(reply: Reply, take: impl FnOnce(*mut abi::Reply)) {
    let (reply, length) = match reply.body {
        Body::Stream(_) => measured(reply),
        _ => (reply, None),
    };
    let Reply {
        status,
        content_type,
        headers,
        body,
        origin,
        failure,
    } = reply;
    let headers: Vec<abi::Header> = headers.iter().map(header).collect();
    let mut raw = abi::Reply {
        status: status.into(),
        origin: origin.into_raw(),
        content_type: content_type.as_deref().map_or(Text::NONE, Text::new),
        headers: headers.as_ptr(),
        header_count: headers.len(),
        failure: failure.as_deref().map_or(Text::NONE, Text::new),
        body: EMPTY,
        flags: match content_type {
            Some(Cow::Borrowed(_)) => abi::IS_STATIC,
            _ => 0,
        },
        reserved: 0,
    };
    match body {
        Body::Empty => {}
        Body::Static(bytes) => {
            raw.body.kind = abi::BODY_STATIC;
            raw.body.buffer = borrowed(bytes);
        }
        Body::Bytes(bytes) => {
            raw.body.kind = abi::BODY_OWNED;
            raw.body.buffer = bytes.into_raw();
        }
        Body::Problem(message) => {
            raw.body.kind = abi::BODY_PROBLEM;
            raw.body.buffer = borrowed(message.as_bytes());
            // The message has to live through the call.
            return take(&raw mut raw);
        }
        Body::Stream(source) => {
            raw.body.kind = abi::BODY_STREAM;
            raw.body.stream = stream::export(source, length);
        }
    }
    take(&raw mut raw);
}

/// The length of a streamed reply, which a handler's code says; a panic there is its failure.
fn measured(mut reply: Reply) -> (Reply, Option<u64>) {
    let length = match &reply.body {
        Body::Stream(source) => contain(|| source.length()),
        _ => Ok(None),
    };
    match length {
        Ok(length) => (reply, length),
        Err(panic) => {
            contain_drop(std::mem::take(&mut reply.body));
            let failure = Error::internal(format!("panic: {panic}"));
            (failure.into_reply(), None)
        }
    }
}

const EMPTY: abi::Body = abi::Body {
    kind: abi::BODY_EMPTY,
    reserved: 0,
    buffer: abi::Buffer::EMPTY,
    stream: abi::Stream::NONE,
};

/// Bytes that are only lent.
fn borrowed(bytes: &[u8]) -> abi::Buffer {
    abi::Buffer {
        data: bytes.as_ptr().cast_mut(),
        length: bytes.len(),
        ..abi::Buffer::EMPTY
    }
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

/// Takes a reply over. One that HTTP cannot carry becomes a 500.
///
/// # Safety
///
/// The reply must be valid, and what is static in it for ever.
#[inline]
pub(crate) unsafe fn take_over(raw: *mut abi::Reply) -> Reply {
    // SAFETY: the caller vouches for it.
    let raw = unsafe { &*raw };
    // SAFETY: the body changes hands here, once.
    let body = match unsafe { body_from_raw(&raw.body) } {
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
    let content_type = match raw.content_type.data.is_null() {
        true => None,
        // SAFETY: valid during the call, or for ever if it is said to be.
        false => match unsafe { find_media_type(raw.content_type, raw.flags) } {
            Ok(media_type) => Some(media_type),
            Err(mistake) => return mistaken(mistake),
        },
    };
    let reply = Reply {
        status,
        content_type,
        headers: Vec::new(),
        body,
        origin: Origin::from_raw(raw.origin),
        failure: None,
    };
    match raw.header_count > 0 || !raw.failure.data.is_null() {
        // SAFETY: as above.
        true => unsafe { take_over_rest(reply, raw) },
        false => reply,
    }
}

/// What most replies do not have.
#[cold]
unsafe fn take_over_rest(mut reply: Reply, raw: &abi::Reply) -> Reply {
    let origin = reply.origin;
    if !text::is_possible::<abi::Header>(raw.header_count) {
        return mistaken("a handler set more headers than any memory holds");
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
            let lengths = [header.name.length, header.value.length];
            return mistaken(match lengths.into_iter().all(text::is_possible::<u8>) {
                true => "a handler set a header that is not UTF-8",
                false => "a handler set a header that is longer than any memory",
            });
        };
        reply = reply.with_header(name, value);
        // One that HTTP cannot carry has made it a failure, which stays as it is.
        if reply.failure.is_some() {
            return reply;
        }
    }
    if !raw.failure.data.is_null() {
        // SAFETY: valid during the call.
        let failure = unsafe { text::text(raw.failure) };
        reply.failure.get_or_insert_with(|| failure.into_owned());
    }
    reply.origin = origin;
    reply
}

thread_local! {
    /// Media types that are valid for ever, and were found to be right.
    static KNOWN: [Cell<Text>; 4] = const { [const { Cell::new(Text::NONE) }; 4] };
}

/// The media type, which a header field must be able to carry. Most are one of a few that never
/// change, so that each of those is looked at once.
#[inline]
unsafe fn find_media_type(raw: Text, flags: u32) -> Result<Cow<'static, str>, &'static str> {
    if flags & abi::IS_STATIC == 0 {
        // SAFETY: the caller vouches for it.
        return unsafe { check_media_type(raw, flags) };
    }
    KNOWN.with(|known| {
        let place = &known[(raw.data.addr() >> 3) % known.len()];
        let last = place.get();
        if std::ptr::eq(last.data, raw.data) && last.length == raw.length {
            // SAFETY: it is valid for ever, and was UTF-8 when it was put there.
            let text = unsafe { std::slice::from_raw_parts(raw.data, raw.length) };
            // SAFETY: as above.
            return Ok(Cow::Borrowed(unsafe {
                std::str::from_utf8_unchecked(text)
            }));
        }
        // SAFETY: the caller vouches for it.
        let value = unsafe { check_media_type(raw, flags) }?;
        place.set(raw);
        Ok(value)
    })
}

unsafe fn check_media_type(raw: Text, flags: u32) -> Result<Cow<'static, str>, &'static str> {
    // SAFETY: the caller vouches for it.
    match unsafe { find_static(raw, flags) } {
        None if !text::is_possible::<u8>(raw.length) => {
            Err("a handler set a media type that is longer than any memory")
        }
        None => Err("a handler set a media type that is not UTF-8"),
        Some(value) if !is_field_value(&value) => {
            Err("a handler set a media type that no header field can carry")
        }
        Some(value) => Ok(value),
    }
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
    let kinds = abi::BODY_STATIC..=abi::BODY_PROBLEM;
    if kinds.contains(&raw.kind) && !text::is_possible::<u8>(raw.buffer.length) {
        if raw.kind == abi::BODY_OWNED {
            // SAFETY: it has changed hands; nobody reads it.
            drop(unsafe { OwnedBytes::from_raw(raw.buffer) });
        }
        return Err("a handler answered with a body that is longer than any memory");
    }
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

#[cold]
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
