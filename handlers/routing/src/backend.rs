//! The URL of a backend: checked here, and stored and passed on byte for byte as it was sent. No
//! I/O.
//!
//! No library for URLs reads it, because these write it anew: a slash that one adds to
//! `http://host:80` changes the URI that nginx asks for.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::domain::{LABEL_BYTES_MAX, NAME_BYTES_MAX};
use micro_api::quoted;

use crate::malformed::Malformed;

/// Checks a URL of the form `http(s)://host:port[/path]`.
///
/// The host is a name (RFC 1123 section 2.1, with the underscores that names of containers have),
/// an IPv4 address, or an IPv6 address in brackets; the path is that of RFC 3986 section 3.3.
///
/// That a path may have `$`, `;` and `'`, as in RFC 3986, harms nothing: nginx is given the URL as
/// the value of a variable (`proxy_pass $backend`), which it does not expand or parse as a part of
/// its configuration. `"`, `{`, `}` and `\` stand in no URL.
///
/// # Errors
///
/// If it is anything else, or longer than that.
pub(crate) fn check(url: &str, bytes_max: usize) -> Result<(), Malformed> {
    if url.len() > bytes_max {
        let length = url.len();
        let why = format!("is {length} bytes long: expected at most {bytes_max}");
        return Err(about(url, why));
    }
    check_characters(url)?;
    let rest = expect_scheme(url)?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    check_authority(url, authority)?;
    check_path(url, path)
}

fn about(url: &str, what: impl std::fmt::Display) -> Malformed {
    Malformed::new(format!("the backend {} {what}", quoted(url)))
}

fn check_characters(url: &str) -> Result<(), Malformed> {
    match url.chars().find(|c| !c.is_ascii_graphic()) {
        Some(found) => {
            let found = quoted(found.encode_utf8(&mut [0; 4]));
            let why = format!("has a {found}: expected visible ASCII characters, others as %XX");
            Err(about(url, why))
        }
        None => Ok(()),
    }
}

/// What comes after the scheme.
fn expect_scheme(url: &str) -> Result<&str, Malformed> {
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    rest.ok_or_else(|| match url.split_once("://") {
        Some((scheme, _)) => {
            let scheme = quoted(scheme);
            let why = format!("has the scheme {scheme}: expected `http` or `https`, in lower case");
            about(url, why)
        }
        None => about(
            url,
            "has no scheme: expected a URL such as `http://10.0.0.1:8080`",
        ),
    })
}

fn check_authority(url: &str, authority: &str) -> Result<(), Malformed> {
    if authority.contains('@') {
        let why = "has user information: expected the host behind `//`";
        return Err(about(url, why));
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, after) = rest.split_once(']').unwrap_or((rest, ""));
            check_ipv6(url, address)?;
            (address, after.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    if !authority.starts_with('[') {
        check_host(url, host)?;
    }
    check_port(url, port)
}

fn check_ipv6(url: &str, address: &str) -> Result<(), Malformed> {
    if address.parse::<Ipv6Addr>().is_err() {
        let address = quoted(address);
        let why = format!("has the host {address} in brackets: expected an IPv6 address");
        return Err(about(url, why));
    }
    Ok(())
}

fn check_host(url: &str, host: &str) -> Result<(), Malformed> {
    if host.len() > NAME_BYTES_MAX {
        let length = host.len();
        let why = format!("has a host of {length} bytes: expected at most {NAME_BYTES_MAX}");
        return Err(about(url, why));
    }
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit());
    let is_host = match is_number {
        true => host.parse::<Ipv4Addr>().is_ok(),
        false => host.split('.').all(is_label),
    };
    if !is_host {
        let host = quoted(host);
        let why = format!("has the host {host}: expected a name, an IPv4 address, or `[IPv6]`");
        return Err(about(url, why));
    }
    Ok(())
}

fn is_label(label: &str) -> bool {
    let is_inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=LABEL_BYTES_MAX).contains(&label.len())
        && label.bytes().all(is_inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn check_port(url: &str, port: Option<&str>) -> Result<(), Malformed> {
    let Some(port) = port else {
        let why = "has no port: expected one behind the host, as in `http://10.0.0.1:8080`";
        return Err(about(url, why));
    };
    let is_decimal = port.bytes().all(|b| b.is_ascii_digit()) && !port.starts_with('0');
    if !is_decimal || port.parse::<u16>().is_err() {
        let port = quoted(port);
        let why = format!("has the port {port}: expected 1 to 65535, without zeros in front");
        return Err(about(url, why));
    }
    Ok(())
}

fn check_path(url: &str, path: &str) -> Result<(), Malformed> {
    let bytes = path.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        let is_fit = match byte {
            b'%' => is_escape(&bytes[at + 1..]),
            _ => is_path_character(byte),
        };
        if !is_fit {
            return Err(in_path(url, byte));
        }
    }
    Ok(())
}

fn is_escape(after: &[u8]) -> bool {
    matches!(after, [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

// RFC 3986 section 3.3: unreserved, sub-delims, `:`, `@`, and what is between segments.
fn is_path_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte)
}

fn in_path(url: &str, byte: u8) -> Malformed {
    let why = match byte {
        b'?' => "has a query: expected the path to be the end".to_owned(),
        b'#' => "has a fragment: expected the path to be the end".to_owned(),
        b'%' => "has a `%` in its path: expected two hexadecimal digits behind it".to_owned(),
        _ => {
            let found = quoted(char::from(byte).encode_utf8(&mut [0; 4]));
            format!("has a {found} in its path: expected it as `%{byte:02X}`")
        }
    };
    about(url, why)
}

#[cfg(test)]
mod tests;
