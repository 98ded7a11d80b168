//! Modules in C, served: each function of `tests/c/` and `examples/c/` does what the head of its file
//! says, whatever is wrong with it.

#[path = "support/library.rs"]
mod library;
#[path = "support/log.rs"]
mod log;
mod support;

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use micro::{Micro, Running};
use support::{Answer, Client, DEADLINE, Service, get, serve};

/// The folder of the libraries, each compiled once.
fn libraries() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        log::begin_with_panics();
        library::all_of_c("c_modules")
    })
}

/// Serves functions of a module, each at a path of its name, and with these lines before.
fn serve_functions(module: &'static str, functions: &[&str], before: &[&str]) -> Service {
    let mut lines: Vec<String> = before.iter().map(ToString::to_string).collect();
    lines.push("SERVER test 0 host=127.0.0.1".to_owned());
    for function in functions {
        lines.push(format!("ROUTE /{function}$"));
        for method in ["GET", "POST"] {
            lines.push(format!("{method} {module}.{function} timeout=100ms"));
        }
    }
    serve_with(lines)
}

fn serve_with(lines: Vec<String>) -> Service {
    let limit = ("SERVER_TEST_HTTP_MAX_CONTENT_LENGTH", "100MiB");
    let limit = (limit.0.to_owned(), limit.1.to_owned());
    serve(move || {
        Micro::new()
            .modules_dir(libraries())
            .environment([limit])
            .grace(Duration::from_secs(5))
            .lines(lines)
    })
}

/// Checks that these are the functions that the head of a file tells of, so that none is left out.
#[track_caller]
fn assert_told(module: &str, functions: &[&str]) {
    let path = format!("{}/tests/c/{module}.c", env!("CARGO_MANIFEST_DIR"));
    let source = std::fs::read_to_string(path).expect("it is there");
    let (head, _) = source.split_once("*/").expect("it has a head");
    let told = head.lines().filter_map(|line| {
        let (name, _) = line.strip_prefix(" * - `")?.split_once('`')?;
        Some(name)
    });
    let expected: BTreeSet<&str> = functions.iter().copied().collect();
    assert_eq!(told.collect::<BTreeSet<_>>(), expected);
}

/// Checks that this is a 500, and that the log has its reason under its id.
#[track_caller]
fn assert_internal(answer: &Answer, reason: &str) {
    answer.is_failure(500, "Internal Server Error");
    let line = log::expect(&format!("ERROR {} ", answer.id()));
    assert_eq!(line, format!("ERROR {} {reason}", answer.id()));
}

/// Waits until a GET is answered so.
#[track_caller]
fn wait_for(service: &Service, path: &str, text: &str) {
    let begin = Instant::now();
    while service.get(path).text() != text {
        assert!(begin.elapsed() < DEADLINE, "{path} is never {text}");
    }
}

/// All that comes until the connection is cut, which is expected.
fn cut(service: &Service, path: &str) -> String {
    let mut client = service.connect();
    client.send(get(path));
    let mut all = Vec::new();
    let error = client.stream.read_to_end(&mut all).err();
    let error = error.unwrap_or_else(|| panic!("{path} is not cut"));
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    String::from_utf8(all).expect("it is text")
}

/// Why a service of the module `service` does not start.
fn refuse(lines: &[&str]) -> String {
    let started = Micro::new()
        .modules_dir(libraries())
        .lines(lines.iter().copied())
        .start();
    started.err().expect("it does not start").to_string()
}

