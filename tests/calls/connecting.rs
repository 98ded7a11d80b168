//! Before there is a connection: names, addresses, socket files.

use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixListener;
use std::time::Duration;

use micro_api::CallErrorKind::{Connect, Resolve, Timeout};
use micro_api::join_all;
use socket2::{Domain, SockAddr, Socket, Type};

use crate::caller::{Caller, caller, caller_to};
use crate::scripted::{Scripted, answer};

/// A port that nobody listens on.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it is bound").port()
}

fn to_host(host: &str, port: u16) -> Caller {
    caller(&format!(
        "CONNECTION x http://{host}:{port} timeout=10\nRESOURCE get /get"
    ))
}

fn to_file(path: &std::path::Path, options: &str) -> Caller {
    let path = path.display();
    caller(&format!(
        "CONNECTION x unix://{path} {options}\nRESOURCE get /get"
    ))
}

fn addresses_of_localhost() -> Vec<SocketAddr> {
    let found = ("localhost", 0).to_socket_addrs();
    found.expect("it has an address").collect()
}

#[test]
fn a_name_that_does_not_exist() {
    let mut caller = to_host("nonexistent.invalid", 80);
    let failed = caller
        .get()
        .fails(Resolve, &["cannot resolve `nonexistent.invalid`"]);
    assert!(failed.error.response().is_none());
    // It is asked for again, and again there is an answer.
    caller.get().fails(Resolve, &["nonexistent.invalid"]);
}

#[test]
fn many_ask_for_a_name_at_once() {
    let mut caller = to_host("nonexistent.invalid", 80);
    let get = caller.resource("get");
    let calls = (0..50).map(|_| get.call(()));
    for result in caller.wait(join_all(calls)) {
        assert_eq!(result.expect_err("there is no such name").kind(), Resolve);
    }
}

#[test]
fn a_port_that_nobody_listens_on() {
    let port = closed_port();
    let mut caller = caller_to(port, "timeout=2");
    let failed = caller.get().fails(
        Connect,
        &[&format!("127.0.0.1:{port}"), "Connection refused"],
    );
    failed.at_once();
}

#[test]
fn all_addresses_refuse() {
    let port = closed_port();
    let addresses = addresses_of_localhost().into_iter().map(|mut address| {
        address.set_port(port);
        address.to_string()
    });
    let addresses: Vec<String> = addresses.collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let mut caller = to_host("localhost", port);
    caller.get().fails(Connect, &addresses).at_once();
}

#[test]
fn localhost_listens_at_one_of_its_addresses() {
    for address in addresses_of_localhost() {
        let listener = TcpListener::bind(address).expect("there is a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let _server = Scripted::on(listener, |peer| {
            peer.request();
            peer.send(answer("200 OK", "1"));
        });
        to_host("localhost", port).get().answers("1");
    }
}

#[test]
fn an_address_of_the_other_family() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else {
        return;
    };
    let port = listener.local_addr().expect("it is bound").port();
    let _server = Scripted::on(listener, |peer| {
        peer.request();
        peer.send(answer("200 OK", "1"));
    });
    to_host("[::1]", port).get().answers("1");
}

#[test]
fn a_full_queue_of_a_port() {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("there is a socket");
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    socket.bind(&address.into()).expect("there is a free port");
    socket.listen(0).expect("it listens");
    let address = socket.local_addr().expect("it is bound");
    let address = address.as_socket().expect("it is one of the internet");
    let wait = Duration::from_millis(100);
    let fill = || TcpStream::connect_timeout(&address, wait);
    let waiting: Vec<TcpStream> = std::iter::from_fn(|| fill().ok()).take(100).collect();
    assert!(waiting.len() < 100, "the queue has no end");
    let mut caller = caller_to(address.port(), "timeout=200ms");
    let failed = caller
        .get()
        .fails(Timeout, &["it was silent for 200ms", "connecting to it"]);
    failed.after(200);
}

#[test]
fn the_time_of_a_resource_counts_while_it_connects() {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("there is a socket");
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    socket.bind(&address.into()).expect("there is a free port");
    socket.listen(0).expect("it listens");
    let address = socket.local_addr().expect("it is bound");
    let address = address.as_socket().expect("it is one of the internet");
    let wait = Duration::from_millis(100);
    let fill = || TcpStream::connect_timeout(&address, wait);
    let _waiting: Vec<TcpStream> = std::iter::from_fn(|| fill().ok()).take(100).collect();
    let port = address.port();
    let mut caller = caller(&format!(
        "CONNECTION x http://127.0.0.1:{port} timeout=10\nRESOURCE get /get timeout=150ms"
    ));
    let failed = caller.get().fails(Timeout, &["it was silent for 150ms"]);
    failed.after(150);
}

#[test]
fn a_socket_file_that_is_not_there() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("missing");
    let mut caller = to_file(&path, "timeout=2");
    let shown = path.display().to_string();
    let failed = caller.get().fails(Connect, &[&shown, "No such file"]);
    failed.at_once();
}

#[test]
fn a_file_that_is_no_socket() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("file");
    std::fs::write(&path, "text").expect("there is room");
    let mut caller = to_file(&path, "timeout=2");
    let shown = path.display().to_string();
    caller.get().fails(Connect, &[&shown]).at_once();
}

#[test]
fn a_socket_file_that_nobody_listens_on() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("socket");
    drop(UnixListener::bind(&path).expect("there is room"));
    let mut caller = to_file(&path, "timeout=2");
    let shown = path.display().to_string();
    let failed = caller.get().fails(Connect, &[&shown, "refused"]);
    failed.at_once();
}

/// A listener on a socket file with a short queue.
fn crowded(path: &std::path::Path) -> UnixListener {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).expect("there is a socket");
    let address = SockAddr::unix(path).expect("the path is short");
    socket.bind(&address).expect("there is room");
    socket.listen(1).expect("it listens");
    socket.into()
}

#[test]
fn a_full_queue_of_a_socket_file_is_waited_for() {
    use std::io::{Read, Write};
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("socket");
    let listener = crowded(&path);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("it accepts");
            let mut piece = [0; 4096];
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read(&mut piece) {
                    Ok(count) if count > 0 => head.extend_from_slice(&piece[..count]),
                    _ => break,
                }
            }
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n1");
        }
    });
    let mut caller = to_file(&path, "timeout=15 deadline=20");
    let get = caller.resource("get");
    let calls = (0..200).map(|_| get.call(()));
    for result in caller.wait(join_all(calls)) {
        let response = result.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(response.bytes(), b"1");
    }
}

#[test]
fn a_full_queue_of_a_socket_file_is_not_waited_for_for_ever() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("socket");
    let _listener = crowded(&path);
    let mut caller = to_file(&path, "timeout=200ms");
    let get = caller.resource("get");
    let calls = (0..20).map(|_| get.call(()));
    for result in caller.wait(join_all(calls)) {
        let error = result.expect_err("nobody accepts");
        assert_eq!(error.kind(), Timeout, "{error}");
        assert!(error.message().contains("200ms"), "{error}");
    }
}
