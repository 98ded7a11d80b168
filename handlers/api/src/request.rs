//! A request, as a handler sees it.

#![allow(unsafe_code, reason = "the request is on the other side of the border")]

use std::borrow::Cow;
use std::cell::RefCell;
use std::ffi::c_void;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::ptr::NonNull;
use std::rc::Rc;

use percent_encoding::percent_decode;
use serde::de::DeserializeOwned;

use crate::abi::{self, Span};
use crate::argument::Given;
use crate::attachments::Attachments;
use crate::border::future::drop_boxed;
use crate::border::here;
use crate::border::text;
use crate::delay::Responder;
use crate::{Config, Error, Method};

/// An HTTP request.
///
/// It is a cheap handle: cloning it copies nothing. It belongs to the loop's thread; what another
/// thread needs of it is to be copied out first. What it lends lives no longer than it does:
///
/// ```compile_fail,E0515
/// use micro_api::Request;
///
/// fn keep(request: Request) -> &'static str {
///     request.path()
/// }
/// ```
///
/// ```compile_fail,E0277
/// use micro_api::Request;
///
/// fn send(request: Request) {
///     std::thread::spawn(move || request.path().len());
/// }
/// ```
pub struct Request {
    raw: NonNull<abi::Request>,
}

impl Clone for Request {
    fn clone(&self) -> Request {
        // SAFETY: the request is valid as long as this is.
        unsafe { Request::retain(self.as_raw()) }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        // SAFETY: this holds the request, once.
        unsafe { (self.host().request_release)(self.as_raw()) };
    }
}

// Header fields and content may hold secrets.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({})", self.method(), self.path(), self.id())
    }
}

impl Request {
    /// Keeps a request that was lent.
    ///
    /// # Safety
    ///
    /// It must be valid.
    pub(crate) unsafe fn retain(raw: *const abi::Request) -> Request {
        // SAFETY: the caller vouches for it.
        unsafe { ((*(*raw).host).request_retain)(raw) };
        // SAFETY: it is held from now on.
        unsafe { Request::from_raw(raw) }
    }

    /// Takes over a request that is held already.
    ///
    /// # Safety
    ///
    /// It must be valid, and held once for this.
    pub(crate) unsafe fn from_raw(raw: *const abi::Request) -> Request {
        Request {
            raw: NonNull::new(raw.cast_mut()).expect("requests are never null"),
        }
    }

    /// The request, as it is lent to the other side.
    pub(crate) fn as_raw(&self) -> *const abi::Request {
        self.raw.as_ptr()
    }

    fn view(&self) -> &abi::Request {
        // SAFETY: the request is valid as long as this is, and does not change.
        unsafe { self.raw.as_ref() }
    }

