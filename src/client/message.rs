//! A request as it is sent (RFC 9112 sections 2 and 3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use micro_api::Method;

use crate::http::is_host_value;

/// Fields that follow from the message itself; nobody else may say them.
const FRAMING: &[&str] = &["content-length", "transfer-encoding", "connection"];

const USER_AGENT: &str = concat!("micro/", env!("CARGO_PKG_VERSION"));
/// Room for the head of most requests, their targets aside.
const HEAD_BYTES: usize = 256;

/// A request, whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The method.
    pub method: Method,
    /// Path and query, in origin form (RFC 9112 section 3.2.1).
    pub target: String,
    /// What Host says.
    pub authority: String,
    /// User and password of the URL (RFC 7617).
    pub credentials: Option<(String, String)>,
    /// Fields of the caller's own. Where they name one that the message would send by itself,
    /// they win.
    pub headers: Vec<(String, String)>,
    /// Content type and content.
    pub body: Option<(String, Vec<u8>)>,
    /// Whether the answer is expected to be JSON.
    pub is_json: bool,
    /// Whether the answer is read as it comes: it is asked for as it is, not packed.
    pub is_stream: bool,
}

impl Message {
    /// A request without anything of the caller's own.
    #[must_use]
    pub fn new(method: Method, target: impl Into<String>, authority: impl Into<String>) -> Message {
        Message {
            method,
            target: target.into(),
            authority: authority.into(),
            credentials: None,
            headers: Vec::new(),
            body: None,
            is_json: false,
            is_stream: false,
        }
    }

    /// The bytes to send.
    ///
    /// # Errors
    ///
    /// Something cannot be carried, or is not the caller's to say: one sentence, which shows no
    /// value. Nothing of the message may be sent then.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        check_target(&self.target)?;
        let content = self.body.as_ref().map_or(&[][..], |(_, content)| content);
        let mut bytes = Vec::with_capacity(HEAD_BYTES + self.target.len() + content.len());
        let mut push = |parts: [&str; 4]| {
            let parts = parts.iter();
            parts.for_each(|part| bytes.extend_from_slice(part.as_bytes()));
        };
        push([self.method.as_str(), " ", &self.target, " HTTP/1.1\r\n"]);
        self.each_header(|name, value| push([name, ": ", value, "\r\n"]))?;
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(content);
        Ok(bytes)
    }

    /// All fields that are sent, in their order.
    ///
    /// # Errors
    ///
    /// As those of [`to_bytes`](Message::to_bytes).
    pub fn headers(&self) -> Result<Vec<(String, String)>, String> {
        let mut headers = Vec::new();
        self.each_header(|name, value| headers.push((name.to_owned(), value.to_owned())))?;
        Ok(headers)
    }

    /// Host first (RFC 9110 section 7.2), then our fields, then the caller's.
    fn each_header(&self, mut take: impl FnMut(&str, &str)) -> Result<(), String> {
        for (name, value) in &self.headers {
            check_field(name, value)?;
        }
        take("Host", self.host()?);
        let mut take_ours = |name: &str, value: &str| {
            let is_given = self.find(name).next().is_some();
            if !is_given {
                check_value(name, value)?;
                take(name, value);
            }
            Ok::<_, String>(())
        };
        take_ours("User-Agent", USER_AGENT)?;
        take_ours(
            "Accept",
            if self.is_json {
                "application/json"
            } else {
                "*/*"
            },
        )?;
        if !self.is_stream {
            take_ours("Accept-Encoding", "gzip, deflate")?;
        }
        if let Some((user, password)) = &self.credentials {
            let token = STANDARD.encode(format!("{user}:{password}"));
            take_ours("Authorization", &format!("Basic {token}"))?;
        }
        if let Some((content_type, content)) = &self.body {
            take_ours("Content-Type", content_type)?;
            take_ours("Content-Length", &content.len().to_string())?;
        } else if matches!(self.method, Method::Post | Method::Put | Method::Patch) {
            // RFC 9110 section 8.6: these expect content, and are told that there is none.
            take_ours("Content-Length", "0")?;
        }
        let theirs = self.headers.iter();
        let theirs = theirs.filter(|(name, _)| !name.eq_ignore_ascii_case("host"));
        theirs.for_each(|(name, value)| take(name, value));
        Ok(())
    }

    fn find<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        let headers = self.headers.iter();
        let named = headers.filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    fn host(&self) -> Result<&str, String> {
        let mut given = self.find("host");
        let host = given.next().unwrap_or(&self.authority);
        if given.next().is_some() {
            return Err("the header field `Host` is given twice, expected once".to_owned());
        }
        match is_host_value(host.as_bytes()) {
            true => Ok(host),
            false => Err("the header field `Host` must be `host` or `host:port`".to_owned()),
        }
    }
}

// What is shown of a message must hide its secrets.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({} to {})", self.method, self.authority)
    }
}

fn check_target(target: &str) -> Result<(), String> {
    if !target.starts_with('/') {
        return Err("the path of a call begins with `/`".to_owned());
    }
    let is_visible = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
    match target.bytes().all(is_visible) {
        true => Ok(()),
        false => {
            Err("the path of a call holds a character that must be percent-encoded".to_owned())
        }
    }
}

