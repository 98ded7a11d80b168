//! The URL of a service that we call: `http://`, `https://`, or the path of a socket (RFC 3986).
//!
//! Parsed once, strictly. What it shows of itself never holds the password.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::diagnostics::mask_secrets;

/// The longest name in the DNS (RFC 1035 section 2.3.4).
const NAME_BYTES_MAX: usize = 253;
/// The longest label of such a name.
const LABEL_BYTES_MAX: usize = 63;
/// The longest path of a socket: `sockaddr_un` of Linux has room for it and a NUL.
const SOCKET_BYTES_MAX: usize = 107;
/// What neither a path nor a query may hold as it is (RFC 3986 sections 3.3 and 3.4).
const ENCODED: &AsciiSet = &CONTROLS
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// How a service is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// TCP.
    Http,
    /// TCP and TLS.
    Https,
    /// A socket in the file system.
    Unix,
}

impl Scheme {
    /// Its name, as it stands before `://`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Unix => "unix",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
            Scheme::Unix => 0,
        }
    }
}

/// The URL of a service (RFC 3986 section 3, RFC 9110 section 4.2).
///
/// ```
/// use micro::config::Url;
///
/// let url = Url::parse("http://me:hunter2@Example.org:8080/api/?v=1")?;
/// assert_eq!((url.host(), url.port()), ("example.org", 8080));
/// assert_eq!((url.path(), url.query()), ("/api", Some("v=1")));
/// assert_eq!(url.to_string(), "http://me:***@example.org:8080/api?v=1");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    scheme: Scheme,
    host: String,
    port: u16,
    path: String,
    query: Option<String>,
    credentials: Option<(String, String)>,
    socket: Option<PathBuf>,
    authority: String,
    origin: String,
}

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// One sentence that says what is wrong; it shows nothing of credentials.
    pub fn parse(text: &str) -> Result<Url, String> {
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("a URL holds no blanks and no control characters".to_owned());
        }
        let (scheme, rest) = text
            .split_once("://")
            .ok_or("a URL begins with `http://`, `https://` or `unix://`")?;
        match scheme {
            "http" => parse_remote(Scheme::Http, rest),
            "https" => parse_remote(Scheme::Https, rest),
            "unix" => parse_local(rest),
            _ => Err("the scheme of a URL is `http`, `https` or `unix`".to_owned()),
        }
    }

    /// How the service is reached.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// A name in lower case or an address, IPv6 without brackets; `localhost` for a socket.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; 0 for a socket, which has none.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What Host says (RFC 9110 section 7.2): the port of the scheme is left out.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The first part of every path, without a `/` at its end; often empty.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What stands behind `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// User and password, decoded.
    #[must_use]
    pub fn credentials(&self) -> Option<(&str, &str)> {
        let (user, password) = self.credentials.as_ref()?;
        Some((user, password))
    }

    /// The socket in the file system.
    #[must_use]
    pub fn socket(&self) -> Option<&Path> {
        self.socket.as_deref()
    }

    /// The peer, for the log and as the name of a destination: scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The request target of a path below this URL: its own path and query come first
    /// (RFC 9112 section 3.2.1).
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        let mut target = self.path.clone();
        if !path.is_empty() && !path.starts_with('/') {
            target.push('/');
        }
        target.push_str(path);
        if target.is_empty() {
            target.push('/');
        }
        let queries = [self.query.as_deref(), query].into_iter().flatten();
        for (mark, query) in ['?', '&']
            .into_iter()
            .zip(queries.filter(|q| !q.is_empty()))
        {
            target.push(mark);
            target.push_str(query);
        }
        target
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(socket) = &self.socket {
            return write!(f, "unix://{}", socket.display());
        }
        write!(f, "{}://", self.scheme.as_str())?;
        if let Some((user, password)) = &self.credentials {
            let password = if password.is_empty() { "" } else { ":***" };
            write!(f, "{}{password}@", utf8_percent_encode(user, ENCODED))?;
        }
        write!(f, "{}{}", self.authority(), self.path)?;
        match &self.query {
            Some(query) => f.write_str(&mask_secrets(&format!("?{query}"))),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({self})")
    }
}

fn parse_local(socket: &str) -> Result<Url, String> {
    if !socket.starts_with('/') || socket.ends_with('/') {
        let sentence =
            "the URL of a socket is `unix://` and an absolute path, as in `unix:///run/app.sock`";
        return Err(sentence.to_owned());
    }
    if socket.len() > SOCKET_BYTES_MAX {
        let length = socket.len();
        return Err(format!(
            "the path of a socket has {length} bytes, at most {SOCKET_BYTES_MAX} are possible"
        ));
    }
    Ok(Url {
        scheme: Scheme::Unix,
        host: "localhost".to_owned(),
        port: 0,
        path: String::new(),
        query: None,
        credentials: None,
        socket: Some(PathBuf::from(socket)),
        authority: "localhost".to_owned(),
        origin: format!("unix://{socket}"),
    })
}