/// What `answers` does: the function, and the reason of its 500.
const WRONG: &[(&str, &str)] = &[
    ("nothing", "the handler is done without an answer"),
    ("pending", "the handler goes on without a future to poll"),
    ("unknown", "the handler is done without an answer"),
    (
        "status_0",
        "a handler answered with the status 0, which is none of 200 to 599",
    ),
    (
        "status_199",
        "a handler answered with the status 199, which is none of 200 to 599",
    ),
    (
        "status_600",
        "a handler answered with the status 600, which is none of 200 to 599",
    ),
    (
        "status_999",
        "a handler answered with the status 999, which is none of 200 to 599",
    ),
    (
        "status_huge",
        "a handler answered with the status 65736, which is none of 200 to 599",
    ),
    (
        "split",
        r"a handler set the header `X-One` to `1\r\nX-Injected: 2`",
    ),
    ("name_space", "a handler set the header `X One` to `1`"),
    ("name_empty", "a handler set the header `` to `1`"),
    (
        "framing",
        "a handler set the header `Content-Length` to `3`",
    ),
    ("type_bytes", "a handler set a media type that is not UTF-8"),
    ("value_bytes", "a handler set a header that is not UTF-8"),
    ("failure_bytes", "bad \u{fffd} bytes"),
    (
        "body_unknown",
        "a handler answered with a body of an unknown kind",
    ),
    (
        "stream_null",
        "a handler answered with a stream that cannot be polled",
    ),
    (
        "problem_200",
        "a handler answered with a failure whose status is none",
    ),
    (
        "bare_split",
        r"a handler set the header `X-One` to `1\r\nX-Injected: 2`",
    ),
    ("long_copy", LONG_BODY),
    ("long_static", LONG_BODY),
    ("long_owned", LONG_BODY),
    ("long_problem", LONG_BODY),
    ("long_type", LONG_TYPE),
    ("long_type_static", LONG_TYPE),
    ("long_type_static", LONG_TYPE),
    ("long_name", LONG_HEADER),
    ("long_value", LONG_HEADER),
    (
        "long_headers",
        "a handler set more headers than any memory holds",
    ),
];

const LONG_BODY: &str = "a handler answered with a body that is longer than any memory";
const LONG_TYPE: &str = "a handler set a media type that is longer than any memory";
const LONG_HEADER: &str = "a handler set a header that is longer than any memory";

#[test]
fn wrong_answers_are_made_right() {
    let right = [
        ("plain", "plain"),
        ("bare", "plain"),
        ("twice", "first"),
        ("pending_answered", "answered"),
        ("body_null", ""),
        ("owned_null", ""),
        ("origin_unknown", "plain"),
        ("releases", "0"),
        ("problem_bytes", ""),
    ];
    let all = right.iter().chain(WRONG).map(|(name, _)| *name);
    let all: BTreeSet<&str> = all.collect();
    let all: Vec<&str> = all.into_iter().collect();
    assert_told("answers", &all);
    let service = serve_functions("answers", &all, &[]);
    // One connection, which all of it leaves whole.
    let mut client = service.connect();
    let mut ask = |name: &str| {
        client.send(get(&format!("/{name}")));
        client.answer(false)
    };
    for (name, reason) in WRONG {
        let answer = ask(name);
        assert_internal(&answer, reason);
        let headers = answer.headers.iter().map(|(name, _)| name.as_str());
        let headers: Vec<&str> = headers.collect();
        let expected = ["date", "x-request-id", "content-type", "content-length"];
        assert_eq!(headers, expected, "{name}");
        ask("plain").is(200, "plain");
    }
    // That of `long_owned`.
    ask("releases").is(200, "1");
    for (name, text) in right.iter().take(7) {
        ask(name).is(200, text);
    }
    log::expect("ERROR a handler has answered twice; its second answer is left aside");
    ask("releases").is(200, "2");
    ask("problem_bytes").is_failure(400, "bad \u{fffd} bytes");
}

#[test]
fn a_failure_that_claims_to_be_a_text_is_not_dressed_as_one() {
    let lines = [
        "SERVER test 0 host=127.0.0.1",
        "ROUTE /plain$",
        "GET answers.bare",
        "RESPONSE html status=201",
        "ROUTE /bare_split$",
        "GET answers.bare_split",
        "RESPONSE html status=201",
    ];
    let service = serve_with(lines.map(str::to_owned).to_vec());
    let answer = service.get("/bare_split");
    assert_internal(
        &answer,
        r"a handler set the header `X-One` to `1\r\nX-Injected: 2`",
    );
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let answer = service.get("/plain");
    answer.is(201, "plain");
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8")
    );
}

