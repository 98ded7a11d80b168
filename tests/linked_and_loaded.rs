//! The module `ping`, linked into the program and built as a library: the plain program answers alike
//! with both.

#[path = "support/library.rs"]
mod library;
#[path = "support/program.rs"]
mod program;
mod support;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use program::{Process, run_command};
use rustix::process::Signal;
use support::Client;

const DEFINITION: &str = "micro/ping.micro";

/// An answer, without what differs from one request to the next.
#[derive(Debug, PartialEq)]
struct Told {
    status: u16,
    headers: Vec<(String, String)>,
    text: String,
}

/// What a service answers to each method.
fn answers(address: SocketAddr) -> Vec<Told> {
    let mut client = Client::to(address);
    let all = ["GET", "HEAD", "OPTIONS", "POST"].map(|method| {
        client.send(format!(
            "{method} /test/ping HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n"
        ));
        let answer = client.answer(method == "HEAD");
        let (id, text) = (answer.header("x-request-id"), answer.text());
        let text = match id {
            Some(id) => text.replace(id, "ID"),
            None => text.to_owned(),
        };
        let headers = answer.headers.iter();
        let headers = headers.filter(|(name, _)| !["date", "x-request-id"].contains(&&**name));
        Told {
            status: answer.status,
            headers: headers.cloned().collect(),
            text,
        }
    });
    all.into()
}

/// What the program answers that gets these arguments, and where it says that the module is.
fn served(arguments: &[&str]) -> (Vec<Told>, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let command = |word: &str| {
        let mut command = program::program();
        command.current_dir(root).args([word, DEFINITION]);
        command.args(arguments);
        command
    };
    let (code, listed, said) = run_command(&mut command("modules"));
    assert_eq!((code, said.as_str()), (0, ""));
    let first = listed.lines().next().unwrap_or_default();
    let origin = first.rsplit("  ").next().unwrap_or_default();

    let mut run = command("run");
    run.env("SERVER_USELESS_PORT", "0")
        .env("SERVER_USELESS_HOST", "127.0.0.1")
        .stdout(Stdio::piped());
    let mut process = Process::start(&mut run);
    let log = process.lines();
    let answers = answers(log.address());
    process.end(Signal::TERM);
    (answers, origin.to_owned())
}

#[test]
fn a_module_answers_alike_linked_and_loaded() {
    let library = library::example("micro-basics", "ping");
    let folder = library.parent().and_then(Path::to_str);
    let folder = folder.expect("the folder is text");
    let (linked, origin) = served(&[]);
    assert_eq!(origin, "linked");
    let (loaded, origin) = served(&["--modules", folder]);
    assert_eq!(Path::new(&origin), library);
    assert_eq!(linked, loaded);

    let statuses: Vec<u16> = linked.iter().map(|told| told.status).collect();
    assert_eq!(statuses, [200, 200, 204, 405]);
    let texts: Vec<&str> = linked.iter().map(|told| told.text.as_str()).collect();
    let refusal = r#"{"error":"Method Not Allowed","id":"ID"}"#;
    assert_eq!(texts, [r#"{"ping":"pong"}"#, "", "", refusal]);
}
