//! A request to a service that may go away at any time, and its answer.

use std::io::{Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::waiting::PATIENCE;
use crate::support::Answer;

/// `tsuru:open-sesame!`, as it is sent.
pub(super) const LOGIN: &str = "Basic dHN1cnU6b3Blbi1zZXNhbWUh";

/// The answer of a service that may go away, on a connection for it alone.
pub(super) fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    content: &str,
) -> std::io::Result<Answer> {
    let login = [("Authorization", LOGIN)];
    ask(address, method, path, &login, content)
}

/// The same, with these header fields.
pub(super) fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    content: &str,
) -> std::io::Result<Answer> {
    let kind = match content.starts_with('{') {
        true => "application/json",
        false => "application/x-www-form-urlencoded",
    };
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    let has_kind = headers.iter().any(|(name, _)| *name == "Content-Type");
    if !content.is_empty() && !has_kind {
        request += &format!("Content-Type: {kind}\r\n");
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("Content-Length: {}\r\n\r\n{content}", content.len());
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut told = Vec::new();
    stream.read_to_end(&mut told)?;
    parse(&told).ok_or_else(|| Error::from(ErrorKind::UnexpectedEof))
}

/// An answer with all that belongs to it.
fn parse(told: &[u8]) -> Option<Answer> {
    let end = told.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&told[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let pair = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_ascii_lowercase(), value.to_owned()))
    };
    let answer = Answer {
        status,
        headers: lines.filter_map(pair).collect(),
        body: told[end + 4..].to_vec(),
    };
    let length = answer.header("content-length").unwrap_or("0").to_owned();
    (length == answer.body.len().to_string()).then_some(answer)
}