#[test]
fn bodies_change_hands_once() {
    let all = [
        "echo",
        "released",
        "stream",
        "stream_length",
        "stream_short",
        "stream_long",
        "stream_fails",
        "stream_fails_first",
        "stream_waits",
        "stream_endless",
        "stream_unknown",
        "stream_huge",
        "open_streams",
    ];
    assert_told("bodies", &all);
    let service = serve_functions("bodies", &all, &[]);
    let large: Vec<u8> = (0..100_u32 << 20)
        .map(|at| (at.wrapping_mul(0x9e37_79b9) >> 24) as u8)
        .collect();
    let mut client = service.connect();
    for length in [0, 1, 16 << 10, (16 << 10) + 1, 1 << 20, 100 << 20] {
        client.send(format!(
            "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: {length}\r\n\r\n"
        ));
        client.send(&large[..length]);
        let answer = client.answer(false);
        let type_of = answer.header("content-type");
        assert_eq!(
            (answer.status, type_of),
            (200, Some("application/octet-stream"))
        );
        assert!(answer.body == large[..length], "{length} bytes");
    }
    // One whose peer does not take it.
    let mut gone = service.connect();
    gone.send(format!(
        "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n",
        32 << 20
    ));
    gone.send(&large[..32 << 20]);
    gone.stream
        .read_exact(&mut [0; 9])
        .expect("an answer begins");
    gone.reset();
    wait_for(&service, "/released", "7");

    for name in ["stream", "stream_waits"] {
        let answer = service.get(&format!("/{name}"));
        answer.is(200, "one, two, three");
        assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
    }
    let answer = service.get("/stream_length");
    answer.is(200, "one, two, three");
    assert_eq!(answer.header("content-length"), Some("15"));

    // What a reset takes with it may be missing, but nothing is there that should not be.
    for (name, length, most, reason) in [
        (
            "stream_short",
            "Content-Length: 20",
            "one, two, three",
            "the stream ended 5 bytes early",
        ),
        (
            "stream_long",
            "Content-Length: 10",
            "one, two, ",
            "the stream has more bytes than it said",
        ),
        (
            "stream_fails",
            "Transfer-Encoding: chunked",
            "5\r\none, \r\n5\r\ntwo, \r\n",
            "no third piece",
        ),
        (
            "stream_fails_first",
            "Transfer-Encoding: chunked",
            "",
            "no piece at all",
        ),
        (
            "stream_unknown",
            "Transfer-Encoding: chunked",
            "",
            "the stream gives 9, which says nothing of a piece",
        ),
        (
            "stream_huge",
            "Transfer-Encoding: chunked",
            "",
            "the stream gives a piece that is longer than any memory",
        ),
    ] {
        let all = cut(&service, &format!("/{name}"));
        if let Some((head, body)) = all.split_once("\r\n\r\n") {
            assert!(head.contains(length), "{head}");
            assert!(most.starts_with(body), "{name}: {body:?}");
        }
        let line = log::expect(&format!(" was cut: {reason}"));
        assert!(line.contains(" a streamed answer to 127.0.0.1:"), "{line}");
    }
    let mut client = service.connect();
    client.send(get("/stream_endless"));
    let mut pieces = vec![0; 4 << 20];
    client.stream.read_exact(&mut pieces).expect("it goes on");
    assert!(pieces.ends_with(b"xxxx"));
    drop(client);
    wait_for(&service, "/open_streams", "0");
    service.get("/released").is(200, "7");
}

