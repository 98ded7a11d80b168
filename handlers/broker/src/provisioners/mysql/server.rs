//! Where a server is, and who its administrator is, as a URL says.

use std::net::Ipv6Addr;

use micro_api::Error;
use percent_encoding::percent_decode_str;

use crate::options::Options;

const PORT: u16 = 3306;
const EXPECTED: &str = "`mysql://USER:PASSWORD@HOST:PORT/` of an administrator";

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
    pub(super) fn of(options: &Options<'_>) -> Result<Server, Error> {
        let url = options.expect("url", EXPECTED)?;
        parse(url).map_err(|why| {
            let name = options.name("url");
            Error::internal(format!("`{name}` {why}: expected {EXPECTED}"))
        })
    }

    /// Such as `db.example:3306`.
    pub(super) fn address(&self) -> String {
        address(&self.host, self.port)
    }
}

/// Host and port in one word.
pub(super) fn address(host: &str, port: u16) -> String {
    match host.contains(':') {
        true => format!("[{host}]:{port}"),
        false => format!("{host}:{port}"),
    }
}

/// Whether this can be a host, so that it can stand in a URL.
pub(super) fn is_host(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let is_name = !text.is_empty() && text.chars().all(is_part);
    is_name || text.parse::<Ipv6Addr>().is_ok()
}

fn parse(url: &str) -> Result<Server, &'static str> {
    let rest = url.strip_prefix("mysql://");
    let rest = rest.ok_or("does not begin with `mysql://`")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if authority.contains(['?', '#']) || path.contains(['?', '#']) {
        return Err("has `?` or `#`");
    }
    if !path.is_empty() {
        return Err("names a database");
    }
    let (login, place) = authority.rsplit_once('@').ok_or("names no user")?;
    let (user, password) = match login.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (login, None),
    };
    let (host, port) = split_place(place)?;
    Ok(Server {
        host: Some(host.to_owned())
            .filter(|host| is_host(host))
            .ok_or("names no host")?,
        port,
        user: decoded(user)
            .filter(|user| !user.is_empty())
            .ok_or("names no user")?,
        password: password
            .map(|password| decoded(password).ok_or("has a password that is not UTF-8"))
            .transpose()?,
    })
}

/// The host without the brackets of an IPv6 address, and the port.
fn split_place(place: &str) -> Result<(&str, u16), &'static str> {
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
        None => Ok((host, PORT)),
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
    use super::parse;

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
    fn what_is_wrong_is_said_without_the_url() {
        for (url, why) in [
            ("postgres://root@db", "does not begin with `mysql://`"),
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
