//! `micro call`, by the front door: a definition, a service that answers, what is printed.

#[path = "support/mocked.rs"]
mod mocked;
#[path = "support/program.rs"]
mod program;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::thread;

use mocked::Mock;
use program::{Lines, PING, Process, folder, run, run_command};
use rustix::process::Signal;

const DEFINITION: &str = "\
CONFIG pass.phrase secret=true default=hunter2
CONNECTION c http://127.0.0.1:1 timeout=20
  HEADER X-Api-Key default=hunter3
  HEADER X-Plain default=shown
  RESOURCE get /things/{id}
    OPTIONAL size default=5 validate=int
    OPTIONAL password default=hunter4
  RESOURCE post /things method=POST
    REQUIRED color
    OPTIONAL list
  RESOURCE text /text is_json=false
  RESOURCE none /none
";

const ANSWERS: [(&str, &str); 3] = [
    (
        "a/c.get.json",
        r#"[{"when": {"id": "none"}, "status": 404, "body": {"message": "no such thing"}},
            {"when": {"id": "bad"}, "text": "no JSON"},
            {"when": {"id": "slow"}, "delay": "60s"},
            {"when": {"id": "lines"}, "lines": [{"a": 1}, {"b": 2}]},
            {"when": {"id": "cut"}, "lines": [{"a": 1}], "cut": true},
            {"when": {"id": "empty"}, "status": 204},
            {"when": {"id": "one"}, "headers": {"X-Y": "z", "Set-Cookie": "a=b"}, "body": {"one": [1, 2.5]}},
            {"body": {"other": true}}]"#,
    ),
    ("a/c.post.json", r#"{"body": "posted"}"#),
    (
        "a/c.text.json",
        r#"{"file": "bytes", "headers": {"Content-Type": "text/plain"}}"#,
    ),
];

/// A folder with a definition and answers, and who gives them.
fn served() -> (tempfile::TempDir, Mock) {
    let mut files = vec![("c.micro", DEFINITION), ("a/bytes", "as it is")];
    files.extend(ANSWERS);
    let folder = folder(&files);
    let mock = Mock::start(folder.path(), 1, &["c.micro", "--answers", "a"]);
    (folder, mock)
}