#[test]
fn answers_come_later_or_never() {
    let answered = [
        ("thread", "/thread"),
        ("after", "after"),
        ("blocking", "worked"),
        ("promised", "later"),
        ("future", "in the end"),
        ("future_at_once", "at once"),
        ("future_undroppable", "at once"),
        ("future_promises", "later"),
        ("nested", "nested"),
    ];
    let wrong = [
        ("broken", "the responder was dropped without an answer"),
        ("future_nothing", "the handler is done without an answer"),
        ("future_unknown", "the handler is done without an answer"),
    ];
    let never = ["never", "future_never"];
    let mut all = vec!["call", "open_futures", "kept"];
    all.extend(answered.iter().chain(&wrong).map(|(name, _)| *name));
    all.extend(never);
    assert_told("waiting", &all);
    let service = serve_functions("waiting", &all, &[]);
    for (name, text) in answered {
        service.get(&format!("/{name}")).is(200, text);
    }
    // All at once, in one pipeline.
    let mut client = service.connect();
    client.send(answered.map(|(name, _)| get(&format!("/{name}"))).concat());
    for (_, text) in answered {
        client.answer(false).is(200, text);
    }
    for (name, reason) in wrong {
        assert_internal(&service.get(&format!("/{name}")), reason);
    }
    for name in never {
        let answer = service.get(&format!("/{name}"));
        answer.is_failure(503, "Service Unavailable");
        wait_for(&service, "/open_futures", "0");
    }
    // Peers that go before they are answered.
    for name in [
        "thread",
        "after",
        "blocking",
        "future",
        "future_never",
        "promised",
    ] {
        let mut client = service.connect();
        client.send(get(&format!("/{name}")));
        client.reset();
    }
    wait_for(&service, "/open_futures", "0");
    wait_for(&service, "/kept", "0");
    log::lines_with("INFO the request was kept");
    assert!(
        !log::all()
            .iter()
            .any(|line| line.contains("the request was changed"))
    );
}

