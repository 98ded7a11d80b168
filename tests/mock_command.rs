//! `micro mock`, by the front door: answers from files, given to who calls.

#[path = "support/mocked.rs"]
mod mocked;
#[path = "support/program.rs"]
mod program;
#[path = "support/mod.rs"]
mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use micro::Micro;
use micro_api::{Error, LocalModule, Request};
use mocked::Mock;
use program::{DEADLINE, folder, get, run};
use rustix::process::Signal;

const DEFINITION: &str = "\
CONNECTION c http://127.0.0.1:1/base timeout=20
  RESOURCE get /things/{id}.json?kind\\={kind}&v\\=1 is_json=false
    OPTIONAL size default=5 validate=int
    OPTIONAL token
    OPTIONAL key config=api_key
  RESOURCE other /things/{name}.json?kind\\=other&v\\=1 is_json=false
  RESOURCE all /things/all is_json=false
  RESOURCE put /things/{id} method=PUT is_json=false
    REQUIRED color
    OPTIONAL size
  RESOURCE form /form method=POST is_form=true is_json=false
    REQUIRED user
CONNECTION d http://127.0.0.1:1
  RESOURCE root \"\" is_json=false
";

/// A folder with the definition and these answers.
fn files(answers: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = folder(&[("c.micro", DEFINITION), ("a/notes.json", "not an answer")]);
    for (name, text) in answers {
        std::fs::write(folder.path().join("a").join(name), text).expect("a file can be written");
    }
    folder
}

fn start(folder: &tempfile::TempDir) -> Mock {
    Mock::start(folder.path(), 2, &["c.micro", "--answers", "a"])
}

/// Where the connection with this number is served.
fn address(mock: &Mock, number: usize) -> SocketAddr {
    let (_, url) = &mock.variables[number];
    let address = url.strip_prefix("http://").expect("it is a URL");
    address.parse().expect("it is an address")
}