#[test]
fn answers_are_printed_and_failures_are_told() {
    let (folder, mock) = served();
    let folder = folder.path();
    let status = "error: connection `c`, resource `get`: status: the answer is 404 Not Found\n";
    let one = "{\n  \"one\": [\n    1,\n    2.5\n  ]\n}\n";
    for (arguments, code, stdout, stderr) in [
        (&["c.get", "one"][..], 0, one, ""),
        (&["c.get", "id=one"], 0, one, ""),
        (&["c.get", "one", "size:=7"], 0, one, ""),
        (&["c.get", "one", "--raw"], 0, "{\"one\":[1,2.5]}", ""),
        (&["c.get", "-5"], 0, "{\n  \"other\": true\n}\n", ""),
        (&["c.get", "empty"], 0, "", ""),
        (&["c.text"], 0, "as it is\n", ""),
        (&["c.text", "--raw"], 0, "as it is", ""),
        (&["c.post", "red"], 0, "\"posted\"\n", ""),
        (
            &["c.get", "none"],
            1,
            "{\n  \"message\": \"no such thing\"\n}\n",
            status,
        ),
        (
            &["c.get", "lines", "--stream"],
            0,
            "{\"a\":1}\n{\"b\":2}\n",
            "",
        ),
        (&["c.text", "--stream"], 0, "as it is\n", ""),
        (&["c.text", "--stream", "--raw"], 0, "as it is", ""),
        (
            &["c.get", "none", "--stream"],
            1,
            "{\n  \"message\": \"no such thing\"\n}\n",
            status,
        ),
    ] {
        let expected = (code, stdout.to_owned(), stderr.to_owned());
        assert_eq!(mock.call(folder, arguments), expected, "{arguments:?}");
    }
    let (code, stdout, stderr) = mock.call(folder, &["c.get", "bad"]);
    assert_eq!((code, stdout.as_str()), (1, "no JSON\n"));
    assert!(stderr.contains("resource `get`: decode: "), "{stderr}");
    let (code, stdout, stderr) = mock.call(folder, &["c.get", "cut", "--stream"]);
    assert_eq!((code, stdout.as_str()), (1, "{\"a\":1}\n"));
    assert!(stderr.contains("resource `get`: body: "), "{stderr}");
    let (code, stdout, stderr) = mock.call(folder, &["c.get", "slow", "--timeout", "50ms"]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(
        stderr.contains("timeout: its time of 50ms was over"),
        "{stderr}"
    );
    mock.end();
}

#[test]
fn the_head_comes_first_if_it_is_asked_for() {
    let (folder, mock) = served();
    for arguments in [
        &["c.get", "one", "-i"][..],
        &["c.get", "one", "--include", "--raw"],
        &["c.get", "one", "-i", "--stream"],
    ] {
        let (code, stdout, stderr) = mock.call(folder.path(), arguments);
        assert_eq!((code, stderr.as_str()), (0, ""));
        let (head, content) = stdout.split_once("\n\n").expect("a head, then the content");
        assert!(head.starts_with("HTTP/1.1 200 OK\n"), "{head}");
        assert!(head.contains("\nX-Y: z"), "{head}");
        assert!(content.contains("\"one\""), "{content}");
    }
    let (code, stdout, _) = mock.call(folder.path(), &["c.get", "none", "-i"]);
    assert_eq!(code, 1);
    assert!(stdout.starts_with("HTTP/1.1 404 Not Found\n"), "{stdout}");
    mock.end();
}

#[test]
fn a_trace_shows_both_messages_and_no_secret() {
    let (folder, mock) = served();
    let asked = &["c.get", "one", "size=hunter2", "--trace"];
    let (code, stdout, stderr) = mock.call(folder.path(), asked);
    assert_eq!((code, stdout.contains("\"one\"")), (0, true));
    for shown in [
        "GET /things/one?size=***&password=*** HTTP/1.1\n",
        "X-Api-Key: ***\n",
        "X-Plain: shown\n",
        "HTTP/1.1 200 OK\n",
        "Set-Cookie: ***\n",
        "X-Y: z\n",
        "{\"one\":[1,2.5]}\n",
    ] {
        assert!(stderr.contains(shown), "{shown}\n{stderr}");
    }
    assert!(
        !stderr.contains("hunter") && !stderr.contains("[DEBUG]"),
        "{stderr}"
    );
    let (code, _, stderr) = mock.call(folder.path(), &["c.get", "one", "-v"]);
    assert_eq!(code, 0);
    assert!(
        stderr.contains("micro> call oid=1 c.get open: "),
        "{stderr}"
    );
    assert!(
        stderr.contains("micro> call oid=1 c.get close: "),
        "{stderr}"
    );
    mock.end();
}

#[test]
fn arguments_come_from_files_and_from_the_standard_input() {
    let (folder, mock) = served();
    let path = folder.path();
    std::fs::write(path.join("value"), "{\"x\": [1]}").expect("a file can be written");
    for (words, log) in [
        (
            &["@value"][..],
            "c.post {\"color\":\"{\\\"x\\\": [1]}\"}: 200",
        ),
        (
            &["color=@value"],
            "c.post {\"color\":\"{\\\"x\\\": [1]}\"}: 200",
        ),
        (&["color:=@value"], "c.post {\"color\":{\"x\":[1]}}: 200"),
        (
            &[":=@value", "list:=[1,\"a\"]"],
            "c.post {\"color\":{\"x\":[1]},\"list\":[1,\"a\"]}: 200",
        ),
        (&["=a=b"], "c.post {\"color\":\"a=b\"}: 200"),
    ] {
        let asked = [&["c.post"], words].concat();
        let (code, _, stderr) = mock.call(path, &asked);
        assert_eq!((code, stderr.as_str()), (0, ""), "{words:?}");
        mock.log.find(log);
    }
    let input = std::fs::File::open(path.join("value")).expect("it is there");
    let mut command = mock.program(path);
    command
        .args(["call", "c.micro", "c.post", "color:=@-"])
        .stdin(input);
    let (code, _, stderr) = run_command(&mut command);
    assert_eq!((code, stderr.as_str()), (0, ""));
    mock.log.find("c.post {\"color\":{\"x\":[1]}}: 200");
    mock.end();
}

#[test]
fn a_wrong_command_line_is_told_with_what_would_be_right() {
    let folder = folder(&[("c.micro", DEFINITION), ("empty.micro", PING)]);
    let signatures = "   = note: there is `c.get(id, [size=5], [password=***])`
   = note: there is `c.post(color, [list])`
   = note: there is `c.text()`
   = note: there is `c.none()`
";
    let signature = "`c.get(id, [size=5], [password=***])`";
    for (arguments, stderr) in [
        (
            &["c.gett", "1"][..],
            format!(
                "error: connection `c` declares no resource `gett`\n{signatures}   = help: did you mean `get`?\n"
            ),
        ),
        (
            &["d.get"],
            format!(
                "error: the definition declares no connection `d`\n{signatures}   = help: known here: `c`\n"
            ),
        ),
        (
            &["c"],
            format!(
                "error: expected a resource of it, such as `c.NAME`, found `c` alone\n{signatures}"
            ),
        ),
        (
            &["c.get"],
            format!("error: {signature} takes 1 argument, found 0\n"),
        ),
        (
            &["c.get", "1", "2"],
            format!("error: {signature} takes 1 argument, found 2\n"),
        ),
        (
            &["c.get", "1", "sise=2"],
            format!("error: {signature} has no argument `sise`: did you mean `size`?\n"),
        ),
        (
            &["c.get", ""],
            format!("error: argument `id` of {signature} must not be empty in the path\n"),
        ),
        (
            &["c.get", "id=1", "id=2"],
            "error: argument `id` is given twice\n".to_owned(),
        ),
        (
            &["c.get", "@none"],
            "error: cannot read `none`: No such file or directory (os error 2)\n".to_owned(),
        ),
        (
            &["c.get", "@-", "size=@-"],
            "error: the standard input can be read only once\n".to_owned(),
        ),
        (
            &[],
            "error: nothing to call is named, expected CONNECTION.RESOURCE behind the file\n  \
             = help: `micro connections FILE` lists what there is\n"
                .to_owned(),
        ),
    ] {
        let asked = [&["call", "c.micro"], arguments].concat();
        let expected = (2, String::new(), stderr);
        assert_eq!(run(folder.path(), &asked), expected, "{arguments:?}");
    }
    let (code, _, stderr) = run(folder.path(), &["call", "c.micro", "c.get", "id:=x"]);
    assert_eq!(code, 2);
    assert!(stderr.starts_with("error: `id:=` expects JSON"), "{stderr}");
    let (code, _, stderr) = run(
        folder.path(),
        &["call", "c.micro", "c.get", "1", "--timeout", "x"],
    );
    assert_eq!(code, 2);
    assert!(
        stderr.contains("expected a duration such as `30s`"),
        "{stderr}"
    );
    let expected = (
        2,
        String::new(),
        "error: the definition declares no connection `c`\n".to_owned(),
    );
    assert_eq!(
        run(folder.path(), &["call", "empty.micro", "c.get"]),
        expected
    );
    let (code, stdout, _) = run(folder.path(), &["call", "none.micro", "c.get"]);
    assert_eq!((code, stdout.as_str()), (1, ""));
}

#[test]
fn nobody_there_is_a_failure() {
    let folder = folder(&[("c.micro", DEFINITION)]);
    let (code, stdout, stderr) = run(folder.path(), &["call", "c.micro", "c.none"]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    let said = "error: connection `c`, resource `none`: connect: cannot connect to 127.0.0.1:1 ";
    assert!(stderr.starts_with(said), "{stderr}");
    let mut command = program::program();
    command.env("CONNECTION_C_IS_ACTIVE", "false");
    let (code, _, stderr) = run_command(
        command
            .current_dir(folder.path())
            .args(["call", "c.micro", "c.none"]),
    );
    assert_eq!(code, 1);
    assert!(stderr.contains("resource `none`: inactive: "), "{stderr}");
}

#[test]
fn nothing_else_of_the_definition_runs() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = taken.local_addr().expect("it is bound").port();
    let served =
        format!("{DEFINITION}SERVER s {port} host=127.0.0.1\n  ROUTE /x$\n    GET ping.ping\n");
    let answers = ("a/c.post.json", "{}");
    let folder = folder(&[("c.micro", &served), answers]);
    let mock = Mock::start(folder.path(), 1, &["c.micro", "--answers", "a"]);
    // The port of the SERVER is taken, which nobody notices.
    let (code, _, stderr) = mock.call(folder.path(), &["c.post", "red"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    mock.end();
}

#[test]
fn settings_come_from_a_file_too() {
    let (folder, mock) = served();
    let (name, url) = &mock.variables[0];
    assert_eq!(name, "CONNECTION_C_URL");
    std::fs::write(
        folder.path().join("conf"),
        format!("connection.c.url={url}\n"),
    )
    .expect("a file can be written");
    let asked = &[
        "call", "c.micro", "--config", "conf", "c.get", "one", "--raw", "--syntax",
    ];
    let expected = (0, "{\"one\":[1,2.5]}".to_owned(), String::new());
    assert_eq!(run(folder.path(), asked), expected);
    let mut command = program::program();
    let definition = std::fs::File::open(folder.path().join("c.micro")).expect("it is there");
    command.current_dir(folder.path()).stdin(definition);
    command.args(["call", "-", "--config", "conf", "c.get", "one", "--raw"]);
    assert_eq!(run_command(&mut command), expected);
    mock.end();
}

/// Answers one request on whatever it came by; it is sent what was asked for.
fn answer(mut stream: impl Read + Write) {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend(&buffer[..count]),
        }
    }
    let line = String::from_utf8_lossy(&request);
    let line = line.lines().next().unwrap_or_default();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}",
        line.len()
    );
    let _ = write!(stream, "{head}\r\n\r\n{line}").and_then(|()| stream.flush());
}

