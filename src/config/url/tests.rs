//! Tests of URLs.

use super::*;

fn parse(text: &str) -> Url {
    Url::parse(text).unwrap_or_else(|sentence| panic!("{text}: {sentence}"))
}

#[test]
fn the_parts_of_a_url() {
    let url = parse("https://me:p%40ss@example.org:8443/api/v1/?a=b&c");
    assert_eq!(url.scheme(), Scheme::Https);
    assert_eq!((url.host(), url.port()), ("example.org", 8443));
    assert_eq!(url.authority(), "example.org:8443");
    assert_eq!((url.path(), url.query()), ("/api/v1", Some("a=b&c")));
    assert_eq!(url.credentials(), Some(("me", "p@ss")));
    assert_eq!(url.origin(), "https://example.org:8443");
    assert_eq!(url.socket(), None);
}

#[test]
fn what_is_left_out_has_its_default() {
    let url = parse("http://[::1]");
    assert_eq!((url.host(), url.port()), ("::1", 80));
    assert_eq!(url.authority(), "[::1]");
    assert_eq!(
        (url.path(), url.query(), url.credentials()),
        ("", None, None)
    );
    assert_eq!(parse("https://[0:0::1]:443/").origin(), "https://[::1]");
    assert_eq!(parse("http://[::1]:81").authority(), "[::1]:81");
    assert_eq!(parse("http://h:443").authority(), "h:443");
    assert_eq!(parse("http://u@h").credentials(), Some(("u", "")));
    assert_eq!(parse("http://h?").query(), None);
}

#[test]
fn a_socket_is_a_path() {
    let url = parse("unix:///run/docker.sock");
    assert_eq!(url.socket(), Some(Path::new("/run/docker.sock")));
    assert_eq!((url.authority(), url.port()), ("localhost", 0));
    assert_eq!(url.origin(), "unix:///run/docker.sock");
    let longest = format!("unix:///{}", "s".repeat(SOCKET_BYTES_MAX - 1));
    assert!(Url::parse(&longest).is_ok());
    assert!(Url::parse(&(longest + "s")).is_err());
}

#[test]
fn passwords_are_never_shown() {
    let url = parse("http://me:hunter2@h/p?token=hunter2&a=b");
    assert_eq!(url.to_string(), "http://me:***@h/p?token=***&a=b");
    assert_eq!(format!("{url:?}"), "Url(http://me:***@h/p?token=***&a=b)");
    for text in [
        "http://me:hunter2%@h",
        "http://hunter2:hunter2@h:0",
        "http://me:hunter2@h#",
    ] {
        let sentence = Url::parse(text).expect_err(text);
        assert!(!sentence.contains("hunter2"), "{sentence}");
    }
}

#[test]
fn what_is_no_url_is_refused() {
    for text in [
        "",
        "a",
        "http://",
        "http:///x",
        "http://?a",
        "ftp://a",
        "HTTP://a",
        "http://a:b",
        "http://a:0",
        "http://a:65536",
        "http://a:",
        "http://a:+1",
        "http://a b",
        "http://a\t",
        "http://[::1",
        "http://[::g]",
        "http://[::1]x",
        "http://::1",
        "http://a..b",
        "http://.a",
        "http://a/#b",
        "http://a/%",
        "http://a/%g0",
        "http://a?%2",
        "http://u:%@a",
        "http://%41",
        "http://u%3a:p@a",
        "http://u:%0a@a",
        "http://u:%ff@a",
        "http://256.1.1.1",
        "http://127.1",
        "http://1",
        "http://0x7f.1",
        "http://0x7f000001",
        "http://0X7F000001",
        "http://é",
        "http://a,b",
        "unix://",
        "unix://s",
        "unix:///",
        "unix:///s/",
    ] {
        assert!(Url::parse(text).is_err(), "{text}");
    }
    let label = "a".repeat(LABEL_BYTES_MAX);
    assert!(Url::parse(&format!("http://{label}")).is_ok());
    assert!(Url::parse(&format!("http://{label}a")).is_err());
    let name = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    assert!(Url::parse(&format!("http://{name}")).is_ok());
    assert!(Url::parse(&format!("http://{name}a")).is_err());
}

#[test]
fn paths_and_queries_are_joined() {
    for (url, path, target) in [
        ("http://h", "", "/"),
        ("http://h/", "/a", "/a"),
        ("http://h", "a", "/a"),
        ("http://h/v1/", "/a?b=c", "/v1/a?b=c"),
        ("http://h/v1?x=y", "/a?b=c", "/v1/a?x=y&b=c"),
        ("http://h/v1?x=y", "", "/v1?x=y"),
        ("http://h", "?b=c", "/?b=c"),
        ("http://h/v1", "?b=c", "/v1?b=c"),
        ("http://h/é", "/a?", "/%C3%A9/a"),
        ("unix:///s", "/containers/json", "/containers/json"),
    ] {
        assert_eq!(parse(url).join(path), target, "{url} {path}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(http|https|unix)://\\PC{0,30}") {
        if let Ok(url) = Url::parse(&text) {
            proptest::prop_assert!(url.socket().is_some() || url.port() > 0);
            proptest::prop_assert!(url.join("/x").starts_with('/'));
        }
    }
}
