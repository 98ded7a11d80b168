//! What a backend gets of a request, and the client of its answer.

use std::io::{BufRead, Read, Write};
use std::sync::Mutex;
use std::sync::mpsc;

use super::backend::{Backend, answer};
use super::certificates::Authority;
use super::daemon;
use super::gateway::{Gateway, route};
use super::name_server;
use super::nginx::Nginx;

#[test]
fn the_path_is_passed_on_as_it_was_sent() {
    let Some((redis, gateway)) = Gateway::start() else {
        return;
    };
    let backend = Backend::echo();
    let sent = "/a%2Fb//c/./%2e%2E/d;e?x=%20&y=a+b&z=?/%00";
    for (after, path, expected) in [
        ("", sent, sent.to_owned()),
        ("/", sent, sent.to_owned()),
        ("/base", sent, format!("/base{sent}")),
        ("/base/", sent, format!("/base{sent}")),
        ("/base%20/x//", sent, format!("/base%20/x/{sent}")),
        ("", "/", "/".to_owned()),
        ("/base", "/?", "/base/?".to_owned()),
        ("/base", "http://example.org?x=1", "/base/?x=1".to_owned()),
        ("", "http://example.org", "/".to_owned()),
    ] {
        route(
            &redis,
            "example.org",
            &[&format!("{}{after}", backend.url())],
        );
        let request = format!("GET {path} HTTP/1.1\r\nHost: example.org\r\n\r\n");
        assert_eq!(gateway.request(&request).status, 200, "{after} {path}");
        assert_eq!(backend.last().line(), format!("GET {expected} HTTP/1.1"));
    }
}

#[test]
fn a_backend_is_told_what_nginx_has_seen() {
    let Some((redis, gateway)) = Gateway::start() else {
        return;
    };
    let backend = Backend::echo();
    route(&redis, "example.org", &[&backend.url()]);
    let host = format!("Example.ORG:{}", gateway.port());
    let answer = gateway.request(&format!(
        "GET / HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: 192.0.2.1\r\nx-forwarded-for: 192.0.2.2\r\n\
         X-FORWARDED-PROTO: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: 1\r\n\
         X-Forwarded-Prefix: /evil\r\nX-Forwarded-User: root\r\nForwarded: for=192.0.2.1\r\n\
         X-Real-IP: 192.0.2.1\r\nX-Other: kept\r\nConnection: X-Other, keep-alive\r\n\
         Upgrade: h2c\r\n\r\n"
    ));
    assert_eq!(answer.status, 200);
    let asked = backend.last();
    let port = gateway.port().to_string();
    for (name, values) in [
        ("host", &[&*host][..]),
        ("x-real-ip", &["127.0.0.1"]),
        ("x-forwarded-for", &["127.0.0.1"]),
        ("x-forwarded-proto", &["http"]),
        ("x-forwarded-host", &[&host]),
        ("x-forwarded-port", &[&port]),
        ("x-forwarded-prefix", &[]),
        ("x-forwarded-user", &[]),
        ("forwarded", &[]),
        ("x-other", &["kept"]),
        ("connection", &["close"]),
        ("upgrade", &[]),
    ] {
        assert_eq!(asked.header(name), values, "{name}");
    }
    assert!(!asked.head.contains("evil"), "{}", asked.head);
}