#[test]
fn a_socket_in_the_file_system_is_called() {
    let folder = folder(&[]);
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).expect("it is free");
    let server = thread::spawn(move || answer(listener.accept().expect("somebody calls").0));
    let definition = format!(
        "CONNECTION c unix://{} is_json=false\n  RESOURCE get /x\n",
        path.display()
    );
    std::fs::write(folder.path().join("c.micro"), definition).expect("a file can be written");
    let expected = (0, "GET /x HTTP/1.1\n".to_owned(), String::new());
    assert_eq!(run(folder.path(), &["call", "c.micro", "c.get"]), expected);
    server.join().expect("it has answered");
}

#[test]
fn a_service_with_tls_is_called() {
    let made =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("it can be made");
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("there are versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.expect("it is a key"))
        .expect("they belong together");
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let server = thread::spawn(move || {
        let session = rustls::ServerConnection::new(Arc::new(config)).expect("it begins");
        let (socket, _) = listener.accept().expect("somebody calls");
        let mut stream = rustls::StreamOwned::new(session, socket);
        answer(&mut stream);
        let _ = stream.sock.shutdown(Shutdown::Write);
    });
    let definition =
        format!("CONNECTION c https://localhost:{port} is_json=false\n  RESOURCE get /x\n");
    let folder = folder(&[("c.micro", &definition), ("ca.pem", &made.cert.pem())]);
    std::fs::write(
        folder.path().join("conf"),
        "connection.c.ssl.cafile=ca.pem\n",
    )
    .expect("a file can be written");
    let asked = &["call", "c.micro", "c.get", "--config", "conf"];
    let expected = (0, "GET /x HTTP/1.1\n".to_owned(), String::new());
    assert_eq!(run(folder.path(), asked), expected);
    server.join().expect("it has answered");
}

/// A service that sends one line and then keeps silent, or goes on talking.
fn endless(is_talking: bool) -> (u16, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody calls");
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n";
        let mut sent = writeln!(stream, "{head}{{\"a\":1}}");
        // Until the other side has gone.
        while is_talking && sent.is_ok() {
            sent = writeln!(stream, "{{\"a\":1}}");
        }
        let _ = stream.read_to_end(&mut Vec::new());
    });
    (port, server)
}