/// Whether a header field follows from what is sent, so that nobody else may say it.
#[must_use]
pub fn follows_from_request(name: &str) -> bool {
    FRAMING.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn check_field(name: &str, value: &str) -> Result<(), String> {
    // RFC 9110 section 5.6.2.
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        let name = super::fault::quote(name.as_bytes());
        return Err(format!(
            "{name} is no name of a header field, expected letters, digits and `-`"
        ));
    }
    if follows_from_request(name) {
        return Err(format!(
            "the header field `{name}` follows from the request and cannot be given"
        ));
    }
    check_value(name, value)
}

// RFC 9110 section 5.5: CR, LF and NUL are dangerous, other controls are invalid.
fn check_value(name: &str, value: &str) -> Result<(), String> {
    match value.chars().any(|c| c.is_ascii_control() && c != '\t') {
        true => Err(format!(
            "the value of the header field `{name}` holds a control character, such as a line's end"
        )),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(message: &Message) -> String {
        let bytes = message.to_bytes().expect("it can be sent");
        let version = concat!("micro/", env!("CARGO_PKG_VERSION"));
        String::from_utf8(bytes)
            .expect("it is text")
            .replace(version, "micro/VERSION")
    }

    fn with(headers: &[(&str, &str)]) -> Message {
        let headers = headers.iter();
        Message {
            headers: headers
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Message::new(Method::Get, "/", "h")
        }
    }

    #[test]
    fn a_request_as_it_is_sent() {
        let message = Message {
            credentials: Some(("me".to_owned(), "secret".to_owned())),
            headers: vec![("X-A".to_owned(), "b".to_owned())],
            body: Some(("application/json".to_owned(), b"{\"a\":1}".to_vec())),
            is_json: true,
            ..Message::new(Method::Post, "/a?b=c", "h:81")
        };
        assert_eq!(
            text(&message),
            "POST /a?b=c HTTP/1.1\r\n\
             Host: h:81\r\n\
             User-Agent: micro/VERSION\r\n\
             Accept: application/json\r\n\
             Accept-Encoding: gzip, deflate\r\n\
             Authorization: Basic bWU6c2VjcmV0\r\n\
             Content-Type: application/json\r\n\
             Content-Length: 7\r\n\
             X-A: b\r\n\
             \r\n\
             {\"a\":1}"
        );
    }

    #[test]
    fn content_length_is_said_where_content_is_expected() {
        for (method, is_said) in [
            (Method::Get, false),
            (Method::Head, false),
            (Method::Options, false),
            (Method::Delete, false),
            (Method::Post, true),
            (Method::Put, true),
            (Method::Patch, true),
        ] {
            let text = text(&Message::new(method, "/", "h"));
            assert_eq!(text.contains("Content-Length: 0\r\n"), is_said, "{method}");
        }
    }

    #[test]
    fn a_stream_is_not_packed() {
        let mut message = Message::new(Method::Get, "/", "h");
        message.is_stream = true;
        assert!(!text(&message).contains("Accept-Encoding"));
    }

    #[test]
    fn the_callers_fields_win() {
        let message = Message {
            credentials: Some(("u".to_owned(), "p".to_owned())),
            body: Some(("application/json".to_owned(), b"x".to_vec())),
            ..with(&[
                ("host", "other"),
                ("user-agent", "mine"),
                ("ACCEPT", "text/html"),
                ("accept-encoding", "br"),
                ("authorization", "Bearer t"),
                ("content-type", "text/css"),
            ])
        };
        assert_eq!(
            text(&message),
            "GET / HTTP/1.1\r\nHost: other\r\nContent-Length: 1\r\nuser-agent: mine\r\n\
             ACCEPT: text/html\r\naccept-encoding: br\r\nauthorization: Bearer t\r\n\
             content-type: text/css\r\n\r\nx"
        );
    }

    #[test]
    fn what_cannot_be_carried_is_never_sent() {
        for headers in [
            &[("A", "b\r\nC: d")][..],
            &[("A", "b\n")],
            &[("A", "b\r")],
            &[("A", "\0")],
            &[("A", "\x7f")],
            &[("A\r\nB", "c")],
            &[("A:", "c")],
            &[("A B", "c")],
            &[("", "c")],
            &[("é", "c")],
            &[("Content-Length", "1")],
            &[("transfer-encoding", "chunked")],
            &[("CONNECTION", "close")],
            &[("Host", "a"), ("host", "a")],
            &[("Host", "a/b")],
            &[("Host", "a\r\nb")],
        ] {
            let sentence = with(headers).to_bytes().expect_err("it is refused");
            assert!(!sentence.contains(['\r', '\n', '\0']), "{sentence:?}");
        }
        assert!(with(&[("A", "b\tc é")]).to_bytes().is_ok());
        for target in [
            "",
            "a",
            "http://h/",
            "/a b",
            "/a\r\n",
            "/é",
            "/#a",
            "/\0",
            "*",
        ] {
            let message = Message::new(Method::Get, target, "h");
            assert!(message.to_bytes().is_err(), "{target:?}");
        }
        let mut message = Message::new(Method::Post, "/", "h");
        message.body = Some(("a/b\r\nX: y".to_owned(), Vec::new()));
        assert!(message.to_bytes().is_err());
    }
}
