//! nginx goes by what Redis says of a host, at once.

use super::backend::Backend;
use super::daemon::wait_for;
use super::gateway::{Gateway, route};

#[test]
fn a_route_is_obeyed_at_once() {
    let Some((redis, gateway)) = Gateway::start() else {
        return;
    };
    let (one, two) = (Backend::named("one"), Backend::named("two"));
    for _ in 0..20 {
        assert_eq!(gateway.status("example.org"), 404);
        route(&redis, "example.org", &[&one.url()]);
        assert_eq!(gateway.told("example.org"), (200, "one".to_owned()));
        route(&redis, "example.org", &[&two.url()]);
        assert_eq!(gateway.told("example.org"), (200, "two".to_owned()));
        redis.command(&["DEL", "frontend:example.org"]);
    }
    assert_eq!(gateway.log(), "");
}

#[test]
fn every_backend_gets_its_share() {
    let Some((redis, gateway)) = Gateway::start() else {
        return;
    };
    let backends = ["one", "two", "three"].map(Backend::named);
    let urls = [0, 1, 2].map(|place| backends[place].url());
    route(&redis, "example.org", &[&urls[0], &urls[1], &urls[2]]);
    wait_for("each backend to be asked", || {
        assert_eq!(gateway.status("example.org"), 200);
        backends.iter().all(|backend| backend.count() > 2)
    });
}

#[test]
fn each_nginx_draws_by_itself() {
    let Some((redis, gateway)) = Gateway::start() else {
        return;
    };
    let backends = ["one", "two"].map(Backend::named);
    route(
        &redis,
        "example.org",
        &[&backends[0].url(), &backends[1].url()],
    );
    let draw = |gateway: &Gateway| [(); 40].map(|()| gateway.told("example.org").1);
    let other = Gateway::before(&redis, &[]).expect("it is there");
    assert_ne!(draw(&gateway), draw(&other));
}

#[test]
fn the_exact_name_goes_first_and_then_the_longest_wildcard() {
    let Some((redis, gateway)) = Gateway::start() else {
        return;
    };
    let domains = [
        "b.example.org",
        "*.b.example.org",
        "*.example.org",
        "example.org",
    ];
    let backends = domains.map(Backend::named);
    for (domain, backend) in domains.iter().zip(&backends) {
        route(&redis, domain, &[&backend.url()]);
    }
    for (host, domain) in [
        ("b.example.org", "b.example.org"),
        ("a.b.example.org", "*.b.example.org"),
        ("z.a.b.example.org", "*.b.example.org"),
        ("a.example.org", "*.example.org"),
        ("a_1.ab.example.org", "*.example.org"),
        ("example.org", "example.org"),
    ] {
        assert_eq!(gateway.told(host), (200, domain.to_owned()), "{host}");
    }
    for host in ["org", "xexample.org", "example.org.net", "b.example"] {
        assert_eq!(gateway.status(host), 404, "{host}");
    }
    redis.command(&["DEL", "frontend:b.example.org", "frontend:*.b.example.org"]);
    for host in ["b.example.org", "a.b.example.org"] {
        assert_eq!(gateway.told(host), (200, "*.example.org".to_owned()));
    }
}

#[test]
fn hosts_are_read_in_every_spelling() {
    let Some((redis, gateway)) = Gateway::start() else {
        return;
    };
    let label = "a".repeat(63);
    let longest = [&*label, &label, &label, &"a".repeat(61)].join(".");
    let backend = Backend::named("here");
    for domain in [
        "example.org",
        "127.0.0.1",
        "xn--bcher-kva.example",
        &longest,
    ] {
        route(&redis, domain, &[&backend.url()]);
    }
    redis.command(&["SADD", "frontend:*.org", &backend.url()]);
    let too_long = format!("{longest}a");
    let long_label = format!("a{label}.org");
    for (host, status) in [
        ("example.org", 200),
        ("EXAMPLE.org.:8080", 200),
        ("example.org.", 200),
        ("example.org:", 200),
        ("127.0.0.1:80", 200),
        ("XN--Bcher-KVA.example", 200),
        (&*longest, 200),
        ("other.example", 404),
        ("", 400),
        (".", 400),
        (":80", 400),
        ("example.org..", 400),
        (".example.org", 400),
        ("example..org", 400),
        ("example.org:http", 400),
        ("example.org:80:80", 400),
        ("*.org", 400),
        ("example.org/x", 400),
        ("exam ple.org", 400),
        ("exämple.org", 400),
        ("user@example.org", 400),
        ("example.org, example.net", 400),
        ("[::1]:80", 400),
        (&too_long, 400),
        (&long_label, 400),
    ] {
        assert_eq!(gateway.status(host), status, "{host}");
    }
    let of = |request: &str| gateway.request(request).status;
    assert_eq!(of("GET / HTTP/1.0\r\n\r\n"), 400);
    assert_eq!(of("GET / HTTP/1.1\r\n\r\n"), 400);
    assert_eq!(of("GET / HTTP/1.0\r\nHost: example.org\r\n\r\n"), 200);
    let twice = "GET / HTTP/1.1\r\nHost: example.org\r\nHost: example.net\r\n\r\n";
    assert_eq!(of(twice), 400);
    let whole = "GET http://example.org/ HTTP/1.1\r\nHost: EXAMPLE.org\r\n\r\n";
    assert_eq!(of(whole), 200);
    let other = "GET http://example.org/ HTTP/1.1\r\nHost: example.net\r\n\r\n";
    assert_eq!(of(other), 400);
}

