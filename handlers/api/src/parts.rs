//! What a request consists of: one buffer with all its bytes, and where in it things are.

use std::cell::RefCell;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

use crate::argument::Argument;
use crate::attachments::Attachments;
use crate::delay::Pending;
use crate::{Config, Method};

/// A place in the bytes of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub start: u32,
    /// Where it has ended.
    pub end: u32,
}

impl Span {
    /// The place from `start` up to, not including, `end`.
    ///
    /// A message is bounded far below 4 GiB, so places fit 32 bits.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Span {
        let narrow = |at: usize| u32::try_from(at).expect("a message is under 4 GiB");
        Span {
            start: narrow(start),
            end: narrow(end),
        }
    }

    /// The bytes at this place.
    #[must_use]
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start as usize..self.end as usize]
    }

    /// How many bytes there are.
    #[must_use]
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// One header field: where its name and where its value is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Field {
    /// The field's name, in the case in which it was sent.
    pub name: Span,
    /// The field's value, without blanks around it.
    pub value: Span,
}

/// The identity of a request: 16 hexadecimal digits, unlike those of other requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId([u8; 16]);

impl RequestId {
    /// The identity with this number.
    #[must_use]
    pub fn new(number: u64) -> RequestId {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 16];
        let bytes = number.to_be_bytes();
        for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        RequestId(text)
    }

    /// The 16 digits, as they are sent.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The 16 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hexadecimal digits are ASCII")
    }
}

impl Default for RequestId {
    fn default() -> RequestId {
        RequestId::new(0)
    }
}

/// What all requests of a service share.
#[derive(Debug, Default)]
pub struct Context {
    /// The settings of the service.
    pub config: Config,
}

/// A request as the server fills it in. Handlers see it through [`Request`](crate::Request).
///
/// The server keeps one and uses it again once no handler holds on to it; nothing in it is
/// allocated anew for a usual request.
pub struct Parts {
    /// The bytes of the message; places below are places in it.
    pub bytes: Vec<u8>,
    /// The method.
    pub method: Method,
    /// The request target as it was sent.
    pub target: Span,
    /// The path of the target, still percent-encoded.
    pub path: Span,
    /// The query of the target without its `?`, still percent-encoded.
    pub query: Span,
    /// The header fields in the order in which they came.
    pub headers: Vec<Field>,
    /// The content, with any transfer coding undone.
    pub body: Span,
    /// The names of the arguments, those of the path first, then those of CONTENT lines.
    pub names: Rc<[String]>,
    /// The arguments, in the order of `names`.
    pub arguments: Vec<Argument>,
    /// Who asks.
    pub peer: SocketAddr,
    /// The identity of the request, in the log and in `X-Request-Id`.
    pub id: RequestId,
    /// What all requests share.
    pub context: Rc<Context>,
    /// What wrappers leave for handlers, one value of a type.
    pub(crate) attachments: RefCell<Attachments>,
    /// The answer that a handler promised with `delay`.
    pub(crate) delayed: RefCell<Option<Pending>>,
}

impl Parts {
    /// An empty request.
    #[must_use]
    pub fn new(context: Rc<Context>) -> Parts {
        Parts {
            bytes: Vec::new(),
            method: Method::Get,
            target: Span::default(),
            path: Span::default(),
            query: Span::default(),
            headers: Vec::new(),
            body: Span::default(),
            names: Rc::new([]),
            arguments: Vec::new(),
            peer: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            id: RequestId::default(),
            context,
            attachments: RefCell::default(),
            delayed: RefCell::default(),
        }
    }

    /// Forgets what belonged to one request alone, and keeps the room that it took. A panic in the
    /// `drop` of an attachment goes on when all attachments are gone.
    pub fn clear(&mut self) {
        self.headers.clear();
        self.arguments.clear();
        self.attachments.get_mut().clear();
        *self.delayed.get_mut() = None;
    }
}

// Header fields and content may hold secrets.
impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = String::from_utf8_lossy(self.path.of(&self.bytes));
        write!(f, "{} {path} ({})", self.method, self.id.as_str())
    }
}
