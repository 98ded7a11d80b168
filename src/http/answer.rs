//! Turns a reply into the bytes of an answer.

use std::borrow::Cow;

use micro_api::Reply;
use micro_api::host::{Body, ReplyParts, problem, reason};

use super::output::{Large, Output};
use super::stream::{Ending, Stream};
use super::{Buffers, Stamp};

/// What was answered, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The status.
    pub status: u16,
    /// How many bytes of content the answer has; those of a stream are not counted here.
    pub content_bytes: u64,
    /// What went wrong, if something did.
    pub failure: Option<String>,
}

/// What the request allows its answer to be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Manner {
    /// It was HEAD: no content.
    pub(super) is_head: bool,
    /// Its version is 1.0: no chunks.
    pub(super) is_old: bool,
    /// The connection ends with this answer.
    pub(super) is_last: bool,
}

/// Writes an answer into the output. A content that comes piece by piece is handed back; then
/// `manner.is_last` is set if only the end of the connection can tell where it ends.
pub(super) fn write(
    reply: Reply,
    manner: &mut Manner,
    stamp: &Stamp<'_>,
    output: &mut Output,
    buffers: &mut Buffers,
) -> (Sent, Option<Stream>) {
    let reply = ReplyParts::from(reply);
    let status = reply.status;
    let (content, content_type) = match reply.body {
        Body::Problem(message) => (
            Content::Whole(Large::Owned(problem(&message, stamp.id.as_str()).into())),
            JSON,
        ),
        body => (Content::of(body), reply.content_type),
    };
    let is_bare = matches!(status, 204 | 205);
    let (content, content_type) = if is_bare {
        (Content::Whole(Large::Nothing), None)
    } else {
        (content, content_type)
    };
    let ending = content.ending(manner);

    let head = output.buffer(buffers);
    push_line(head, status);
    push_stamp(head, stamp, &reply.headers);
    if let Some(content_type) = &content_type {
        push_field(head, b"Content-Type: ", content_type.as_bytes());
    }
    push_framing(head, status, ending);
    for (name, value) in &reply.headers {
        head.extend_from_slice(name.as_bytes());
        push_field(head, b": ", value.as_bytes());
    }
    head.extend_from_slice(match (manner.is_last, manner.is_old) {
        (true, _) => b"Connection: close\r\n\r\n",
        (false, true) => b"Connection: keep-alive\r\n\r\n",
        (false, false) => b"\r\n",
    });
    let mut sent = Sent {
        status,
        content_bytes: 0,
        failure: reply.failure,
    };
    if manner.is_head || status == 304 {
        return (sent, None);
    }
    match content {
        Content::Stream(source) => (sent, Some(Stream::new(source, ending))),
        Content::Whole(content) => {
            sent.content_bytes = content.as_slice().len() as u64;
            output.push_content(content, buffers);
            (sent, None)
        }
    }
}

const JSON: Option<Cow<'static, str>> = Some(Cow::Borrowed("application/json"));

enum Content {
    Whole(Large),
    Stream(Box<dyn micro_api::ChunkSource>),
}

impl Content {
    fn of(body: Body) -> Content {
        match body {
            Body::Empty | Body::Problem(_) => Content::Whole(Large::Nothing),
            Body::Static(bytes) => Content::Whole(Large::Static(bytes)),
            Body::Bytes(bytes) => Content::Whole(Large::Owned(bytes)),
            Body::Stream(source) => Content::Stream(source),
        }
    }

    fn ending(&self, manner: &mut Manner) -> Ending {
        match self {
            Content::Whole(content) => Ending::Length(content.as_slice().len() as u64),
            Content::Stream(source) => match source.length() {
                Some(length) => Ending::Length(length),
                None if !manner.is_old => Ending::Chunked,
                None => {
                    manner.is_last = true;
                    Ending::Close
                }
            },
        }
    }
}

fn push_line(head: &mut Vec<u8>, status: u16) {
    if status == 200 {
        return head.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
    }
    head.extend_from_slice(b"HTTP/1.1 ");
    head.extend_from_slice(itoa::Buffer::new().format(status).as_bytes());
    head.push(b' ');
    head.extend_from_slice(reason(status).as_bytes());
    head.extend_from_slice(b"\r\n");
}

type Fields = [(Cow<'static, str>, Cow<'static, str>)];

// What a handler says of date and identity stands in the place of ours.
fn push_stamp(head: &mut Vec<u8>, stamp: &Stamp<'_>, fields: &Fields) {
    let has = |name: &str| {
        fields
            .iter()
            .any(|(field, _)| field.eq_ignore_ascii_case(name))
    };
    let (has_date, has_id) = (has("date"), has("x-request-id"));
    if !has_date
        && !has_id
        && let Some(lines) = stamp.render()
    {
        return head.extend_from_slice(&lines);
    }
    if !has_date {
        push_field(head, b"Date: ", stamp.date.as_bytes());
    }
    if !has_id {
        push_field(head, b"X-Request-Id: ", stamp.id.as_bytes());
    }
}

// RFC 9110 section 8.6: no length with 204, and with 304 only that of the content not sent.
fn push_framing(head: &mut Vec<u8>, status: u16, ending: Ending) {
    match ending {
        Ending::Length(0) if matches!(status, 204 | 304) => {}
        Ending::Length(length) => {
            push_field(
                head,
                b"Content-Length: ",
                itoa::Buffer::new().format(length).as_bytes(),
            );
        }
        Ending::Chunked if status == 304 => {}
        Ending::Chunked => head.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
        Ending::Close => {}
    }
}

// `start` is the name with its colon, or what is left of that.
#[inline]
fn push_field(head: &mut Vec<u8>, start: &'static [u8], value: &[u8]) {
    head.reserve(start.len() + value.len() + 2);
    head.extend_from_slice(start);
    head.extend_from_slice(value);
    head.extend_from_slice(b"\r\n");
}