fn endless_definition(port: u16) -> String {
    format!("CONNECTION c http://127.0.0.1:{port} timeout=60\n  RESOURCE events /events\n")
}

#[test]
fn a_stream_is_printed_as_it_comes_and_ends_quietly() {
    for signal in [Signal::INT, Signal::TERM] {
        assert_stream_ends_quietly(signal);
    }
}

#[track_caller]
fn assert_stream_ends_quietly(signal: Signal) {
    let (port, server) = endless(false);
    let folder = folder(&[("c.micro", &endless_definition(port))]);
    let mut command = program::program();
    command
        .current_dir(folder.path())
        .args(["call", "c.micro", "c.events", "--stream", "--record", "rec"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = Process::start(&mut command);
    let lines = process.lines();
    // It is there although the answer has no end.
    assert_eq!(lines.find("a"), "{\"a\":1}");
    process.signal(signal);
    let status = process.wait();
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&status),
        Some(signal.as_raw())
    );
    let mut said = String::new();
    let mut stderr = process.child.stderr.take().expect("it is piped");
    stderr.read_to_string(&mut said).expect("it is text");
    assert_eq!(said, "");
    let recorded = std::fs::read_to_string(folder.path().join("rec/c.events.json"));
    assert!(recorded.expect("it is there").contains("\"lines\""));
    server.join().expect("it has seen the end");
}