fn parse_remote(scheme: Scheme, rest: &str) -> Result<Url, String> {
    if rest.contains('#') {
        return Err("a URL that is called has no fragment (`#…`)".to_owned());
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    // What people paste may hold an `@` in the password; a host never does.
    let (credentials, address) = match authority.rsplit_once('@') {
        Some((userinfo, address)) => (Some(parse_credentials(userinfo)?), address),
        None => (None, authority),
    };
    let (host, port) = parse_address(address, scheme.default_port())?;
    let authority = authority_of(scheme, &host, port);
    let (path, query) = match behind.split_once('?') {
        Some((path, query)) => (path, Some(encode(query)?)),
        None => (behind, None),
    };
    Ok(Url {
        origin: format!("{}://{authority}", scheme.as_str()),
        authority,
        scheme,
        host,
        port,
        path: encode(path.trim_end_matches('/'))?,
        query: query.filter(|query| !query.is_empty()),
        credentials,
        socket: None,
    })
}

fn authority_of(scheme: Scheme, host: &str, port: u16) -> String {
    let host = match host.contains(':') {
        true => format!("[{host}]"),
        false => host.to_owned(),
    };
    match port == scheme.default_port() {
        true => host,
        false => format!("{host}:{port}"),
    }
}

pub(super) fn parse_credentials(userinfo: &str) -> Result<(String, String), String> {
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    let (user, password) = (decode(user)?, decode(password)?);
    // RFC 7617 section 2: the first colon ends the user.
    if user.contains(':') {
        return Err("the user in a URL cannot hold `:`".to_owned());
    }
    let is_control = |text: &str| text.contains(char::is_control);
    if is_control(&user) || is_control(&password) {
        return Err("user and password in a URL hold no control characters".to_owned());
    }
    Ok((user, password))
}

fn decode(text: &str) -> Result<String, String> {
    check_escapes(text, "user and password in a URL")?;
    let decoded = percent_decode_str(text).decode_utf8();
    decoded
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| "user and password in a URL are UTF-8".to_owned())
}

fn encode(text: &str) -> Result<String, String> {
    check_escapes(text, "the path and query of a URL")?;
    Ok(utf8_percent_encode(text, ENCODED).to_string())
}

pub(super) fn check_escapes(text: &str, what: &str) -> Result<(), String> {
    let is_escape = |behind: &str| {
        let digits = behind.as_bytes();
        digits.len() >= 2 && digits[..2].iter().all(u8::is_ascii_hexdigit)
    };
    match text.split('%').skip(1).all(is_escape) {
        true => Ok(()),
        false => Err(format!(
            "{what} have two hexadecimal digits behind each `%` (`%25` is a plain one)"
        )),
    }
}

pub(super) fn parse_address(address: &str, default_port: u16) -> Result<(String, u16), String> {
    let (host, port) = match address.strip_prefix('[') {
        Some(literal) => {
            let (host, port) = literal.split_once(']').ok_or("`[` without `]` in a URL")?;
            (parse_ipv6(host)?, port)
        }
        None => {
            let colon = address.find(':').unwrap_or(address.len());
            (parse_name(&address[..colon])?, &address[colon..])
        }
    };
    if port.is_empty() {
        return Ok((host, default_port));
    }
    let digits = port.strip_prefix(':');
    let digits = digits.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let port = digits.and_then(|digits| digits.parse().ok());
    match port.filter(|port| *port > 0) {
        Some(port) => Ok((host, port)),
        None => Err("the port of a URL is a number from 1 to 65535".to_owned()),
    }
}

fn parse_ipv6(host: &str) -> Result<String, String> {
    match host.parse::<Ipv6Addr>() {
        Ok(address) => Ok(address.to_string()),
        Err(_) => Err("between `[` and `]` of a URL stands an IPv6 address".to_owned()),
    }
}

fn parse_name(host: &str) -> Result<String, String> {
    if host.is_empty() {
        return Err("a URL names a host behind `://`".to_owned());
    }
    let is_label = |label: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=LABEL_BYTES_MAX).contains(&label.len()) && label.bytes().all(is_plain)
    };
    let labels = host.strip_suffix('.').unwrap_or(host);
    if host.len() > NAME_BYTES_MAX || !labels.split('.').all(is_label) {
        return Err(
            "the host of a URL is a name of letters, digits, `-` and `.`, or an address".to_owned(),
        );
    }
    // `127.1` and `0x7f.1` are addresses to some resolvers, and names to others.
    let last = labels.rsplit('.').next().unwrap_or_default();
    let is_number = last.starts_with(|c: char| c.is_ascii_digit())
        && (last.bytes().all(|byte| byte.is_ascii_digit())
            || last.to_ascii_lowercase().starts_with("0x"));
    if is_number && host.parse::<Ipv4Addr>().is_err() {
        return Err("an IPv4 address in a URL is four numbers up to 255".to_owned());
    }
    Ok(host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
