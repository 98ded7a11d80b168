//! Where a server is, and who its administrator is, as a URL says.

use std::net::Ipv6Addr;

use micro_api::Error;
use percent_encoding::percent_decode_str;

use crate::options::Options;

/// What a URL of some kind of servers begins with, and what it may leave out.
pub(super) struct Scheme {
    /// Before `://`.
    pub(super) name: &'static str,
    /// Where servers listen if nobody says.
    pub(super) port: u16,
    /// Whether there is always a user.
    pub(super) has_user: bool,
    /// The path, if there may be one.
    pub(super) path: &'static str,
    /// What a URL looks like, for people.
    pub(super) expected: &'static str,
}

/// A server, and its administrator.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: Option<String>,
}

impl Server {
    /// The one that the plan's `url` tells. It may hold a password, and is not told.
    pub(super) fn of(options: &Options<'_>, scheme: &Scheme) -> Result<Server, Error> {
        let url = options.expect("url", scheme.expected)?;
        parse(url, scheme).map_err(|why| {
            let (name, expected) = (options.name("url"), scheme.expected);
            Error::internal(format!("`{name}` {why}: expected {expected}"))
        })
    }

    /// Such as `db.example:3306`.
    pub(super) fn address(&self) -> String {
        address(&self.host, self.port)
    }
}

/// Where apps reach the server, if that is another place (`host` and `port` of the plan).
pub(super) fn of_apps(options: &Options<'_>, server: &Server) -> Result<(String, u16), Error> {
    let port = options.number("port", u64::from(server.port), 1..=u64::from(u16::MAX))?;
    let port = u16::try_from(port).expect("it is within its bounds");
    let host = options.find("host").unwrap_or(&server.host);
    if !is_host(host) {
        let name = options.name("host");
        let why =
            format!("`{name}` is `{host}`, expected a name or an address such as `db.example`");
        return Err(Error::internal(why));
    }
    Ok((host.to_owned(), port))
}

/// Host and port in one word.
pub(super) fn address(host: &str, port: u16) -> String {
    match host.contains(':') {
        true => format!("[{host}]:{port}"),
        false => format!("{host}:{port}"),
    }
}

/// Whether this can be a host, so that it can stand in a URL.
fn is_host(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let is_name = !text.is_empty() && text.chars().all(is_part);
    is_name || text.parse::<Ipv6Addr>().is_ok()
}

fn parse(url: &str, scheme: &Scheme) -> Result<Server, &'static str> {
    let rest = url.strip_prefix(scheme.name);
    let rest = rest.and_then(|rest| rest.strip_prefix("://"));
    let rest = rest.ok_or("begins with something else")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if authority.contains(['?', '#']) || path.contains(['?', '#']) {
        return Err("has `?` or `#`");
    }
    if !path.is_empty() && path != scheme.path {
        return Err("names a database");
    }
    let (login, place) = match authority.rsplit_once('@') {
        None if scheme.has_user => return Err("names no user"),
        None => ("", authority),
        Some(parts) => parts,
    };
    let (user, password) = match login.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (login, None),
    };
    let (host, port) = split_place(place, scheme.port)?;
    Ok(Server {
        host: Some(host.to_owned())
            .filter(|host| is_host(host))
            .ok_or("names no host")?,
        port,
        user: decoded(user)
            .filter(|user| !user.is_empty() || !scheme.has_user)
            .ok_or("names no user")?,
        password: password
            .map(|password| decoded(password).ok_or("has a password that is not UTF-8"))
            .transpose()?,
    })
}

/// The host without the brackets of an IPv6 address, and the port.
fn split_place(place: &str, default: u16) -> Result<(&str, u16), &'static str> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or("has a `[` without `]`")?;
            (host, rest.strip_prefix(':'))
        }
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    match port.map(str::parse) {
        None => Ok((host, default)),
        Some(Ok(port)) if port > 0 => Ok((host, port)),
        Some(_) => Err("has a port that is not 1 to 65535"),
    }
}

fn decoded(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    (!text.contains('\0')).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::{Scheme, Server};

    const SCHEME: Scheme = Scheme {
        name: "mysql",
        port: 3306,
        has_user: true,
        path: "",
        expected: "a URL",
    };

    fn parse(url: &str) -> Result<Server, &'static str> {
        super::parse(url, &SCHEME)
    }

    #[test]
    fn user_password_host_and_port_are_read() {
        for (url, user, password, address) in [
            ("mysql://root@db", "root", None, "db:3306"),
            ("mysql://root:@db/", "root", Some(""), "db:3306"),
            (
                "mysql://a%40b:p%3Aw%2F@[::1]:7/",
                "a@b",
                Some("p:w/"),
                "[::1]:7",
            ),
            (
                "mysql://a:p@w@10.0.0.1:65535",
                "a",
                Some("p@w"),
                "10.0.0.1:65535",
            ),
        ] {
            let server = parse(url).expect(url);
            assert_eq!(server.user, user);
            assert_eq!(server.password.as_deref(), password);
            assert_eq!(server.address(), address);
        }
    }

    #[test]
    fn some_servers_have_no_user() {
        let scheme = Scheme {
            has_user: false,
            path: "0",
            ..SCHEME
        };
        for (url, user, password) in [
            ("mysql://db", "", None),
            ("mysql://:pw@db/0", "", Some("pw")),
            ("mysql://a:pw@db/", "a", Some("pw")),
        ] {
            let server = super::parse(url, &scheme).expect(url);
            let read = (server.user.as_str(), server.password.as_deref());
            assert_eq!(read, (user, password));
        }
        assert!(super::parse("mysql://db/1", &scheme).is_err());
    }

    #[test]
    fn what_is_wrong_is_said_without_the_url() {
        for (url, why) in [
            ("postgres://root@db", "begins with something else"),
            ("mysql:root@db", "begins with something else"),
            ("mysql://root@db/shop", "names a database"),
            ("mysql://root@db/?a=b", "has `?` or `#`"),
            ("mysql://db:3306/", "names no user"),
            ("mysql://:pw@db/", "names no user"),
            ("mysql://root@/", "names no host"),
            ("mysql://root@a:b:c/", "has a port that is not 1 to 65535"),
            ("mysql://root@a%20b/", "names no host"),
            ("mysql://root@[::1/", "has a `[` without `]`"),
            ("mysql://root@db:0/", "has a port that is not 1 to 65535"),
            (
                "mysql://root@db:65536/",
                "has a port that is not 1 to 65535",
            ),
            ("mysql://root:%ff@db/", "has a password that is not UTF-8"),
        ] {
            assert_eq!(parse(url).err(), Some(why), "{url}");
        }
    }
}