#[test]
fn who_does_not_read_ends_it_quietly() {
    let (port, server) = endless(true);
    let folder = folder(&[("c.micro", &endless_definition(port))]);
    let mut command = program::program();
    command
        .current_dir(folder.path())
        .args(["call", "c.micro", "c.events", "--stream"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = Process::start(&mut command);
    drop(process.child.stdout.take());
    assert_eq!(process.wait().code(), Some(0));
    let errors = Lines::of(process.child.stderr.take().expect("it is piped"));
    assert!(errors.all().is_empty());
    server.join().expect("it has seen the end");
}

#[test]
fn what_is_recorded_is_answered_with() {
    let (folder, mock) = served();
    let path = folder.path();
    for arguments in [
        &["c.get", "other"][..],
        &["c.get", "one", "password=hunter5"],
        &["c.get", "one"],
        &["c.get", "none"],
        &["c.get", "lines", "--stream"],
        &["c.text"],
        &["c.post", "color:=[1,2]"],
    ] {
        let asked = [arguments, &["--record", "rec"]].concat();
        let live = mock.call(path, arguments);
        let recorded = mock.call(path, &asked);
        assert_eq!(live, recorded, "{arguments:?}");
    }
    mock.end();
    let text = std::fs::read_to_string(path.join("rec/c.get.json")).expect("it is there");
    assert!(
        !text.contains("hunter") && text.contains("\"Set-Cookie\": \"***\""),
        "{text}"
    );
    // The same arguments are recorded once.
    assert_eq!(text.matches("\"id\": \"one\"").count(), 1, "{text}");
    let replayed = Mock::start(path, 1, &["c.micro", "--answers", "rec"]);
    for (arguments, code, stdout) in [
        (&["c.get", "one", "--raw"][..], 0, "{\"one\":[1,2.5]}"),
        (&["c.get", "other", "--raw"], 0, "{\"other\":true}"),
        (
            &["c.get", "none", "--raw"],
            1,
            "{\"message\":\"no such thing\"}",
        ),
        (&["c.get", "lines", "--stream"], 0, "{\"a\":1}\n{\"b\":2}\n"),
        (&["c.text"], 0, "as it is\n"),
        (&["c.post", ":=[1,2]"], 0, "\"posted\"\n"),
    ] {
        let (found, printed, _) = replayed.call(path, arguments);
        assert_eq!((found, printed.as_str()), (code, stdout), "{arguments:?}");
    }
    replayed.end();
}

#[test]
fn what_is_recorded_holds_no_secret_and_all_fields() {
    let answer = r#"{"headers": {
        "Location": "http://u:hunter3@h/?token=hunter4&a=b",
        "Link": ["</1>; rel=a", "<http://h/?token=hunter5>; rel=b"],
        "Set-Cookie": ["a=hunter6", "b=hunter7"]
    }, "body": {"said": "so: hunter2", "count": 1}}"#;
    let folder = folder(&[("c.micro", DEFINITION), ("a/c.none.json", answer)]);
    let path = folder.path();
    let mock = Mock::start(path, 1, &["c.micro", "--answers", "a"]);
    let asked = &["c.none", "--record", "rec"];
    assert_eq!(mock.call(path, asked).0, 0);
    let text = std::fs::read_to_string(path.join("rec/c.none.json")).expect("it is there");
    assert!(!text.contains("hunter"), "{text}");
    let shown: String = text.split_whitespace().collect();
    for shown_part in [
        r#""Location":"http://u:***@h/?token=***&a=b""#,
        r#""Link":["</1>;rel=a","<http://h/?token=***>;rel=b"]"#,
        r#""Set-Cookie":["***","***"]"#,
        r#""body":{"said":"so:***","count":1}"#,
    ] {
        assert!(shown.contains(shown_part), "{shown_part}\n{text}");
    }
    mock.end();
    let replayed = Mock::start(path, 1, &["c.micro", "--answers", "rec"]);
    let (code, stdout, _) = replayed.call(path, &["c.none", "-i"]);
    assert_eq!(code, 0);
    let links = "Link: </1>; rel=a\nLink: <http://h/?token=***>; rel=b\n";
    assert!(stdout.contains(links), "{stdout}");
    replayed.end();
}