#[test]
fn a_websocket_is_passed_through() {
    let Some((redis, gateway)) = Gateway::start() else {
        return;
    };
    let backend = Backend::serving(|asked, stream| {
        assert_eq!(asked.header("upgrade"), ["websocket"]);
        assert_eq!(asked.header("connection"), ["upgrade"]);
        assert_eq!(asked.header("sec-websocket-key"), ["abc"]);
        let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
                    Connection: Upgrade\r\n\r\nhello\n";
        stream.get_mut().write_all(head.as_bytes())?;
        let mut line = String::new();
        while stream.read_line(&mut line)? > 0 {
            stream.get_mut().write_all(line.to_uppercase().as_bytes())?;
            line.clear();
        }
        stream.get_mut().write_all(b"bye")
    });
    route(&redis, "example.org", &[&backend.url()]);
    let mut client = gateway.connect();
    client.send(
        "GET /chat HTTP/1.1\r\nHost: example.org\r\nUpgrade: WebSocket\r\n\
         Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: abc\r\n\r\n",
    );
    // It has no content, as an answer to HEAD.
    let answer = client.answer(true);
    assert_eq!(
        (answer.status, answer.header("upgrade")),
        (101, Some("websocket"))
    );
    let mut line = String::new();
    for (said, heard) in [("", "hello\n"), ("one\n", "ONE\n"), ("two\n", "TWO\n")] {
        client.send(said);
        line.clear();
        client.stream.read_line(&mut line).expect("a line comes");
        assert_eq!(line, heard);
    }
}

#[test]
fn an_answer_comes_while_it_is_made() {
    let Some((redis, gateway)) = Gateway::start() else {
        return;
    };
    let (go, wait) = mpsc::channel();
    let wait = Mutex::new(wait);
    let backend = Backend::serving(move |_, stream| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n";
        stream.get_mut().write_all(head.as_bytes())?;
        let _ = wait
            .lock()
            .expect("nobody panics")
            .recv_timeout(daemon::DEADLINE);
        stream.get_mut().write_all(b"data: 2\n\n")
    });
    route(&redis, "example.org", &[&backend.url()]);
    let mut client = gateway.connect();
    client.send("GET / HTTP/1.0\r\nHost: example.org\r\n\r\n");
    assert_eq!(client.answer(true).status, 200);
    let mut event = [0; 9];
    client
        .stream
        .read_exact(&mut event)
        .expect("an event comes");
    assert_eq!(&event, b"data: 1\n\n");
    go.send(()).expect("the backend waits");
    client
        .stream
        .read_exact(&mut event)
        .expect("an event comes");
    assert_eq!(&event, b"data: 2\n\n");
}

#[test]
fn large_bodies_go_both_ways() {
    let Some((redis, gateway)) = Gateway::start() else {
        return;
    };
    let backend = Backend::echo();
    route(&redis, "example.org", &[&backend.url()]);
    let body: Vec<u8> = (0..5_000_000_u32)
        .map(|number| number.to_le_bytes()[1])
        .collect();
    let answer = gateway.post("example.org", &body);
    assert_eq!(answer.status, 200);
    assert!(answer.body.ends_with(&body));
}

#[test]
fn a_body_beyond_the_limit_is_refused() {
    let changes = [("client_max_body_size 100m;", "client_max_body_size 1k;")];
    let Some((redis, gateway)) = Gateway::with(&changes) else {
        return;
    };
    let backend = Backend::echo();
    route(&redis, "example.org", &[&backend.url()]);
    assert_eq!(gateway.post("example.org", &[b'x'; 1024]).status, 200);
    assert_eq!(gateway.post("example.org", &[b'x'; 1025]).status, 413);
}

#[test]
fn a_backend_that_is_not_reached_is_replaced_by_another() {
    let settings = [(
        "resolver 127.0.0.53;",
        &*format!("resolver {};", name_server::start()),
    )];
    let Some((redis, gateway)) = Gateway::with(&settings) else {
        return;
    };
    let nobody = format!("http://127.0.0.1:{}", daemon::port());
    let backend = Backend::echo();
    let urls = [
        &*nobody,
        "http://gone.test:80",
        "https://gone.too:443",
        &backend.url(),
    ];
    route(&redis, "example.org", &urls);
    // Into a file goes what is longer than 64 KiB.
    for length in [0, 1, 1000, 200_000] {
        let body: Vec<u8> = (0..length)
            .map(|number: u32| number.to_le_bytes()[0])
            .collect();
        for _ in 0..10 {
            let answer = gateway.post("example.org", &body);
            assert_eq!(answer.status, 200);
            assert_eq!(backend.last().line(), "POST / HTTP/1.1");
            assert!(backend.last().body == body, "{length}");
        }
    }
    let log = gateway.log();
    assert!(log.contains("Connection refused"), "{log}");
    assert!(log.contains("gone.test could not be resolved"), "{log}");
}