#[test]
fn pages_are_whole_and_leave_connections_in_order() {
    let Some((redis, gateway)) = Gateway::start() else {
        return;
    };
    let nobody = format!("http://127.0.0.1:{}", super::daemon::port());
    route(&redis, "nobody.org", &[&nobody]);
    for (host, status, title) in [
        ("*", 400, "Bad request"),
        ("unknown.org", 404, "No such site"),
        ("nobody.org", 502, "The site does not answer"),
    ] {
        let page = gateway.get(host);
        let start = format!("<!doctype html>\n<title>{title}</title>\n<h1>{title}</h1>\n<p>");
        assert!(page.text().starts_with(&start), "{page:?}");
        assert_eq!(
            (page.status, page.header("content-type")),
            (status, Some("text/html"))
        );
        let head = gateway.request(&format!("HEAD / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(head.status, status);
        assert_eq!(head.header("content-length"), page.header("content-length"));
        if status != 400 {
            let mut client = gateway.connect();
            for _ in 0..2 {
                // A body that nobody reads is not the next request.
                client.send(format!(
                    "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 28\r\n\r\n\
                     GET /x HTTP/1.1\r\nHost: x\r\n\r\n"
                ));
                assert_eq!(client.answer(false).status, status);
            }
        }
    }
    let page = gateway.request("NONSENSE\r\n\r\n");
    assert_eq!(page.status, 400);
    assert!(page.text().contains("<h1>Bad request</h1>"), "{page:?}");
}

#[test]
fn a_key_of_another_type_is_no_route() {
    let Some((redis, gateway)) = Gateway::start() else {
        return;
    };
    let (one, other) = (Backend::named("one"), Backend::named("other"));
    route(&redis, "example.org", &[&one.url()]);
    route(&redis, "*.org", &[&other.url()]);
    assert_eq!(gateway.status("example.org"), 200);
    redis.command(&["DEL", "frontend:example.org"]);
    redis.command(&["RPUSH", "frontend:example.org", &one.url()]);
    assert_eq!(gateway.status("example.org"), 404);
    let log = gateway.log();
    let told = "`frontend:example.org` is of another type, instead of a set of URLs";
    assert!(log.contains(told), "{log}");
    // Others are served, and Redis does not count as down.
    assert_eq!(gateway.told("b.org"), (200, "other".to_owned()));
    assert!(!log.contains("Redis does not say"), "{log}");
    route(&redis, "example.org", &[&one.url()]);
    assert_eq!(gateway.told("example.org"), (200, "one".to_owned()));
}

#[test]
fn members_that_are_no_urls_are_left_out() {
    let Some((redis, gateway)) = Gateway::start() else {
        return;
    };
    let backend = Backend::named("one");
    // The word may be written so, too (RFC 3986, 3.1).
    let url = backend.url().replace("http", "HTTP");
    let wrong = [
        "",
        "one",
        "ftp://127.0.0.1:21",
        "http://",
        "http://a b:80",
        "http://h:80/?x",
    ];
    route(&redis, "example.org", &[&wrong[..], &[&url]].concat());
    for _ in 0..20 {
        assert_eq!(gateway.told("example.org"), (200, "one".to_owned()));
    }
    let log = gateway.log();
    for url in wrong {
        let told = format!("has `{url}` instead of a URL http(s)://host:port[/path]");
        assert!(log.contains(&told), "{url}: {log}");
    }
    route(&redis, "example.org", &wrong);
    assert_eq!(gateway.status("example.org"), 502);
}