/// A service may repeat what it was told.
#[test]
fn a_secret_argument_is_not_recorded_with_the_answer() {
    let definition = "CONNECTION c http://127.0.0.1:1\n  RESOURCE get /\n    REQUIRED token\n";
    let echo = r#"{"body": {"you said": "hunter2-again"}}"#;
    let folder = folder(&[("c.micro", definition), ("a/c.get.json", echo)]);
    let path = folder.path();
    let mock = Mock::start(path, 1, &["c.micro", "--answers", "a"]);
    let asked = &["c.get", "token=hunter2-again", "--record", "rec"];
    assert_eq!(mock.call(path, asked).0, 0);
    let text = std::fs::read_to_string(path.join("rec/c.get.json")).expect("it is there");
    assert!(
        text.contains("you said") && !text.contains("hunter2"),
        "{text}"
    );
    mock.end();
}

#[test]
fn arguments_that_are_no_secrets_tell_recordings_apart() {
    let definition = "CONNECTION c http://127.0.0.1:1\n  RESOURCE get /\n    REQUIRED author\n";
    let folder = folder(&[("c.micro", definition), ("a/c.get.json", r#"{"body": 1}"#)]);
    let path = folder.path();
    let mock = Mock::start(path, 1, &["c.micro", "--answers", "a"]);
    for author in ["author=ann", "author=bob"] {
        assert_eq!(mock.call(path, &["c.get", author, "--record", "rec"]).0, 0);
    }
    mock.end();
    let text = std::fs::read_to_string(path.join("rec/c.get.json")).expect("it is there");
    assert!(
        text.contains("\"ann\"") && text.contains("\"bob\""),
        "{text}"
    );
}

#[test]
fn a_short_secret_leaves_the_trace_readable() {
    let definition = format!("{DEFINITION}CONFIG pin secret=true default=1\n");
    let folder = folder(&[
        ("c.micro", &definition),
        ("a/c.none.json", r#"{"body": 1}"#),
    ]);
    let path = folder.path();
    let mock = Mock::start(path, 1, &["c.micro", "--answers", "a"]);
    let (code, _, stderr) = mock.call(path, &["c.none", "--trace"]);
    assert_eq!(code, 0);
    assert!(stderr.contains("GET /none HTTP/1.1\n"), "{stderr}");
    assert!(stderr.contains("Host: 127.0.0.1:"), "{stderr}");
    mock.end();
}

#[test]
fn bytes_that_are_no_text_are_recorded_too() {
    let (folder, mock) = served();
    let path = folder.path();
    let bytes = b"\xff\0\xfe";
    std::fs::write(path.join("a/bytes"), bytes).expect("a file can be written");
    let raw = |mock: &Mock, arguments: &[&str]| {
        let output = mock
            .program(path)
            .args(["call", "c.micro"])
            .args(arguments)
            .output();
        output.expect("the program starts").stdout
    };
    assert_eq!(raw(&mock, &["c.text", "--record", "rec"]), bytes);
    mock.end();
    let replayed = Mock::start(path, 1, &["c.micro", "--answers", "rec"]);
    assert_eq!(raw(&replayed, &["c.text"]), bytes);
    replayed.end();
}

/// The files in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("it can be listed");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.expect("it can be listed").file_name();
        name.into_string().expect("it is text")
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

#[test]
fn what_cannot_be_recorded_is_told_before_the_call() {
    let folder = folder(&[
        ("c.micro", DEFINITION),
        ("rec/c.get.json", "{"),
        ("file", ""),
    ]);
    // Nobody is there to be called, which would be told.
    let asked = |to: &str| {
        let asked = &["call", "c.micro", "c.get", "one", "--record", to];
        run(folder.path(), asked)
    };
    let broken = "\
error: this is no JSON: EOF while parsing an object at line 1 column 1
  --> rec/c.get.json:1:1
   |
 1 | {
   | ^

";
    assert_eq!(asked("rec"), (1, String::new(), broken.to_owned()));
    assert_eq!(names(&folder.path().join("rec")), ["c.get.json"]);
    let (code, stdout, stderr) = asked("file");
    assert_eq!((code, stdout.as_str()), (1, ""));
    let said = "error: cannot record the answer in `file/c.get.json`: ";
    assert!(
        stderr.starts_with(said) && stderr.lines().count() == 1,
        "{stderr}"
    );
    // Not even for one who may write everywhere.
    let (code, _, stderr) = asked("/proc/self");
    assert_eq!(code, 1);
    let said = "error: cannot record the answer in `/proc/self/c.get.json`: ";
    assert!(stderr.starts_with(said), "{stderr}");
}

#[test]
fn an_answer_that_cannot_be_recorded_is_printed() {
    let (port, server) = endless(false);
    let folder = folder(&[("c.micro", &endless_definition(port))]);
    let rec = folder.path().join("rec");
    let mut command = program::program();
    command
        .current_dir(folder.path())
        .args(["call", "c.micro", "c.events", "--stream", "--record", "rec"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = Process::start(&mut command);
    assert_eq!(process.lines().find("a"), "{\"a\":1}");
    // What was right before the call is wrong after it.
    std::fs::create_dir_all(rec.join("c.events.json")).expect("a folder can be made");
    process.signal(Signal::INT);
    process.wait();
    let errors = Lines::of(process.child.stderr.take().expect("it is piped"));
    errors.find("error: cannot record the answer in `rec/c.events.json`: ");
    assert_eq!(names(&rec), ["c.events.json"]);
    server.join().expect("it has seen the end");

    let (port, server) = whole_once();
    std::fs::remove_dir(rec.join("c.events.json")).expect("it is empty");
    std::fs::write(folder.path().join("c.micro"), endless_definition(port))
        .expect("a file can be written");
    let asked = ["call", "c.micro", "c.events", "--record", "rec"];
    let mut command = program::program();
    command
        .current_dir(folder.path())
        .args(asked)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let process = command.spawn().expect("the program starts");
    let answer = server.join().expect("it is called");
    std::fs::remove_dir(&rec).expect("it is empty");
    answer();
    let output = process.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"{\n  \"a\": 1\n}\n");
    let said = "error: cannot record the answer in `rec/c.events.json`: ";
    assert!(String::from_utf8_lossy(&output.stderr).starts_with(said));
}

/// A service that is called once, and answers when it is told to.
fn whole_once() -> (u16, thread::JoinHandle<impl FnOnce() + Send>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody calls");
        move || {
            let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 7\r\n\r\n";
            write!(stream, "{head}{{\"a\":1}}").expect("it is read");
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    (port, server)
}

#[test]
fn recordings_at_once_lose_nothing() {
    let (folder, mock) = served();
    let path = folder.path();
    let ids: Vec<String> = (0..8).map(|id| format!("id{id}")).collect();
    thread::scope(|scope| {
        for id in &ids {
            let mut command = mock.program(path);
            command.args(["call", "c.micro", "c.get", id, "--record", "rec"]);
            scope.spawn(move || assert_eq!(run_command(&mut command).0, 0));
        }
    });
    mock.end();
    assert_eq!(names(&path.join("rec")), ["c.get.json"]);
    let text = std::fs::read_to_string(path.join("rec/c.get.json")).expect("it is there");
    for id in ids {
        assert!(text.contains(&format!("\"id\": \"{id}\"")), "{text}");
    }
}

#[test]
fn what_cannot_be_sent_is_a_slip_of_the_command_line() {
    let definition = "\
CONNECTION c http://127.0.0.1:1
  RESOURCE get /things/{id}
    OPTIONAL o
  RESOURCE form /form method=POST is_form=true
    REQUIRED o
";
    let folder = folder(&[("c.micro", definition)]);
    for (asked, signature) in [
        (&["c.get", "1", "o:={\"a\":1}"][..], "c.get(id, [o])"),
        (&["c.form", ":=[[1]]"], "c.form(o)"),
    ] {
        let asked = [&["call", "c.micro"], asked].concat();
        let said = format!(
            "error: argument of `{signature}`: `o` is nested: a query or form holds texts, numbers, truth values and lists of them\n"
        );
        assert_eq!(run(folder.path(), &asked), (2, String::new(), said));
    }
}

#[test]
fn a_call_without_functions_needs_none() {
    let definition = "\
CONNECTION c code=my.url
  RESOURCE get /x
CONNECTION d http://127.0.0.1:1
  RESOURCE get /x setup=my.sign
  RESOURCE wrapped /x wrapper=my.unwrap
  RESOURCE plain /x
";
    let folder = folder(&[("c.micro", definition)]);
    let asked = |resource: &str| run(folder.path(), &["call", "c.micro", resource, "--syntax"]);
    for (resource, function) in [
        ("c.get", "my.url"),
        ("d.get", "my.sign"),
        ("d.wrapped", "my.unwrap"),
    ] {
        let said = format!(
            "error: `{resource}` needs `{function}`, and `--syntax` looks up no functions: call it without that\n"
        );
        assert_eq!(asked(resource), (2, String::new(), said));
    }
    let (code, _, stderr) = asked("d.plain");
    assert_eq!(code, 1);
    assert!(
        stderr.contains("resource `plain`: connect: cannot connect"),
        "{stderr}"
    );
}
