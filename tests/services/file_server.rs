//! Python's `http.server`: HTTP/1.0, whose answers may end with the connection, and HTTP/1.1.

use micro_api::json;

use super::caller::Caller;
use super::python::Python;

const RESOURCES: [&str; 5] = [
    "RESOURCE list /",
    "RESOURCE get /{file}",
    "RESOURCE head /{file} HEAD",
    "RESOURCE post /{file} POST",
    "OPTIONAL color default=red",
];

fn is_served(version: &str) {
    let folder = super::program::folder(&[("some text", "text\n"), ("empty", "")]);
    let big: Vec<u8> = (0..3_000_000_u32)
        .map(|number| number.to_le_bytes()[1])
        .collect();
    std::fs::write(folder.path().join("big"), &big).expect("a file can be written");
    let Some(python) = Python::start(version, folder.path()) else {
        return;
    };
    let mut caller = Caller::new(&python.url, &RESOURCES);
    for _ in 0..3 {
        let list = caller.text("list");
        assert!(
            list.contains(r#"<a href="some%20text">some text</a>"#),
            "{list}"
        );
        assert_eq!(caller.answer("get", ("some text",)).bytes(), b"text\n");
        assert_eq!(caller.answer("get", ("empty",)).bytes(), b"");
        let head = caller.answer("head", ("big",));
        assert_eq!((head.status(), head.bytes()), (200, &b""[..]));
        assert!(caller.answer("get", ("big",)).bytes() == big);
        let endless = caller.answer("get", ("endless",));
        assert!(endless.bytes() == b"endless ".repeat(100_000));
        let refused = caller.refusal("post", json!({"file": "empty"}));
        assert_eq!(refused.status(), 501);
        let told = refused.text().expect("it is text");
        assert!(told.contains("Unsupported method ('POST')"), "{told}");
        let missing = caller.refusal("get", ("nothing",));
        assert_eq!(missing.status(), 404);
        assert!(
            missing
                .text()
                .expect("it is text")
                .contains("File not found")
        );
        assert_eq!(caller.refusal("head", ("nothing",)).bytes(), b"");
    }
}

#[test]
fn pythons_server_with_http_1_0() {
    is_served("HTTP/1.0");
}

#[test]
fn pythons_server_with_http_1_1() {
    is_served("HTTP/1.1");
}

#[test]
fn a_stream_that_ends_with_the_connection() {
    let folder = super::program::folder(&[]);
    for version in ["HTTP/1.0", "HTTP/1.1"] {
        let Some(python) = Python::start(version, folder.path()) else {
            return;
        };
        let mut caller = Caller::new(&python.url, &RESOURCES);
        let call = caller.resource("get").call(("endless",));
        assert!(
            caller.pieces(call).concat() == b"endless ".repeat(100_000),
            "{version}"
        );
    }
}