    fn host(&self) -> &'static abi::Host {
        // SAFETY: the table is valid for ever.
        unsafe { &*self.view().host }
    }

    fn bytes(&self) -> &[u8] {
        let abi::Request {
            bytes: data,
            length,
            ..
        } = *self.view();
        // SAFETY: the bytes are valid as long as the request is.
        unsafe { text::bytes(abi::Bytes { data, length }) }
    }

    fn at(&self, span: Span) -> &[u8] {
        span.of(self.bytes())
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        Method::ALL[self.view().method as usize]
    }

    /// The path as it was sent, percent-encoded, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        ascii(self.at(self.view().path))
    }

    /// The query as it was sent, percent-encoded, without its `?`; empty if there was none.
    #[must_use]
    pub fn query(&self) -> &str {
        ascii(self.at(self.view().query))
    }

    /// The names and values of the query, decoded (`application/x-www-form-urlencoded`).
    pub fn query_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        form_urlencoded::parse(self.query().as_bytes())
    }

    /// The value of the first header field with this name, whatever its case; `None` also if it
    /// is not UTF-8.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self
            .headers()
            .find(|(field, _)| field.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(value).ok()
    }

    /// All header fields in the order in which they came; values are bytes (RFC 9110 section 5.5).
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let bytes = self.bytes();
        let abi::Request {
            headers: data,
            header_count: count,
            ..
        } = *self.view();
        // SAFETY: the fields are valid as long as the request is.
        let fields = unsafe { text::slice(data, count) };
        let field = move |field: &abi::Field| (ascii(field.name.of(bytes)), field.value.of(bytes));
        fields.iter().map(field)
    }

    /// The content, with any transfer coding undone.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.at(self.view().body)
    }

    /// The content as text.
    ///
    /// # Errors
    ///
    /// 400 if it is not UTF-8.
    pub fn text(&self) -> Result<&str, Error> {
        std::str::from_utf8(self.body()).map_err(|_| Error::new(400, "the body is not UTF-8"))
    }

    /// The content, read as JSON.
    ///
    /// # Errors
    ///
    /// 400 with the place and kind of the mistake if it is not JSON, or not that of a `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(self.body())
            .map_err(|error| Error::new(400, format!("the body is not the expected JSON: {error}")))
    }

    /// The names and values of a form in the content, decoded.
    pub fn form_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        form_urlencoded::parse(self.body())
    }

    /// Who asks.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        let mut peer = abi::Peer::default();
        // SAFETY: the request is valid; the place lives through the call.
        unsafe { (self.host().request_peer)(self.as_raw(), &raw mut peer) };
        let port = u16::try_from(peer.port).unwrap_or_default();
        match peer.family {
            6 => {
                let address = Ipv6Addr::from(peer.address);
                SocketAddrV6::new(address, port, peer.flow, peer.scope).into()
            }
            _ => {
                let [a, b, c, d, ..] = peer.address;
                (Ipv4Addr::new(a, b, c, d), port).into()
            }
        }
    }

    /// The identity of this request: it stands in the log and in the answer's `X-Request-Id`.
    #[must_use]
    pub fn id(&self) -> &str {
        ascii(&self.view().id)
    }

    /// The settings of the service.
    #[must_use]
    pub fn config(&self) -> &Config {
        // SAFETY: `Config` is a pointer that is not null, like this one, which is valid as long as
        // the request is. What is borrowed is not dropped.
        unsafe { &*(&raw const self.view().config).cast::<Config>() }
    }

    /// Leaves a value for whoever sees this request next: how a wrapper tells a handler who the
    /// caller is. One value of each type; a later one replaces it.
    ///
    /// Types of one library are foreign to another, even if they have the same name: what a wrapper
    /// in one library leaves, only functions of that library find.
    pub fn attach<T: 'static>(&self, value: T) {
        let attachments = self
            .attachments()
            .unwrap_or_else(|| self.make_attachments());
        let replaced = attachments.borrow_mut().replace(value);
        // Its `drop` may look at this request, which is not borrowed any more.
        drop(replaced);
    }

    /// The value of this type that was left with [`attach`](Request::attach).
    #[must_use]
    pub fn attached<T: 'static>(&self) -> Option<Rc<T>> {
        self.attachments()?.borrow().find()
    }

    fn attachments(&self) -> Option<&RefCell<Attachments>> {
        // SAFETY: the request is valid.
        let value = unsafe { (self.host().request_attached)(self.as_raw(), here::identity()) };
        // SAFETY: under our own key there is what `make_attachments` put there, until the request
        // is over.
        unsafe { value.cast::<RefCell<Attachments>>().as_ref() }
    }

    fn make_attachments(&self) -> &RefCell<Attachments> {
        let made: *mut RefCell<Attachments> = Box::into_raw(Box::default());
        // SAFETY: the request is valid, and drops the value when it is over.
        unsafe {
            (self.host().request_attach)(
                self.as_raw(),
                here::identity(),
                made.cast::<c_void>(),
                Some(drop_boxed::<RefCell<Attachments>>),
            );
        };
        // SAFETY: it stays there until the request is over.
        unsafe { &*made }
    }

    /// Promises to answer later.
    ///
    /// What the handler returns is then not sent; the [`Responder`] answers, from any thread. If
    /// it is dropped without an answer, the peer gets a 500.
    #[must_use]
    pub fn delay(&self) -> Responder {
        // SAFETY: the request is valid, and what comes back is held once.
        unsafe { Responder::from_raw((self.host().request_delay)(self.as_raw())) }
    }

    /// The names of this handler's arguments: groups of the path first, then CONTENT lines.
    pub fn argument_names(&self) -> impl ExactSizeIterator<Item = &str> {
        let abi::Request {
            names,
            argument_count: count,
            ..
        } = *self.view();
        // SAFETY: the names are valid as long as the request is.
        let names: &[abi::Text] = unsafe { text::slice(names, count) };
        // SAFETY: so are their texts.
        let name = |name: &abi::Text| unsafe { text::find_text(*name) }.unwrap_or_default();
        names.iter().map(name)
    }

    pub(crate) fn given(&self, position: usize) -> Option<Given<'_>> {
        let abi::Request {
            arguments,
            argument_count: count,
            ..
        } = *self.view();
        // SAFETY: the arguments are valid as long as the request is.
        let arguments: &[abi::Value] = unsafe { text::slice(arguments, count) };
        let raw = arguments.get(position)?;
        // SAFETY: so are their texts.
        unsafe { Given::find(raw, self.bytes()) }
    }
}

/// Undoes percent-encoding, as far as the result is UTF-8.
pub fn decode_percent(encoded: &[u8]) -> Option<Cow<'_, str>> {
    percent_decode(encoded).decode_utf8().ok()
}

// The request parser refuses targets and field names that are not ASCII.
fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("targets and field names were checked when they were read")
}