#[test]
fn calls_of_connections_from_c_are_answered() {
    let service = serve_functions("waiting", &["call", "open_futures"], &[]);
    let nowhere = "the definition declares no connection `nowhere`";
    let no_array = "those by position are no JSON array";
    for (arguments, why) in [
        ("[1]", nowhere),
        ("{}", nowhere),
        (r#"{"id":7}"#, nowhere),
        ("", nowhere),
        (r#""text""#, no_array),
        ("7", no_array),
        ("null", no_array),
        (
            "[1",
            "they are not JSON: EOF while parsing a list at line 1 column 2",
        ),
        (
            "{",
            "they are not JSON: EOF while parsing an object at line 1 column 1",
        ),
    ] {
        let answer = service.get(&format!("/call?{arguments}"));
        answer.is(200, &format!("500: arguments: {why}"));
    }
    wait_for(&service, "/open_futures", "0");
}

#[test]
fn what_waits_in_c_when_the_service_ends_is_let_go() {
    for name in [
        "after",
        "blocking",
        "future",
        "future_never",
        "thread",
        "never",
    ] {
        let lines = [
            "after",
            "blocking",
            "future",
            "future_never",
            "thread",
            "never",
        ];
        let service = serve_functions("waiting", &lines, &[]);
        let mut client = service.connect();
        client.send(get(&format!("/{name}")));
        // The first end is graceful, the second one is at once.
        service.stopper.stop();
        service.end().expect("it ends well");
    }
}

/// Serves the module `service` in a color that no other has; gives the color, too.
fn serve_colored(before: &[&str]) -> (Service, String) {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let color = format!("color-{}.", NUMBER.fetch_add(1, Ordering::Relaxed));
    (serve_color(&color, before), color)
}

fn serve_color(color: &str, before: &[&str]) -> Service {
    let mut lines = vec![
        format!("CONFIG service.color default={color}"),
        "CONFIG service.empty".to_owned(),
        "CONFIG service.zzz default=last".to_owned(),
    ];
    lines.extend(before.iter().map(ToString::to_string));
    lines.extend(SERVICE.iter().map(ToString::to_string));
    serve_with(lines)
}

const SERVICE: &[&str] = &[
    "WRAP stamp service.stamp",
    "WRAP user service.user",
    "WRAP closed_door service.closed_door",
    "WRAP lost service.lost",
    "WRAP shortcut service.shortcut",
    "SERVER test 0 host=127.0.0.1",
    "ROUTE /color$",
    "GET service.color",
    "POST service.color wrap=stamp",
    "ROUTE /setting/{name}$",
    "GET service.setting",
    "ROUTE /settings$",
    "GET service.settings",
    "ROUTE /argument$",
    "POST service.argument",
    "CONTENT value is_required=false",
    "ROUTE /path/{value}$",
    "GET service.argument",
    "ROUTE /undeclared$",
    "GET service.argument",
    "ROUTE /peer$",
    "GET service.peer",
    "ROUTE /turns$",
    "GET service.turns",
    "ROUTE /whoami$",
    "GET service.whoami wrap=user",
    "POST service.whoami",
    "ROUTE /attached$",
    "GET service.attached",
    "ROUTE /doubled/{number:int}$",
    "GET service.doubled",
    "ROUTE /closed_door$",
    "GET service.color wrap=closed_door",
    "ROUTE /lost$",
    "GET service.color wrap=lost",
    "ROUTE /shortcut$",
    "GET service.color wrap=shortcut",
    "ROUTE /even/{value}$",
    "ARG service.even",
    "GET service.argument",
    "ROUTE /upper/{value}$",
    "ARG service.upper",
    "GET service.argument",
    "ROUTE /halves/{value}$",
    "ARG service.halves",
    "GET service.argument",
    "ROUTE /speechless/{value}$",
    "ARG service.speechless",
    "GET service.argument",
    "ROUTE /wordy/{value}$",
    "ARG service.wordy",
    "GET service.argument",
    "ROUTE /garbled/{value}$",
    "ARG service.garbled",
    "GET service.argument",
];

#[test]
fn each_function_of_a_module_with_a_state_does_its_work() {
    let tested = [
        "color",
        "setting",
        "settings",
        "argument",
        "peer",
        "turns",
        "whoami",
        "attached",
        "doubled",
        "stamp",
        "user",
        "closed_door",
        "lost",
        "shortcut",
        "even",
        "upper",
        "halves",
        "speechless",
        "wordy",
        "garbled", // here
        "ready",
        "ready_later",
        "fails",
        "fails_later",
        "fails_busy",
        "done_busy",
        "unknown",
        "pending",
        "turn", // below
    ];
    assert_told("service", &tested);
    let (service, color) = serve_colored(&[]);
    service.get("/color").is(200, &color);
    let stamped = service.send("POST", "/color", "text/plain", "");
    stamped.is(200, &color);
    assert_eq!(stamped.header("x-stamp"), Some(color.as_str()));
    service.get("/setting/service.color").is(200, &color);
    for missing in ["service.empty", "service.none", "service.color%00", "%20"] {
        let answer = service.get(&format!("/setting/{missing}"));
        answer.is_failure(404, "it has no value");
    }
    let settings = service.get("/settings");
    let lines: Vec<&str> = settings.text().lines().collect();
    assert!(
        lines.contains(&format!("service.color={color}").as_str()),
        "{lines:?}"
    );
    assert!(lines.contains(&"service.zzz=last"), "{lines:?}");
    assert!(lines.contains(&"server.test.port=0"), "{lines:?}");
    assert!(
        lines.is_sorted_by_key(|line| line.split('=').next()),
        "{lines:?}"
    );

    for (body, told) in [
        ("{}", "absent"),
        (r#"{"value": null}"#, "absent"),
        (r#"{"value": true}"#, "bool true"),
        (r#"{"value": false}"#, "bool false"),
        (r#"{"value": -12}"#, "int -12"),
        (
            r#"{"value": 18446744073709551615}"#,
            "uint 18446744073709551615",
        ),
        (r#"{"value": 2.5}"#, "float 2.5"),
        (r#"{"value": "w\u00f6rd"}"#, "text wörd"),
        (r#"{"value": "plain"}"#, "text plain"),
        (r#"{"value": [1, {"a": null}]}"#, r#"json [1,{"a":null}]"#),
    ] {
        let answer = service.send("POST", "/argument", "application/json", body);
        answer.is(200, told);
    }
    service.get("/path/w%C3%B6rd").is(200, "text wörd");
    service.get("/path/word").is(200, "text word");
    service.get("/undeclared").is(200, "undeclared");

    let mut client = service.connect();
    client.send(get("/peer"));
    let port = client
        .stream
        .get_ref()
        .local_addr()
        .expect("it is connected")
        .port();
    client.answer(false).is(200, &format!("4 7f000001 {port}"));

    service.get("/turns").is(200, "0");
    service.get("/doubled/-21").is(200, "-42");
    let answer = service.get("/doubled/9223372036854775807");
    answer.is_failure(400, "`number` is none that can be doubled");

    for name in ["ann", "w\u{f6}rd"] {
        let asked = format!("GET /whoami HTTP/1.1\r\nHost: test\r\nX-User: {name}\r\n\r\n");
        service.request(&asked).is(200, name);
    }
    service.get("/whoami").is_failure(401, "who are you?");
    let answer = service.send("POST", "/whoami", "text/plain", "");
    answer.is_failure(404, "nobody");
    service.get("/attached").is(200, "0");

    service
        .get("/closed_door")
        .is_failure(403, "the door is closed");
    assert_internal(
        &service.get("/lost"),
        "the handler is done without an answer",
    );
    service.get("/shortcut").is(202, "");

    service.get("/even/-4").is(200, "int -4");
    for odd in ["5", "x", "%F0%9F%98%80"] {
        let answer = service.get(&format!("/even/{odd}"));
        answer.is_failure(400, "invalid value for 'value': must be even");
    }
    service.get("/upper/w%C3%B6rd").is(200, "text WöRD");
    let answer = service.get("/upper/a%00b");
    answer.is_failure(400, "invalid value for 'value': must be text without NUL");
    service.get("/halves/5").is(200, "float 2.5");
    assert_internal(
        &service.get("/halves/nan"),
        "panic: a type has made a value that is none: its number is not finite",
    );
    assert_internal(
        &service.get("/speechless/x"),
        "panic: a type is done without a value",
    );
    service.get("/wordy/x").is(200, "int 1");
    assert_internal(
        &service.get("/garbled/x"),
        "panic: a type has made a value that is none: its text is not UTF-8",
    );
    service.end().expect("it ends well");
    let closed = log::expect(&format!("closed {color} "));
    assert_eq!(closed, format!("INFO closed {color} after 0 turns"));
}

#[test]
fn jobs_and_turns_of_c_are_called() {
    let (service, color) = serve_colored(&[
        "SETUP service.ready",
        "SETUP service.ready_later",
        "TASK later service.fails_later",
        "TASK busy service.fails_busy",
        "TASK never service.pending",
        "TASK done service.done_busy",
        "TASK unknown service.unknown",
        "USER service.turn",
        "TEARDOWN service.ready_later",
        "TEARDOWN service.ready",
    ]);
    log::expect(&format!("INFO ready {color}"));
    log::expect(&format!("INFO ready later {color}"));
    let begin = Instant::now();
    let turns = || -> u32 { service.get("/turns").text().parse().expect("a number") };
    let first = turns();
    while turns() < first.max(8) {
        assert!(begin.elapsed() < DEADLINE, "no turns");
    }
    log::lines_with("ERROR USER `service.turn` has failed, 1 times: a seventh turn");
    log::lines_with("ERROR task later has failed: no good later");
    log::lines_with("ERROR task busy has failed: no good, and busy");
    log::lines_with("ERROR task never has failed: the function goes on without a task to poll");
    log::lines_with("ERROR task done has failed: no good later");
    log::lines_with("ERROR task unknown has failed: the function gives 9, which says neither");
    service.end().expect("it ends well");
    let after = |text: &str| {
        let lines = log::all();
        let found = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.contains(text));
        found.map(|(at, _)| at).collect::<Vec<_>>()
    };
    // At the end in their order, and then the state is closed.
    let (ready, later) = (format!("ready {color}"), format!("ready later {color}"));
    let (ready, later) = (after(&ready), after(&later));
    let closed = after(&format!("closed {color} after "));
    assert_eq!((ready.len(), later.len(), closed.len()), (2, 2, 1));
    assert!(later[1] < ready[1] && ready[1] < closed[0]);
}

#[test]
fn a_state_of_c_that_does_not_open_is_told() {
    let lines = |color: &str, more: &[&str]| {
        let color = match color {
            "" => "CONFIG service.color".to_owned(),
            color => format!("CONFIG service.color default={color}"),
        };
        let lines = [
            "SERVER test 0 host=127.0.0.1",
            "ROUTE /$",
            "GET service.color",
        ];
        let color = [color.as_str()];
        let all: Vec<&str> = [&color, more, &lines].concat();
        refuse(&all)
    };
    assert_eq!(
        lines("", &[]),
        "error: module `service` cannot be opened: there is no color"
    );
    assert_eq!(
        lines("none", &[]),
        "error: module `service` cannot be opened: it did not open and does not say why"
    );
    for (job, said) in [
        ("fails", "no good"),
        ("fails_later", "no good later"),
        ("fails_busy", "no good, and busy"),
        ("done_busy", "no good later"),
        (
            "unknown",
            "the function gives 9, which says neither that it is done nor that it goes on",
        ),
        ("pending", "the function goes on without a task to poll"),
    ] {
        let color = format!("refused-{job}.");
        let setup = format!("SETUP service.{job}");
        let said = format!("error: `service.{job}` failed: {said}");
        assert_eq!(lines(&color, &[&setup]), said);
        log::expect(&format!("INFO closed {color} after 0 turns"));
    }
    // As the last to use the module.
    let color = "torn-down.";
    let before = [format!("CONFIG service.color default={color}")];
    let rest = [
        "TEARDOWN service.fails_busy",
        "SERVER test 0 host=127.0.0.1",
        "ROUTE /$",
        "GET ping.ping",
    ];
    let rest = rest.iter().map(ToString::to_string);
    let service = serve_with(before.into_iter().chain(rest).collect());
    let ended = service.end().expect_err("its end has failed");
    assert_eq!(
        ended,
        "error: `service.fails_busy` failed: no good, and busy"
    );
    let lines = log::all();
    let at = |text: &str| lines.iter().position(|line| line.contains(text));
    let dropped = at(&format!("not busy {color}")).expect("the task is dropped");
    assert!(dropped < at(&format!("closed {color}")).expect("it is closed"));
}

#[test]
fn a_state_stays_open_as_long_as_what_its_open_has_spawned() {
    assert_told("spawning", &["name", "end"]);
    log::begin_with_panics();
    let build = |name: &str| {
        Micro::new().modules_dir(libraries()).lines([
            &format!("CONFIG spawning.name default={name}"),
            "SERVER test 0 host=127.0.0.1",
            "ROUTE /name$\nGET spawning.name",
            "ROUTE /end$\nGET spawning.end",
        ])
    };
    let refused = build("refused").start().err().expect("it does not start");
    assert_eq!(
        refused.to_string(),
        "error: module `spawning` cannot be opened: it is refused"
    );
    let mut running = build("old").start().expect("it starts");
    let address = running.address("test").expect("it listens");
    let ask = |running: &mut Running, path: &'static str, text: &'static str| {
        let asked = async move {
            let asked = micro_api::blocking(move || {
                let mut client = Client::to(address);
                client.send(get(path));
                client.answer(false).is(200, text);
            });
            asked.await.expect("the client is content");
        };
        running.wait(asked).expect("the loop runs");
    };
    ask(&mut running, "/name", "old");
    let new = build("new");
    let replaced = running.replace(&new, &new.load());
    replaced.expect("it takes over at once");
    ask(&mut running, "/name", "new");
    // The old service has gone, and its task goes on.
    let line_of = |text: &str| log::all().iter().position(|line| line.contains(text));
    assert_eq!(line_of("closed old"), None);
    ask(&mut running, "/end", "over");
    let begin = Instant::now();
    while line_of("closed old").is_none() {
        assert!(begin.elapsed() < DEADLINE, "it is never closed");
        let pause = micro_api::sleep(Duration::from_millis(1));
        running.wait(pause).expect("the loop runs");
    }
    assert!(line_of("the task of old has ended") < line_of("closed old"));
    running.stopper().stop();
    running.run().expect("it ends well");
    assert!(line_of("the task of new has ended") < line_of("closed new"));
    log::expect("INFO closed new");
    // What did not open is not closed.
    assert!(!log::all().contains(&"INFO closed refused".to_owned()));
    assert_eq!(line_of("the state of "), None);
}

#[test]
fn a_null_state_is_a_state() {
    let service = serve_color("null", &[]);
    service.get("/color").is(200, "null");
    let asked = "GET /whoami HTTP/1.1\r\nHost: test\r\nX-User: ann\r\n\r\n";
    service.request(asked).is(200, "ann");
    service.get("/turns").is(200, "0");
    service.end().expect("it ends well");
}

#[test]
fn what_is_attached_is_dropped_before_the_state_is_closed() {
    // Another module keeps the requests, and is closed last or first.
    for (at, order) in [["faults", "service"], ["service", "faults"]]
        .iter()
        .enumerate()
    {
        let mut lines = vec![
            format!("MODULE faults {}", library::faults().display()),
            format!("CONFIG service.color default=kept-{at}."),
            format!("CONFIG faults.name default=keeper-{at}."),
            "WRAP user service.user".to_owned(),
            "WRAP mark faults.mark".to_owned(),
        ];
        // The one that is named last is held longest.
        lines.extend(order.map(|module| format!("USER {module}.turn")));
        lines.push("SERVER test 0 host=127.0.0.1\nROUTE /keep$".to_owned());
        lines.push("POST faults.keep wrap=user\nPUT faults.keep wrap=mark".to_owned());
        lines.push(
            "ROUTE /kept$\nGET faults.kept\nROUTE /attached$\nGET service.attached".to_owned(),
        );
        let service = serve_with(
            lines
                .iter()
                .flat_map(|line| line.lines())
                .map(str::to_owned)
                .collect(),
        );
        for (count, method) in ["POST", "POST", "PUT", "POST"].iter().enumerate() {
            let asked = format!(
                "{method} /keep HTTP/1.1\r\nHost: test\r\nX-User: ann\r\nContent-Length: 0\r\n\r\n"
            );
            service.request(&asked).is(200, &(count + 1).to_string());
        }
        service.get("/attached").is(200, "3");
        assert_eq!(service.get("/kept").json()[2]["user"], "ann");
        service.end().expect("it ends well");
        log::expect(&format!("INFO closed kept-{at}. after "));
        log::expect(&format!("INFO keeper-{at}. is closed"));
    }
    assert!(
        !log::all()
            .iter()
            .any(|line| line.contains("a name is left"))
    );
}

#[test]
fn the_example_in_c() {
    let service = serve_started_hello();
    service.get("/hello/ann").is(200, "hello ann");
    service.get("/hello/w%C3%B6rd").is(200, "hello wörd");
    let begin = Instant::now();
    service.get("/later/0.03").is(200, "well rested");
    assert!(begin.elapsed() >= Duration::from_millis(30));
    service.get("/later/61").is_failure(400, "0 to 60 seconds");
    let answer = service.send("POST", "/echo", "application/json", r#"{"a": 1}"#);
    answer.is(200, r#"{"a": 1}"#);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let answer = service.send("POST", "/echo", "application/json", "");
    answer.is_failure(400, "send some JSON");
}

/// `examples/c/hello.micro`, at a free port of this machine alone.
fn serve_started_hello() -> Service {
    let variables = [("PORT", "0"), ("HOST", "127.0.0.1")];
    let variables =
        variables.map(|(name, value)| (format!("SERVER_HELLO_{name}"), value.to_owned()));
    support::serve_named("hello", move || {
        Micro::new()
            .modules_dir(libraries())
            .environment(variables)
            .definition(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/examples/c/hello.micro"
            ))
    })
}
