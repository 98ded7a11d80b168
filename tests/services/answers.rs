//! Answers of nginx: how their content is framed and packed, and those that have none.

use flate2::Compression;
use flate2::write::GzEncoder;
use micro_api::CallErrorKind;
use std::io::Write;

use super::caller::Caller;
use super::nginx::Nginx;

const MIB: usize = 1 << 20;

// Files of the folder, each in several ways.
const SERVER: &str = "
    server {
      listen @host:@port;
      root @folder;
      add_header X-Connection $connection always;
      location = /none { return 204; }
      location /packed/ { alias @folder/; gzip on; gzip_types *; gzip_min_length 1; }
      location /static/ { alias @folder/; gzip_static on; }
      location /chunked/ { alias @folder/; ssi on; ssi_types *; }
      location /proxied/ { proxy_pass http://@host:@other/; proxy_buffering on; }
    }
    server {
      listen @host:@other;
      location / { alias @folder/; ssi on; ssi_types *; }
    }";

const RESOURCES: [&str; 8] = [
    "RESOURCE get /{file}",
    "RESOURCE head /{file} HEAD",
    "RESOURCE none /none",
    "RESOURCE packed /packed/{file}",
    "RESOURCE static /static/{file}",
    "RESOURCE chunked /chunked/{file}",
    "RESOURCE proxied /proxied/{file}",
    "RESOURCE unchanged /{file}",
];

/// Text that is not the same everywhere, and can be packed.
fn text(length: usize) -> String {
    let lines = (0..).map(|number: usize| format!("line {number} of many\n"));
    let mut text = String::new();
    lines.take_while(|_| length > 0).find(|line| {
        text += line;
        text.len() >= length
    });
    text.truncate(length);
    text
}

fn nginx(files: &[(&str, &[u8])]) -> Option<(Nginx, Caller)> {
    let nginx = Nginx::with(SERVER, files)?;
    let unchanged = "HEADER If-None-Match default=*";
    let lines: Vec<&str> = RESOURCES.into_iter().chain([unchanged]).collect();
    let caller = Caller::new(&nginx.url(), &lines);
    Some((nginx, caller))
}

/// The connection that an answer came on.
fn connection(answer: &micro_api::Response) -> String {
    answer
        .header("X-Connection")
        .expect("nginx tells")
        .to_owned()
}

#[test]
fn content_of_any_length() {
    let lengths = [0, 1, 100, 16 << 10, (16 << 10) + 1, 200_000];
    for length in lengths {
        let text = text(length);
        let Some((_nginx, mut caller)) = nginx(&[("text", text.as_bytes())]) else {
            return;
        };
        let mut on = None;
        for resource in ["get", "chunked", "packed", "get", "proxied", "packed"] {
            let answer = caller.answer(resource, ("text",));
            assert!(
                answer.text().expect("it is text") == text,
                "{resource}, {length} bytes"
            );
            let connection = connection(&answer);
            assert_eq!(
                *on.get_or_insert(connection.clone()),
                connection,
                "{resource}"
            );
        }
    }
}

#[test]
fn content_that_was_packed_before() {
    let text = text(50_000);
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).expect("memory takes it");
    let packed = packed.finish().expect("memory takes it");
    // Only the packed one is there, so that it cannot be the other that came.
    let Some((_nginx, mut caller)) = nginx(&[("text.gz", &packed)]) else {
        return;
    };
    let answer = caller.answer("static", ("text",));
    assert!(answer.text().expect("it is text") == text);
    assert_eq!(answer.header("Content-Encoding"), None);
    assert_eq!(answer.header("Content-Length"), None);
}

#[test]
fn a_stream_of_nginx() {
    let text = text(300_000);
    let Some((_nginx, mut caller)) = nginx(&[("text", text.as_bytes())]) else {
        return;
    };
    let calls =
        ["get", "chunked", "packed", "proxied"].map(|name| caller.resource(name).call(("text",)));
    for call in calls {
        assert!(caller.pieces(call).concat() == text.as_bytes());
    }
}

#[test]
fn answers_without_content() {
    let Some((_nginx, mut caller)) = nginx(&[("text", b"some text")]) else {
        return;
    };
    let head = caller.answer("head", ("text",));
    assert_eq!((head.status(), head.bytes()), (200, &b""[..]));
    let none = caller.answer("none", ());
    assert_eq!((none.status(), none.bytes()), (204, &b""[..]));
    let unchanged = caller.refusal("unchanged", ("text",));
    assert_eq!((unchanged.status(), unchanged.bytes()), (304, &b""[..]));
    let missing = caller.refusal("head", ("nothing",));
    assert_eq!((missing.status(), missing.bytes()), (404, &b""[..]));
    // Nothing of them is left on the connection.
    let get = caller.answer("get", ("text",));
    assert_eq!(get.text().expect("it is text"), "some text");
    assert_eq!(connection(&head), connection(&get));
}

#[test]
fn a_refusal_has_its_content() {
    let Some((_nginx, mut caller)) = nginx(&[("text", b"some text")]) else {
        return;
    };
    let missing = caller.refusal("get", ("nothing",));
    assert_eq!(missing.status(), 404);
    assert_eq!(missing.header("Content-Type"), Some("text/html"));
    assert!(
        missing
            .text()
            .expect("it is text")
            .contains("404 Not Found")
    );
    let get = caller.answer("get", ("text",));
    assert_eq!(connection(&missing), connection(&get));
}

#[test]
fn eight_mebibytes_of_content() {
    let content = text(8 * MIB);
    let Some((nginx, mut caller)) = nginx(&[("text", content.as_bytes())]) else {
        return;
    };
    for resource in ["get", "packed", "chunked"] {
        let answer = caller.answer(resource, ("text",));
        assert!(answer.bytes() == content.as_bytes(), "{resource}");
    }
    let small = [("http_max_content_length", "8388607")];
    let mut caller = Caller::with(&nginx.url(), &RESOURCES, &small);
    for (resource, sentence) in [
        (
            "get",
            "the answer announces a body of 8388608 bytes, longer than 8388607 bytes",
        ),
        (
            "packed",
            "the body of the answer is longer than 8388607 bytes",
        ),
        (
            "chunked",
            "the body of the answer is longer than 8388607 bytes",
        ),
    ] {
        let failed = caller
            .call(resource, ("text",))
            .expect_err("it is too long");
        assert_eq!(
            (failed.kind(), failed.message()),
            (CallErrorKind::Body, sentence)
        );
    }
}
