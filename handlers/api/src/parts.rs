//! What a request consists of: one buffer with all its bytes, and where in it things are.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

use crate::abi;
pub use crate::abi::{Field, Span};
use crate::argument::{Argument, Names};
use crate::host::HOST;
use crate::host::attached::Attached;
use crate::host::promise::Pending;
use crate::{Config, Method};

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
#[repr(C)]
pub struct Parts {
    /// What functions see of it; first, so that its address is that of the whole.
    view: Cell<abi::Request>,
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
    pub names: Rc<Names>,
    /// The arguments, in the order of `names`.
    pub arguments: Vec<Argument>,
    /// Who asks.
    pub peer: SocketAddr,
    /// The identity of the request, in the log and in `X-Request-Id`.
    pub id: RequestId,
    /// What all requests share.
    pub context: Rc<Context>,
    /// What functions leave for those that see it next.
    pub(crate) attached: Attached,
    /// The answer that a handler promised with `delay`.
    pub(crate) delayed: RefCell<Option<Pending>>,
}

impl Parts {
    /// An empty request.
    #[must_use]
    pub fn new(context: Rc<Context>) -> Parts {
        Parts {
            view: Cell::new(NO_VIEW),
            bytes: Vec::new(),
            method: Method::Get,
            target: Span::default(),
            path: Span::default(),
            query: Span::default(),
            headers: Vec::new(),
            body: Span::default(),
            names: Rc::default(),
            arguments: Vec::new(),
            peer: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            id: RequestId::default(),
            context,
            attached: Attached::default(),
            delayed: RefCell::default(),
        }
    }

    /// Forgets what belonged to one request alone, and keeps the room that it took.
    pub fn clear(&mut self) {
        self.headers.clear();
        self.arguments.clear();
        self.attached.clear();
        *self.delayed.get_mut() = None;
    }

    /// Brings up to date what functions see. Only whoever holds the parts alone can change them, so
    /// only then is there something new.
    pub(crate) fn show(self: &Rc<Self>) {
        if Rc::strong_count(self) > 1 {
            return;
        }
        self.view.set(abi::Request {
            host: &raw const HOST,
            config: self.context.config.as_raw(),
            bytes: self.bytes.as_ptr(),
            length: self.bytes.len(),
            headers: self.headers.as_ptr(),
            header_count: self.headers.len(),
            arguments: self.arguments.as_ptr().cast(),
            names: self.names.as_ptr(),
            argument_count: self.arguments.len().min(self.names.iter().len()),
            target: self.target,
            path: self.path,
            query: self.query,
            body: self.body,
            method: self.method as u32,
            reserved: 0,
            id: *self.id.as_bytes(),
        });
    }
}

const NO_VIEW: abi::Request = abi::Request {
    host: std::ptr::null(),
    config: std::ptr::null(),
    bytes: std::ptr::null(),
    length: 0,
    headers: std::ptr::null(),
    header_count: 0,
    arguments: std::ptr::null(),
    names: std::ptr::null(),
    argument_count: 0,
    target: Span { start: 0, end: 0 },
    path: Span { start: 0, end: 0 },
    query: Span { start: 0, end: 0 },
    body: Span { start: 0, end: 0 },
    method: 0,
    reserved: 0,
    id: [b'0'; 16],
};

// Header fields and content may hold secrets.
impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = String::from_utf8_lossy(self.path.of(&self.bytes));
        write!(f, "{} {path} ({})", self.method, self.id.as_str())
    }
}