#[test]
fn what_a_backend_may_have_done_is_not_done_by_another() {
    let Some((redis, gateway)) = Gateway::start() else {
        return;
    };
    let (silent, backend) = (Backend::answering(|_| Vec::new()), Backend::named("one"));
    let nobody = format!("http://127.0.0.1:{}", daemon::port());
    route(
        &redis,
        "example.org",
        &[&nobody, &silent.url(), &backend.url()],
    );
    let (mut failed, mut succeeded) = (0, 0);
    daemon::wait_for("each backend to be asked", || {
        match gateway.status("example.org") {
            502 => failed += 1,
            200 => succeeded += 1,
            status => panic!("{status}"),
        }
        failed > 5 && succeeded > 5
    });
    assert_eq!((silent.count(), backend.count()), (failed, succeeded));
}

#[test]
fn a_backend_that_does_not_answer_in_time_is_a_504() {
    let changes = [("proxy_read_timeout 60s;", "proxy_read_timeout 300ms;")];
    let Some((redis, gateway)) = Gateway::with(&changes) else {
        return;
    };
    // Until nginx ends the connection.
    let backend = Backend::serving(|_, stream| stream.read_to_end(&mut Vec::new()).map(drop));
    route(&redis, "example.org", &[&backend.url()]);
    let page = gateway.get("example.org");
    assert_eq!(page.status, 504);
    assert!(
        page.text().contains("<h1>The site takes too long</h1>"),
        "{page:?}"
    );
    assert_eq!(backend.count(), 1);
}

#[test]
fn the_pages_of_a_backend_are_its_own() {
    let Some((redis, gateway)) = Gateway::start() else {
        return;
    };
    for status in ["400", "404", "502", "503", "504"] {
        let backend = Backend::answering(move |_| {
            let ok = String::from_utf8(answer(b"my own")).expect("it is text");
            ok.replace("200", status).into_bytes()
        });
        route(&redis, "example.org", &[&backend.url()]);
        let (found, text) = gateway.told("example.org");
        assert_eq!((found.to_string(), &*text), (status.to_owned(), "my own"));
    }
}

#[test]
fn a_backend_does_not_steer_nginx() {
    let Some((redis, gateway)) = Gateway::start() else {
        return;
    };
    let backend = Backend::answering(|_| {
        let steers = "HTTP/1.1 200 OK\r\nX-Accel-Redirect: //400\r\nX-Accel-Limit-Rate: 1\r\n";
        [steers.as_bytes(), b"Content-Length: 4\r\n\r\nmine"].concat()
    });
    route(&redis, "example.org", &[&backend.url()]);
    assert_eq!(gateway.told("example.org"), (200, "mine".to_owned()));
}

#[test]
fn backends_may_have_names_and_speak_tls() {
    let settings = [(
        "resolver 127.0.0.53;",
        &*format!("resolver {};", name_server::start()),
    )];
    let Some((redis, gateway)) = Gateway::with(&settings) else {
        return;
    };
    let backend = Backend::echo();
    route(&redis, "example.org", &[&backend.url_at("backend.test")]);
    assert_eq!(gateway.status("example.org"), 200);
    assert_eq!(backend.last().header("host"), ["example.org"]);
    let certified = Authority::new("ours").certify("backend.test");
    let server = "server {
      listen @host:@port ssl;
      ssl_certificate @folder/cert;
      ssl_certificate_key @folder/key;
      location / { return 200 '$ssl_server_name $host $request_uri'; }
    }";
    let files = [
        ("cert", certified.certificate.as_bytes()),
        ("key", certified.key.as_bytes()),
    ];
    let encrypted = Nginx::with(server, &files).expect("it is there");
    let url = format!("https://backend.test:{}/base", encrypted.port());
    route(&redis, "example.org", &[&url]);
    let expected = (200, "backend.test example.org /base/".to_owned());
    assert_eq!(gateway.told("example.org"), expected);
}
