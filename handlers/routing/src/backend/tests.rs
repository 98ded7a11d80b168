use proptest::prelude::*;

use super::check;

const BYTES_MAX: usize = 100;

#[track_caller]
fn refusal(url: &str) -> String {
    check(url, BYTES_MAX).expect_err(url).to_string()
}

#[test]
fn urls_of_backends() {
    let urls = [
        "http://10.0.0.1:8080",
        "https://10.0.0.1:8443/",
        "http://host:1",
        "http://HOST.example:65535/a/b",
        "http://my_container-1:80",
        "http://_a:80",
        "http://1a:80",
        "http://1.a:80",
        "http://[::1]:80",
        "http://[2001:DB8::1]:80/x",
        "http://[::ffff:192.0.2.1]:80",
        "http://[1:2:3:4:5:6:7::]:80",
        "http://h:80//a//",
        "http://h:80/a%20b%2f%FF",
        "http://h:80/-._~!$&'()*+,;=:@",
        "http://h:80/../.",
    ];
    for url in urls {
        assert_eq!(check(url, BYTES_MAX), Ok(()), "{url}");
    }
}

#[test]
fn refusals_say_what_was_found_and_what_was_expected() {
    let cases = [
        (
            "10.0.0.1:80",
            "has no scheme: expected a URL such as `http://10.0.0.1:8080`",
        ),
        (
            "HTTP://h:80",
            "has the scheme `HTTP`: expected `http` or `https`, in lower case",
        ),
        (
            "http://h",
            "has no port: expected one behind the host, as in `http://10.0.0.1:8080`",
        ),
        (
            "http://h:080",
            "has the port `080`: expected 1 to 65535, without zeros in front",
        ),
        (
            "http://u:p@h:80",
            "has user information: expected the host behind `//`",
        ),
        (
            "http://h:80/?a=b",
            "has a query: expected the path to be the end",
        ),
        (
            "http://h:80#a",
            "has a fragment: expected the path to be the end",
        ),
        (
            "http://h:80/%2",
            "has a `%` in its path: expected two hexadecimal digits behind it",
        ),
        (
            "http://h:80/{a}",
            "has a `{` in its path: expected it as `%7B`",
        ),
        (
            "http://-a:80",
            "has the host `-a`: expected a name, an IPv4 address, or `[IPv6]`",
        ),
        (
            "http://[::x]:80",
            "has the host `::x` in brackets: expected an IPv6 address",
        ),
        (
            "http://h:80/ü",
            "has a `ü`: expected visible ASCII characters, others as %XX",
        ),
    ];
    for (url, message) in cases {
        assert_eq!(refusal(url), format!("the backend `{url}` {message}"));
    }
}

#[test]
fn each_kind_of_mistake_is_named() {
    let cases = [
        (
            "has no scheme",
            &["", "http", "http:", "http:/h:80", "//h:80", "h"][..],
        ),
        (
            "has the scheme",
            &[
                "ftp://h:80",
                "Https://h:80",
                "://h:80",
                "unix:///s",
                "xhttp://h:1",
            ],
        ),
        (
            "has no port",
            &[
                "http://h/",
                "http://[::1]",
                "http://[::1]/a",
                "http://[::1]80",
            ],
        ),
        (
            "has the port",
            &[
                "http://h:",
                "http://h:0",
                "http://h:65536",
                "http://h:99999999999999999999",
                "http://h:+1",
                "http://h:-1",
                "http://h:8o",
                "http://h:80:80",
                "http://h:0x50",
                "http://h:/",
                "http://[::1]:",
            ],
        ),
        (
            "has the host",
            &[
                "http://:80",
                "http://.:80",
                "http://a.:80",
                "http://.a:80",
                "http://a..b:80",
                "http://a-:80",
                "http://1.2.3:80",
                "http://1.2.3.256:80",
                "http://01.2.3.4:80",
                "http://12345:80",
                "http://a.1:80",
                "http://$a:80",
                "http://a'b:80",
                "http://a;b:80",
                "http://a%20:80",
                "http://*.a:80",
                "http://::1:80",
                "http://[]:80",
                "http://[:80",
                "http://[::1%25eth0]:80",
                "http://[1::2::3]:80",
                "http://[1.2.3.4]:80",
                "http://a\\b:80",
            ],
        ),
        (
            "has user information",
            &["http://@h:80", "http://h:80@", "http://[::1]@h:80"],
        ),
        ("has a query", &["http://h:80?", "http://h:80/a?b"]),
        ("has a fragment", &["http://h:80/#", "http://h:80#"]),
        (
            "has a `%`",
            &["http://h:80/%", "http://h:80/%2g", "http://h:80/a%%20"],
        ),
        (
            "in its path",
            &[
                "http://h:80/\"",
                "http://h:80/}",
                "http://h:80/\\",
                "http://h:80/[",
                "http://h:80/a|",
                "http://h:80/^`<>",
            ],
        ),
        (
            "expected visible ASCII",
            &[
                "http://h:80/ ",
                " http://h:80",
                "http://h:80\r\n",
                "http://h\0:80",
                "http://bücher:80",
                "http://h:80/\u{7f}",
            ],
        ),
    ];
    for (part, urls) in cases {
        for url in urls {
            let message = refusal(url);
            assert!(message.contains(part), "{url}: {message}");
        }
    }
}

#[test]
fn a_url_has_at_most_so_many_bytes() {
    let url = |length: usize| format!("{:a<length$}", "http://h:80/");
    for length in [99, 100] {
        assert_eq!(check(&url(length), 100), Ok(()));
    }
    let message = refusal(&url(101));
    assert!(
        message.ends_with("is 101 bytes long: expected at most 100"),
        "{message}"
    );
}

#[test]
fn a_label_has_at_most_63_bytes_and_a_name_253() {
    let of_label = |length: usize| format!("http://{:a<length$}:80", "");
    assert_eq!(check(&of_label(63), 300), Ok(()));
    assert!(check(&of_label(64), 300).is_err());
    let of_name = |length: usize| format!("http://{:b<length$}:80", "a.".repeat(126));
    assert_eq!(check(&of_name(253), 300), Ok(()));
    let message = check(&of_name(254), 300).expect_err("too long").to_string();
    assert!(
        message.ends_with("has a host of 254 bytes: expected at most 253"),
        "{message}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_accepted_has_nothing_that_ends_a_word_of_nginx(
        url in prop_oneof![any::<String>(), "https?://[ -~]{0,30}", "https?://[a-z0-9.]{1,9}:80/[ -~]{0,30}"],
    ) {
        if check(&url, BYTES_MAX).is_ok() {
            let is_fit = |b: u8| b.is_ascii_graphic() && !b"\"{}\\<>^`|?#".contains(&b);
            prop_assert!(url.bytes().all(is_fit));
        }
    }
}