/// The whole answer to a request.
fn ask(mock: &Mock, request: &str) -> String {
    let mut stream = TcpStream::connect(address(mock, 0)).expect("it listens");
    stream
        .set_read_timeout(Some(DEADLINE))
        .expect("it can be set");
    stream.write_all(request.as_bytes()).expect("it is read");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

fn request(method: &str, target: &str, media_type: &str, content: &str) -> String {
    let length = content.len();
    format!(
        "{method} {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\
         Content-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n{content}"
    )
}

#[test]
fn the_first_answer_that_matches_is_given() {
    let folder = files(&[
        (
            "c.get.json",
            r#"[{"when": {"id": "a b/c"}, "text": "coded"},
                {"when": {"id": 5, "size": "7"}, "status": 201, "headers": {"X-Y": "z"}, "text": "both"},
                {"when": {"kind": "x", "size": ["1", "2"]}, "text": "list"},
                {"when": {"id": 5}, "text": "five"}]"#,
        ),
        ("c.other.json", r#"{"text": "other"}"#),
        ("c.all.json", r#"{"text": "all"}"#),
        (
            "c.put.json",
            r#"[{"when": {"color": {"a": 1}}, "text": "put"}, {"text": "put another"}]"#,
        ),
        (
            "c.form.json",
            r#"[{"when": {"user": "ann"}, "text": "hello ann"}]"#,
        ),
        ("d.root.json", r#"{"text": "root"}"#),
    ]);
    let mock = start(&folder);
    for (arguments, stdout) in [
        (&["c.get", "a b/c", "x"][..], "coded\n"),
        (&["c.get", "5", "x"], "five\n"),
        (&["c.get", "5", "x", "size:=7"], "both\n"),
        (&["c.get", "6", "x", "size:=[1,2]"], "list\n"),
        (&["c.other", "me"], "other\n"),
        (&["c.all"], "all\n"),
        (&["c.put", "1", "color:={\"a\":1}"], "put\n"),
        (&["c.put", "1", "red"], "put another\n"),
        (&["c.form", "ann"], "hello ann\n"),
        (&["d.root"], "root\n"),
    ] {
        let expected = (0, stdout.to_owned(), String::new());
        assert_eq!(
            mock.call(folder.path(), arguments),
            expected,
            "{arguments:?}"
        );
    }
    let (code, stdout, _) = mock.call(folder.path(), &["c.get", "5", "x", "size:=7", "-i"]);
    assert_eq!(code, 0);
    assert!(
        stdout.starts_with("HTTP/1.1 201 Created\n") && stdout.contains("X-Y: z\n"),
        "{stdout}"
    );
    let asked = &["c.get", "9", "x", "token=hunter2", "key=hunter3"];
    let (code, stdout, _) = mock.call(folder.path(), asked);
    assert_eq!(code, 1);
    assert!(
        stdout.contains("no answer in `a/c.get.json` is for these arguments"),
        "{stdout}"
    );
    assert!(
        stdout.contains("\"id\": \"9\"") && !stdout.contains("hunter"),
        "{stdout}"
    );
    let line = mock.log.find(": 501");
    assert!(
        line.contains(r#"mock> c.get {"id":"9","kind":"x","size":"5","token":"***","key":"***"}"#),
        "{line}"
    );
    mock.end();
}

#[test]
fn what_does_not_fit_the_resource_is_refused() {
    let folder = files(&[
        ("c.put.json", "{}"),
        ("c.form.json", "{}"),
        ("c.get.json", "{}"),
    ]);
    let mock = start(&folder);
    let json = "application/json";
    let form = "application/x-www-form-urlencoded";
    for (asked, status, said) in [
        (request("PUT", "/things/1", json, "{\"color\":1}"), 200, ""),
        (
            request("PUT", "/things/1", json, "{}"),
            400,
            "`c.put(id, color, [size])` requires `color`, which is missing",
        ),
        (
            request("PUT", "/things/1", json, ""),
            400,
            "`c.put(id, color, [size])` requires `color`, which is missing",
        ),
        (
            request("PUT", "/things/1", json, "{\"color\":1,\"sise\":2}"),
            400,
            "`c.put(id, color, [size])` has no argument `sise`: did you mean `size`?",
        ),
        (
            request("PUT", "/things/1?x=1", json, "{\"color\":1}"),
            400,
            "`c.put(id, color, [size])` has no argument `x`",
        ),
        (
            request("PUT", "/things/1", json, "[1]"),
            400,
            "`c.put(id, color, [size])` is sent as an object, found other JSON",
        ),
        (
            request("PUT", "/things/1", json, "{"),
            400,
            "`c.put(id, color, [size])` is sent as JSON, found none: ",
        ),
        (
            request("PUT", "/things/1", form, "color=1"),
            400,
            "`c.put(id, color, [size])` is sent as `application/json`, found `application/x-www-form-urlencoded`",
        ),
        (request("POST", "/form", form, "user=1"), 200, ""),
        (
            request("POST", "/form", json, "{\"user\":1}"),
            400,
            "`c.form(user)` is sent as `application/x-www-form-urlencoded`, found `application/json`",
        ),
        (
            request("GET", "/things/1.json?kind=x&v=1", json, ""),
            200,
            "",
        ),
        (
            request("GET", "/things/1.json?v=1", json, ""),
            400,
            "has `kind={kind}` in its query, which is missing",
        ),
        (request("DELETE", "/things/1", json, ""), 405, ""),
        (
            request("GET", "/elsewhere", json, ""),
            404,
            r#"{"error":"no resource of `c` has this path","resources":["c.get(id, kind, [size=5], [token], [key]): GET /things/{id}.json?kind={kind}&v=1"#,
        ),
        (
            request("OPTIONS", "/elsewhere", json, ""),
            404,
            "\"c.form(user): POST /form\"",
        ),
    ] {
        let answer = ask(&mock, &asked);
        let begin = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&begin), "{asked}\n{answer}");
        assert!(answer.contains(said), "{asked}\n{answer}");
    }
    mock.log
        .find("mock> c.put: 400, `c.put(id, color, [size])` requires `color`");
    mock.log
        .find("mock> c: 404, no resource of `c` has this path: GET /elsewhere");
    mock.end();
}

#[test]
fn lines_delay_and_cut_are_as_the_file_says() {
    let folder = files(&[
        (
            "c.put.json",
            r#"[{"when": {"color": "lines"}, "lines": [1, {"a": [2]}, "x"]},
                {"when": {"color": "cut lines"}, "lines": [1, 2], "cut": true},
                {"when": {"color": "cut"}, "text": "0123456789", "cut": true},
                {"when": {"color": "file"}, "file": "page.html"},
                {"when": {"color": "later"}, "delay": "200ms", "body": null},
                {"when": {"color": "nothing"}, "status": 500}]"#,
        ),
        ("page.html", "<p>"),
    ]);
    let mock = start(&folder);
    let path = folder.path();
    let call = |color: &str, more: &[&str]| {
        let (code, stdout, _) = mock.call(path, &[&["c.put", "1", color], more].concat());
        (code, stdout)
    };
    let lines = "1\n{\"a\":[2]}\n\"x\"\n";
    assert_eq!(call("lines", &[]), (0, lines.to_owned()));
    assert_eq!(call("lines", &["--stream"]), (0, lines.to_owned()));
    assert_eq!(call("cut lines", &["--stream"]), (1, "1\n2\n".to_owned()));
    assert_eq!(call("cut", &["--stream", "--raw"]), (1, "01234".to_owned()));
    assert_eq!(call("cut", &[]), (1, String::new()));
    assert_eq!(call("nothing", &[]), (1, String::new()));
    let (code, stdout) = call("file", &["-i"]);
    assert_eq!(code, 0);
    assert!(
        stdout.contains("Content-Type: text/html") && stdout.ends_with("\n\n<p>\n"),
        "{stdout}"
    );
    let start = Instant::now();
    assert_eq!(call("later", &[]), (0, "null\n".to_owned()));
    assert!(start.elapsed() >= Duration::from_millis(200));
    // What is wished for is no error.
    mock.process.end(Signal::TERM);
    let logged = mock.log.all();
    assert!(
        !logged.iter().any(|line| line.contains("[ERROR]")),
        "{logged:?}"
    );
    let told = "[INFO] micro::server::session> ";
    let told = logged.iter().filter_map(|line| line.split_once(told));
    for (_, line) in told.filter(|(_, line)| line.contains("was cut")) {
        let (id, _) = line.split_once(' ').expect("there are words");
        assert_eq!(id.len(), 16, "{line}");
    }
}

#[test]
fn a_file_that_has_changed_is_read_again() {
    let folder = files(&[("d.root.json", r#"{"text": "one"}"#)]);
    let mock = start(&folder);
    let path = folder.path();
    let write = |name: &str, text: &str| {
        std::fs::write(path.join("a").join(name), text).expect("a file can be written");
    };
    assert_eq!(mock.call(path, &["d.root"]).1, "one\n");
    write("d.root.json", r#"{"text": "another one"}"#);
    assert_eq!(mock.call(path, &["d.root"]).1, "another one\n");
    mock.log.find("a/d.root.json changed, and was read again");
    write("d.root.json", r#"{"text": 5}"#);
    let (code, stdout, _) = mock.call(path, &["d.root"]);
    assert_eq!(code, 1);
    assert!(stdout.contains("`text`: expected a text"), "{stdout}");
    let told = [
        "error: `text`: expected a text",
        "  --> a/d.root.json:1:10",
        "   |",
        " 1 | {\"text\": 5}",
        "   |          ^",
    ];
    for line in told {
        assert_eq!(mock.log.find(line), line);
    }
    mock.log.find("d.root: 500, its answers are wrong");
    // Once is enough.
    assert_eq!(mock.call(path, &["d.root"]).0, 1);
    mock.log.find_next("d.root: 500, its answers are wrong");
    write("c.all.json", "5");
    assert_eq!(mock.call(path, &["c.all"]).0, 1);
    mock.log
        .find("error: expected an answer, which is an object, found `5`");
    std::fs::remove_file(path.join("a/d.root.json")).expect("it is there");
    let (code, stdout, stderr) = mock.call(path, &["d.root"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("501"), "{stderr}");
    for said in [
        "write `a/d.root.json`",
        "\"example\": {\n    \"status\": 200,\n    \"text\": \"\"\n",
    ] {
        assert!(stdout.contains(said), "{stdout}");
    }
    write("d.root.json", r#"{"text": "again"}"#);
    assert_eq!(mock.call(path, &["d.root"]).1, "again\n");
    mock.end();
}

#[test]
fn every_mistake_in_the_files_is_told() {
    let folder = files(&[
        ("c.all.json", "{\"text\": \"a\",}\n"),
        (
            "c.get.json",
            "[{\"statsu\": 200},\n {\"status\": 99, \"when\": {\"kidn\": 1}},\n 5,\n \
             {\"text\": \"\", \"body\": {}, \"headers\": {\"a b\": \"c\", \"Set-Cookie\": 1}},\n \
             {\"delay\": 5, \"delay\": \"1s\", \"cut\": 1, \"file\": \"none\"}]\n",
        ),
        ("c.al.json", "{}"),
    ]);
    let (code, stdout, stderr) = run(folder.path(), &["mock", "c.micro", "--answers", "a"]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    let signature = "`get(id, kind, [size=5], [token], [key])`";
    let expected = format!(
        "\
warning: no resource has its answers in `c.al.json`
   = help: did you mean `c.all.json`?
error: an answer has no `statsu`
  --> a/c.get.json:1:3
   |
 1 | [{{\"statsu\": 200}},
   |   ^^^^^^^^
   = help: did you mean `status`?

error: `status`: expected a status from 200 to 599
  --> a/c.get.json:2:13
   |
 2 |  {{\"status\": 99, \"when\": {{\"kidn\": 1}}}},
   |             ^^

error: {signature} has no argument `kidn`
  --> a/c.get.json:2:26
   |
 2 |  {{\"status\": 99, \"when\": {{\"kidn\": 1}}}},
   |                          ^^^^^^
   = help: did you mean `kind`?

error: expected an answer, which is an object, found `5`
  --> a/c.get.json:3:2
   |
 3 |  5,
   |  ^

error: `body` beside `text`: expected one of them
  --> a/c.get.json:4:15
   |
 4 |  {{\"text\": \"\", \"body\": {{}}, \"headers\": {{\"a b\": \"c\", \"Set-Cookie\": ***}}}},
   |               ^^^^^^

error: `a b` is no header field that can be sent
  --> a/c.get.json:4:39
   |
 4 |  {{\"text\": \"\", \"body\": {{}}, \"headers\": {{\"a b\": \"c\", \"Set-Cookie\": ***}}}},
   |                                       ^^^^^

error: `Set-Cookie` is no header field that can be sent
  --> a/c.get.json:4:51
   |
 4 |  {{\"text\": \"\", \"body\": {{}}, \"headers\": {{\"a b\": \"c\", \"Set-Cookie\": ***}}}},
   |                                                   ^^^^^^^^^^^^

error: `delay`: expected a duration such as `\"200ms\"`
  --> a/c.get.json:5:12
   |
 5 |  {{\"delay\": 5, \"delay\": \"1s\", \"cut\": 1, \"file\": \"none\"}}]
   |            ^

error: `delay` is said twice
  --> a/c.get.json:5:15
   |
 5 |  {{\"delay\": 5, \"delay\": \"1s\", \"cut\": 1, \"file\": \"none\"}}]
   |               ^^^^^^^

error: `cut`: expected `true` or `false`
  --> a/c.get.json:5:37
   |
 5 |  {{\"delay\": 5, \"delay\": \"1s\", \"cut\": 1, \"file\": \"none\"}}]
   |                                     ^

error: cannot read `a/none`: No such file or directory (os error 2)
  --> a/c.get.json:5:48
   |
 5 |  {{\"delay\": 5, \"delay\": \"1s\", \"cut\": 1, \"file\": \"none\"}}]
   |                                                ^^^^^^

error: this is no JSON: trailing comma at line 1 column 14
  --> a/c.all.json:1:14
   |
 1 | {{\"text\": \"a\",}}
   |              ^

"
    );
    assert_eq!(stderr, expected);
}

#[test]
fn the_files_are_begun_and_kept() {
    let folder = files(&[]);
    let path = folder.path();
    let (code, stdout, stderr) = run(path, &["mock", "c.micro", "--write", "new/b"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let made = "new/b/c.get.json\nnew/b/c.other.json\nnew/b/c.all.json\nnew/b/c.put.json\nnew/b/c.form.json\nnew/b/d.root.json\n";
    assert_eq!(stdout, made);
    let text = std::fs::read_to_string(path.join("new/b/c.all.json")).expect("it is there");
    assert_eq!(
        text,
        "[\n  {\n    \"status\": 200,\n    \"text\": \"\"\n  }\n]\n"
    );
    std::fs::write(path.join("new/b/c.all.json"), "{\"text\": \"mine\"}")
        .expect("it can be written");
    std::fs::remove_file(path.join("new/b/d.root.json")).expect("it is there");
    let again = (0, "new/b/d.root.json\n".to_owned(), String::new());
    assert_eq!(run(path, &["mock", "c.micro", "--write", "new/b"]), again);
    let mock = Mock::start(path, 2, &["c.micro", "--answers", "new/b"]);
    assert_eq!(
        mock.call(path, &["c.all"]),
        (0, "mine\n".to_owned(), String::new())
    );
    assert_eq!(
        mock.call(path, &["d.root"]),
        (0, String::new(), String::new())
    );
    mock.end();
}

#[test]
fn ports_are_those_that_were_asked_for() {
    let folder = files(&[]);
    let path = folder.path();
    // Two ports in a row that are free, as far as anybody can know.
    let (first, second, held) = loop {
        let one = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let first = one.local_addr().expect("it is bound").port();
        let Some(second) = first.checked_add(1) else {
            continue;
        };
        if let Ok(two) = TcpListener::bind(("127.0.0.1", second)) {
            drop(one);
            break (first, second, two);
        }
    };
    let asked = &["mock", "c.micro", "--port", &first.to_string()];
    let (code, stdout, stderr) = run(path, asked);
    assert_eq!((code, stdout.as_str()), (1, ""));
    let said = format!("error: connection `d` cannot be served at 127.0.0.1:{second}: ");
    assert!(stderr.contains(&said), "{stderr}");
    drop(held);
    let mock = Mock::start(path, 2, &["c.micro", "--port", &first.to_string()]);
    let expected = [
        (
            "CONNECTION_C_URL".to_owned(),
            format!("http://127.0.0.1:{first}"),
        ),
        (
            "CONNECTION_D_URL".to_owned(),
            format!("http://127.0.0.1:{second}"),
        ),
    ];
    assert_eq!(mock.variables, expected);
    let answer = get(address(&mock, 1), "/");
    assert!(
        answer.contains("write `d.root.json` into a folder, and name that with `--answers`"),
        "{answer}"
    );
    mock.end();
    let asked = &["mock", "c.micro", "--port", "65535"];
    let said =
        "error: 2 connections need the ports from 65535 to 65536, and the last one is 65535\n";
    assert_eq!(run(path, asked), (2, String::new(), said.to_owned()));
}

#[test]
fn a_wrong_command_line_is_told() {
    let folder = files(&[]);
    let path = folder.path();
    let asked = &["mock", "c.micro", "--answers", "none"];
    let said = "error: no folder `none` for `--answers`\n  = help: `micro mock FILE --write none` makes it\n";
    assert_eq!(run(path, asked), (2, String::new(), said.to_owned()));
    std::fs::write(path.join("ping.micro"), program::PING).expect("it can be written");
    let said = "error: the definition declares no connection, so there is nothing to serve\n";
    assert_eq!(
        run(path, &["mock", "ping.micro"]),
        (1, String::new(), said.to_owned())
    );
    let (code, _, _) = run(path, &["mock", "c.micro", "--port", "x"]);
    assert_eq!(code, 2);
    let (code, _, _) = run(path, &["mock", "none.micro"]);
    assert_eq!(code, 1);
}

#[test]
fn warnings_of_what_serves_are_none_of_its_business() {
    let served = "SERVER s 0\n  ROUTE /x$\nSERVER t 0\nCONFIG_SERVER u 0\n";
    let calls = "CONNECTION c http://127.0.0.1:1\n  RESOURCE get /x\n";
    let folder = folder(&[
        ("c.micro", &(calls.to_owned() + served)),
        ("s.micro", served),
        ("e.micro", ""),
    ]);
    let path = folder.path();
    let (code, _, stderr) = run(path, &["check", "c.micro"]);
    assert_eq!((code, stderr.matches("warning: ").count()), (0, 3));
    let written = "w/c.get.json\n".to_owned();
    let asked = &["mock", "c.micro", "--write", "w"];
    assert_eq!(run(path, asked), (0, written, String::new()));
    let (code, _, stderr) = run(path, &["call", "c.micro", "c.get"]);
    assert_eq!(code, 1);
    assert!(
        stderr.starts_with("error: connection `c`, resource `get`: connect: "),
        "{stderr}"
    );
    for file in ["s.micro", "e.micro"] {
        let nothing =
            "error: the definition declares no connection, so there is nothing to serve\n";
        assert_eq!(
            run(path, &["mock", file]),
            (1, String::new(), nothing.to_owned())
        );
        let none = "error: the definition declares no connection `c`\n";
        assert_eq!(
            run(path, &["call", file, "c.get"]),
            (2, String::new(), none.to_owned())
        );
        let none = "the definition declares no connection\n";
        assert_eq!(
            run(path, &["connections", file]),
            (0, String::new(), none.to_owned())
        );
    }
}

#[test]
fn both_signals_end_it() {
    let folder = files(&[]);
    for signal in [Signal::INT, Signal::TERM] {
        let mock = Mock::start(folder.path(), 2, &["c.micro", "--host", "127.0.0.1", "-v"]);
        mock.process.end(signal);
    }
}

#[test]
fn a_service_calls_it() {
    let folder = folder(&[(
        "a/docker.inspect.json",
        r#"{"when": {"id": "web"}, "body": {"Id": "abc"}}"#,
    )]);
    let definition = "\
CONNECTION docker http://127.0.0.1:1
  RESOURCE inspect /containers/{id}/json
";
    std::fs::write(folder.path().join("c.micro"), definition).expect("a file can be written");
    let mock = Mock::start(folder.path(), 1, &["c.micro", "--answers", "a"]);
    let variables = mock.variables.clone();
    let service = support::serve(move || {
        let inspect = async |request: Request| {
            let id: String = request.arg("id")?;
            let docker = request.connection("docker")?;
            Ok::<_, Error>(docker.resource("inspect")?.call((id,)).await?)
        };
        let served = "SERVER test 0 host=127.0.0.1\n  ROUTE /inspect/{id}$\n    GET my.inspect\n";
        Micro::new()
            .module(LocalModule::new("my").handler("inspect", inspect))
            .environment(variables)
            .text("c.micro", format!("{definition}{served}"))
    });
    let answer = get(service.address, "/inspect/web");
    assert!(answer.ends_with("{\"Id\":\"abc\"}"), "{answer}");
    mock.log.find(r#"docker.inspect {"id":"web"}: 200"#);
    drop(service);
    mock.end();
}
