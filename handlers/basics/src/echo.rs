//! The module `echo`: sends back what came, as it is or described in JSON.

use std::collections::BTreeMap;

use micro_api::serde::Serialize;
use micro_api::{Error, Json, Module, Reply, Request, Value};

/// The module `echo`.
#[must_use]
pub const fn module() -> Module {
    Module::new("echo")
        .version(env!("CARGO_PKG_VERSION"))
        .handler("echo", echo)
        .summary("sends the content back")
        .handler("request", describe)
        .summary("describes the request in JSON")
}

/// The content, with its media type.
fn echo(request: Request) -> Reply {
    let content_type = request
        .header("content-type")
        .unwrap_or("application/octet-stream");
    // What a peer calls its content must not make a browser run it for our site.
    Reply::bytes(content_type.to_owned(), request.body().to_vec())
        .with_header("X-Content-Type-Options", "nosniff")
        .with_header("Content-Security-Policy", "sandbox")
}

#[derive(Serialize)]
#[serde(crate = "micro_api::serde")]
struct Description {
    method: &'static str,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    arguments: BTreeMap<String, Option<Value>>,
    body_bytes: usize,
    peer: String,
    id: String,
}

/// What the request looks like from here. Names that came twice stand there twice, so query and
/// header fields are lists of pairs. An argument that was not given is null.
fn describe(request: Request) -> Result<Json<Description>, Error> {
    let query = request
        .query_pairs()
        .map(|(name, value)| (name.into(), value.into()));
    let headers = request
        .headers()
        .map(|(name, value)| (name.to_owned(), String::from_utf8_lossy(value).into_owned()));
    let names = request.argument_names().enumerate();
    let arguments = names.map(|(position, name)| Ok((name.to_owned(), request.arg(position)?)));
    Ok(Json(Description {
        method: request.method().as_str(),
        path: request.path().to_owned(),
        query: query.collect(),
        headers: headers.collect(),
        arguments: arguments.collect::<Result<_, Error>>()?,
        body_bytes: request.body().len(),
        peer: request.peer().to_string(),
        id: request.id().to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::module;
    use micro_api::{json, testing};

    #[test]
    fn the_content_comes_back_with_its_type() {
        let request = testing::post("/echo")
            .header("Content-Type", "text/x-mine")
            .body("hello");
        let answer = request.call_with(&module(), "echo");
        assert_eq!((answer.status, answer.text()), (200, "hello"));
        assert_eq!(answer.header("content-type"), Some("text/x-mine"));
    }

    #[test]
    fn content_without_a_type_is_bytes() {
        let answer = testing::post("/echo")
            .body([0, 255])
            .call_with(&module(), "echo");
        assert_eq!(answer.body(), [0, 255]);
        assert_eq!(
            answer.header("content-type"),
            Some("application/octet-stream")
        );
    }

    #[test]
    fn a_request_is_described() {
        let request = testing::post("/echo/%41?a=1&a=%C3%A9")
            .header("X-One", "1")
            .header("x-one", b"\xff")
            .arg("0", 7)
            .arg("word", "é")
            .absent("limit")
            .body("12345");
        let answer = request.call_with(&module(), "request");
        let expected = json!({
            "method": "POST",
            "path": "/echo/%41",
            "query": [["a", "1"], ["a", "é"]],
            "headers": [["X-One", "1"], ["x-one", "\u{fffd}"]],
            "arguments": {"0": 7, "word": "é", "limit": null},
            "body_bytes": 5,
            "peer": "127.0.0.1:40000",
            "id": "0000000000000001",
        });
        assert_eq!(answer.json(), expected);
    }
}
