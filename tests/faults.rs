//! That the border holds: whatever goes wrong in a module, linked or loaded, the peer gets its
//! answer, the log says what it was, and the service goes on.

#[path = "modules/faults.rs"]
mod faults;
#[path = "support/library.rs"]
mod library;
#[path = "support/log.rs"]
mod log;
#[path = "support/program.rs"]
mod program;
mod support;

use std::io::Read;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use micro::Micro;
use micro_api::{Value, json};
use rustix::process::Signal;
use support::{Answer, Client, DEADLINE, Service, get, serve};

/// Where the module comes from.
#[derive(Clone, Copy, Debug)]
enum Origin {
    Linked,
    Loaded,
}

const ORIGINS: [Origin; 2] = [Origin::Linked, Origin::Loaded];

/// A service of the module, with settings and lines of its own.
struct Faults {
    origin: Origin,
    lines: Vec<String>,
    name: String,
    variables: Vec<(String, String)>,
    grace: Duration,
}

impl Faults {
    /// A service that the log calls by a name that no other has.
    fn new(origin: Origin, name: &str) -> Faults {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        log::begin_with_panics();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{name}-{origin:?}-{number}.");
        Faults {
            origin,
            lines: vec![format!("CONFIG faults.name default={name}")],
            name,
            variables: Vec::new(),
            grace: Duration::from_secs(30),
        }
    }

    fn set(mut self, setting: &str, value: &str) -> Faults {
        let line = format!("CONFIG faults.{setting} default={value}");
        self.lines.push(line);
        self
    }

    fn line(mut self, line: &str) -> Faults {
        self.lines.push(line.to_owned());
        self
    }

    fn build(self) -> Micro {
        let micro = Micro::new().environment(self.variables).grace(self.grace);
        let (micro, place) = match self.origin {
            Origin::Linked => (micro.module(faults::module()), None),
            Origin::Loaded => (micro, Some(library::faults())),
        };
        let place = place.map(|path| format!("MODULE faults {}", path.display()));
        let lines = place.into_iter().chain(self.lines);
        micro.lines(lines.chain(LINES.iter().map(ToString::to_string)))
    }

    fn serve(self) -> Service {
        serve(|| self.build())
    }

    /// Why it does not start.
    fn refuse(self) -> String {
        let started = self.build().start();
        started.err().expect("it does not start").to_string()
    }
}

const LINES: &[&str] = &[
    "WRAP mark faults.mark",
    "WRAP before faults.before",
    "WRAP after faults.after",
    "WRAP cancel faults.cancel",
    "WRAP made_up faults.made_up",
    "WRAP promises faults.promises",
    "SERVER test 0 host=127.0.0.1",
    "ROUTE /plain$",
    "GET faults.plain",
    "ROUTE /later$",
    "GET faults.later",
    "ROUTE /count$",
    "GET faults.count",
    "POST faults.count_later",
    "ROUTE /fields/{number:int}/{word}$",
    "POST faults.fields",
    "CONTENT list",
    "ROUTE /echo$",
    "POST faults.echo",
    "ROUTE /convert/{value}$",
    "ARG faults.kind",
    "GET faults.converted",
    "ROUTE /content$",
    "POST faults.converted",
    "CONTENT value faults.kind",
    "ROUTE /user$",
    "GET faults.user wrap=mark",
    "POST faults.user",
    "ROUTE /thread$",
    "GET faults.thread",
    "ROUTE /spawned$",
    "GET faults.spawned",
    "ROUTE /blocked$",
    "GET faults.blocked",
    "ROUTE /stream/{how}$",
    "GET faults.stream",
    "ROUTE /panic/{how}$",
    "GET faults.panic",
    "ROUTE /panic_first/{how}$",
    "GET faults.panic_first",
    "ROUTE /panic_slept/{how}$",
    "GET faults.panic_slept",
    "ROUTE /panic_woken/{how}$",
    "GET faults.panic_woken",
    "ROUTE /panic_blocked/{how}$",
    "GET faults.panic_blocked",
    "ROUTE /panic_spawned/{how}$",
    "GET faults.panic_spawned",
    "ROUTE /before/{how}$",
    "GET faults.plain wrap=before",
    "POST faults.hold wrap=before",
    "ROUTE /after/{how}$",
    "GET faults.plain wrap=after",
    "POST faults.later wrap=after",
    "ROUTE /cancel/{how}$",
    "GET faults.later wrap=cancel",
    "POST faults.hold wrap=cancel",
    "PUT faults.promise wrap=cancel",
    "ROUTE /hold/{how}$",
    "GET faults.hold",
    "POST faults.hold timeout=50ms",
    "ROUTE /attach$",
    "GET faults.attach",
    "ROUTE /dropped$",
    "GET faults.dropped",
    "ROUTE /forgotten$",
    "GET faults.forgotten timeout=50ms",
    "ROUTE /twice$",
    "GET faults.twice",
    "ROUTE /promise$",
    "GET faults.promise",
    "POST faults.promise timeout=50ms",
    "PUT faults.keep_promises",
    "ROUTE /outlive$",
    "GET faults.outlive",
    "ROUTE /keep/{word}$",
    "POST faults.keep wrap=mark",
    "CONTENT list",
    "PUT faults.keep",
    "ROUTE /kept$",
    "GET faults.kept",
    "ROUTE /thread_local$",
    "GET faults.thread_local",
    "ROUTE /made_up$",
    "GET faults.path wrap=made_up",
    "POST faults.spawned wrap=made_up",
    "ROUTE /promises/{how}$",
    "GET faults.plain wrap=promises",
    "POST faults.later wrap=promises",
    "PUT faults.thread wrap=promises",
    "ROUTE /tested$",
    "GET faults.tested",
    "ROUTE /break_log$",
    "GET faults.break_log",
    "ROUTE /panic_waking$",
    "GET faults.panic_waking",
];

/// Checks the same of a 500, and that the log has its reason under its id.
#[track_caller]
fn assert_internal(answer: &Answer, reason: &str) {
    answer.is_failure(500, "Internal Server Error");
    log::expect(&format!("ERROR {} {reason}", answer.id()));
}

/// Checks that the log has the place and words of a panic in the module.
#[track_caller]
fn assert_panic(words: &str) {
    let start = "ERROR panic at tests/modules/faults.rs:";
    let end = format!(": {words}");
    log::lines_with(&end);
    let lines = log::all();
    let mut places = lines
        .iter()
        .filter_map(|line| line.strip_prefix(start)?.strip_suffix(&*end));
    let place = places
        .next()
        .unwrap_or_else(|| panic!("no {words} with its place"));
    let mut numbers = place.split(':');
    assert!(
        numbers.all(|number| number.parse::<u32>().is_ok()),
        "{place}"
    );
    assert_eq!(places.next(), None, "{words} twice");
}

/// Checks that the service goes on.
#[track_caller]
fn assert_alive(service: &Service) {
    service.get("/plain").is(200, "plain");
    service.get("/later").is(201, "1");
}

/// What comes on a connection before it is cut or ended, behind the head of the answer.
fn rest(client: &mut Client) -> (String, Vec<u8>) {
    let mut all = Vec::new();
    let _ = client.stream.read_to_end(&mut all);
    let end = all.windows(4).position(|four| four == b"\r\n\r\n");
    let body = end.map_or_else(Vec::new, |end| all.split_off(end + 4));
    (String::from_utf8(all).expect("heads are ASCII"), body)
}

#[test]
fn both_answer_alike() {
    for origin in ORIGINS {
        let service = Faults::new(origin, "fields").set("setting", "here").serve();
        service.get("/plain").is(200, "plain");
        service.get("/later").is(201, "1");
        service.get("/count").is(200, "1");
        let counted = service.send("POST", "/count", "text/plain", "");
        counted.is(200, "2");
        service.get("/thread").is(202, "from a thread");
        service.get("/spawned").is(200, "/spawned");
        service.get("/blocked").is(200, "worked");
        service.get("/twice").is(200, "second");
        service.get("/none").is_failure(404, "Not Found");

        let answer = service.request(
            "POST /fields/-7/w%C3%B6rd?a=1&b=%2B HTTP/1.1\r\nHost: test\r\nX-One: 1\r\nX-Two: \
             2\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n{\"list\": [1, null]}",
        );
        let expected = json!({
            "method": "POST",
            "path": "/fields/-7/w%C3%B6rd",
            "query": "a=1&b=%2B",
            "pairs": [["a", "1"], ["b", "+"]],
            "headers": ["X-One=1", "X-Two=2"],
            "body": "{\"list\": [1, null]}",
            "peer": "127.0.0.1",
            "id": 16,
            "names": ["number", "word", "list"],
            "number": -7,
            "word": "wörd",
            "list": [1, null],
            "setting": "here",
            "state": true,
        });
        assert_eq!(answer.json(), expected);

        for how in ["well", "slow"] {
            let answer = service.get(&format!("/stream/{how}"));
            answer.is(200, "1,2,3,");
            assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
        }
        let answer = service.get("/stream/sized");
        answer.is(200, "1,2,3,");
        assert_eq!(answer.header("content-length"), Some("6"));

        let user = "GET /user HTTP/1.1\r\nHost: test\r\nX-User: ann\r\n\r\n";
        let answer = service.request(user);
        answer.is(200, "ann");
        assert_eq!(answer.header("x-mark"), Some("1"));
        assert_eq!(service.send("POST", "/user", "text/plain", "").status, 404);
        service.get("/convert/good").is(200, r#"{"text":"good"}"#);
        let form = "application/x-www-form-urlencoded";
        let answer = service.send("POST", "/content", form, "value=good");
        answer.is(200, r#"{"text":"good"}"#);
        let answer = service.get("/convert/bad");
        assert_eq!(answer.status, 400);
        let length = "fields-Linked-10.".len();
        let message = answer.json()["error"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let start = "invalid value for 'value': must not be bad for ";
        let said = message
            .strip_prefix(start)
            .and_then(|rest| rest.parse::<usize>().ok());
        assert!(
            said.is_some_and(|said| said.abs_diff(length) < 3),
            "{message}"
        );
    }
}

#[test]
fn a_panic_is_a_500_with_an_id_and_the_log_has_its_words_and_place() {
    for origin in ORIGINS {
        let service = Faults::new(origin, "panics").serve();
        for place in [
            "panic",
            "panic_first",
            "panic_slept",
            "panic_woken",
            "before",
            "after",
        ] {
            let answer = service.get(&format!("/{place}/words"));
            let words = format!("boom of {}", answer.id());
            assert_internal(&answer, &format!("panic: {words}"));
            assert_panic(&words);
            let answer = service.get(&format!("/{place}/number"));
            assert_internal(&answer, "panic: no message");
            // What was thrown panics when it is dropped.
            let answer = service.get(&format!("/{place}/bomb"));
            assert_internal(&answer, "panic: no message");
            assert_panic(&format!("bomb of {}", answer.id()));
            assert_alive(&service);
        }
        // The wrapper's panic is also that of a handler that waits.
        let answer = service.send("POST", "/after/words", "text/plain", "");
        assert_internal(&answer, &format!("panic: boom of {}", answer.id()));
    }
}

#[test]
fn a_panic_in_blocking_work_is_a_500() {
    for origin in ORIGINS {
        let service = Faults::new(origin, "blocking").serve();
        let answer = service.get("/panic_blocked/words");
        let words = format!("boom of {}", answer.id());
        assert_internal(&answer, &format!("panic in blocking work: {words}"));
        assert_panic(&words);
        for how in ["number", "bomb"] {
            let answer = service.get(&format!("/panic_blocked/{how}"));
            assert_internal(&answer, "panic in blocking work: no message");
        }
        service.get("/blocked").is(200, "worked");
        assert_alive(&service);
    }
}

#[test]
fn a_panic_in_a_spawned_future_is_told_to_the_log() {
    for origin in ORIGINS {
        let service = Faults::new(origin, "spawned").serve();
        for how in ["words", "number", "bomb"] {
            let answer = service.get(&format!("/panic_spawned/{how}"));
            answer.is(200, "spawned");
            let words = match how {
                "words" => format!("boom of {}", answer.id()),
                "bomb" => format!("bomb of {}", answer.id()),
                _ => continue,
            };
            assert_panic(&words);
            if how == "words" {
                log::expect(&format!(
                    "ERROR a background task has failed: panic: {words}"
                ));
            }
        }
        assert_alive(&service);
    }
}

#[test]
fn a_panic_in_a_type_is_a_500() {
    for origin in ORIGINS {
        let faults = Faults::new(origin, "type");
        let label = faults.name.clone();
        let service = faults.serve();
        let form = "application/x-www-form-urlencoded";
        for (how, said) in [
            ("words", format!("boom of {label}")),
            ("number", "no message".to_owned()),
            ("bomb", "no message".to_owned()),
        ] {
            let path = format!("/convert/{how}:{label}{how}");
            let said = said.replace(&label, &format!("{label}{how}"));
            assert_internal(&service.get(&path), &format!("panic: {said}"));
            let body = format!("value={how}:{label}content");
            let answer = service.send("POST", "/content", form, &body);
            answer.is_failure(500, "Internal Server Error");
        }
        assert_panic(&format!("boom of {label}words"));
        assert_panic(&format!("bomb of {label}bomb"));
        assert_alive(&service);
    }
}

#[test]
fn a_panic_in_a_drop_ends_there() {
    for origin in ORIGINS {
        let faults = Faults::new(origin, "drop");
        let label = faults.name.clone();
        let service = faults.serve();
        let left = |what: &str| {
            log::expect(&format!(
                "ERROR while dropping what a handler left: panic: {what}"
            ));
            assert_panic(what);
        };
        // A future, because the handler's time is over.
        let path = format!("/hold/{label}time");
        let answer = service.send("POST", &path, "text/plain", "");
        answer.is_failure(503, "Service Unavailable");
        left(&format!("bomb of {label}time"));
        // A future, because the client has gone.
        let mut client = service.connect();
        client.send(get(&format!("/hold/{label}gone")));
        client.reset();
        left(&format!("bomb of {label}gone"));
        // A future, because its wrapper lets it go.
        let path = format!("/cancel/{label}cancelled");
        let answer = service.send("POST", &path, "text/plain", "");
        answer.is(200, "ready: false");
        left(&format!("bomb of {label}cancelled"));
        service.get("/cancel/x").is(200, "ready: false");
        // Attachments, two of one request.
        let answer = service.get("/attach");
        assert_eq!(answer.status, 200);
        left(&format!("bomb of 2 at {}", answer.id()));
        assert_panic(&format!("bomb of 1 at {}", answer.id()));
        // A stream at its end, and one whose client has gone.
        let answer = service.get("/stream/drop");
        answer.is(200, "1,2,3,");
        left(&format!("bomb of {}", answer.id()));
        let mut client = service.connect();
        client.send(get("/stream/silent"));
        let mut head = [0; 160];
        client.stream.read_exact(&mut head).expect("a head comes");
        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let (_, streamed) = head.split_once("x-request-id: ").expect("it has an id");
        client.reset();
        left(&format!("bomb of {}", &streamed[..16]));
        assert_alive(&service);
    }
}

#[test]
fn a_panic_in_a_stream_cuts_the_answer() {
    for origin in ORIGINS {
        let service = Faults::new(origin, "stream").serve();
        for (how, said) in [
            ("panic_first", "panic: stream of ID"),
            ("panic", "panic: stream of ID"),
            ("bomb", "panic: no message"),
            ("error", "no second of ID"),
        ] {
            let mut client = service.connect();
            client.send(get(&format!("/stream/{how}")));
            let (head, body) = rest(&mut client);
            // A reset may take the head with it.
            assert!(!body.ends_with(b"0\r\n\r\n"), "{how} is not whole");
            let lines = |id: &str| {
                let said = said.replace("ID", id);
                log::expect(&format!("ERROR {id} a streamed answer to 127.0.0.1"));
                log::lines_with(&format!(" was cut: {said}"));
            };
            let head = head.to_ascii_lowercase();
            if let Some((_, id)) = head.split_once("x-request-id: ") {
                lines(&id[..16]);
            }
        }
        let answer = service.get("/stream/length");
        assert_internal(&answer, &format!("panic: length of {}", answer.id()));
        assert_alive(&service);
    }
}

#[test]
fn a_service_that_cannot_be_set_up_says_why() {
    for origin in ORIGINS {
        for (setting, value, expected) in [
            (
                "open",
                "panic",
                "module `faults` cannot be opened: panic: open of NAME",
            ),
            (
                "open",
                "bomb",
                "module `faults` cannot be opened: panic: no message",
            ),
            (
                "open",
                "error",
                "module `faults` cannot be opened: no open for NAME",
            ),
            (
                "setup",
                "panic",
                "`faults.setup` failed: panic: setup of NAME",
            ),
            ("setup", "bomb", "`faults.setup` failed: panic: no message"),
            ("setup", "error", "`faults.setup` failed: no setup for NAME"),
        ] {
            let faults = Faults::new(origin, setting).line("SETUP faults.setup");
            let name = faults.name.clone();
            let said = faults.set(setting, value).refuse();
            assert_eq!(said, format!("error: {}", expected.replace("NAME", &name)));
            match value {
                "panic" => assert_panic(&format!("{setting} of {name}")),
                "bomb" => assert_panic(&format!("bomb of {setting} of {name}")),
                _ => {}
            }
            // What was opened is closed.
            if setting == "setup" {
                log::expect(&format!("{name} is closed"));
            }
        }
    }
}

#[test]
fn a_panic_in_a_task_or_a_turn_is_told_to_the_log() {
    for origin in ORIGINS {
        for value in ["panic", "bomb", "error"] {
            let faults = Faults::new(origin, "task").line("TASK clock faults.task");
            let name = faults.name.clone();
            let service = faults.set("task", value).serve();
            match value {
                "panic" => {
                    assert_panic(&format!("task of {name}"));
                    log::expect(&format!(
                        "ERROR task clock has failed: panic: task of {name}"
                    ));
                }
                "bomb" => assert_panic(&format!("bomb of task of {name}")),
                _ => {
                    log::expect(&format!("ERROR task clock has failed: no task for {name}"));
                }
            }
            assert_alive(&service);
        }
        for value in ["panic", "bomb"] {
            let faults = Faults::new(origin, "turn").line("USER faults.turn");
            let name = faults.name.clone();
            let service = faults.set("turn", value).serve();
            match value {
                "panic" => log::lines_with(&format!(
                    "ERROR USER `faults.turn` has failed, 2 times: panic: turn of {name}"
                )),
                _ => log::lines_with(&format!("bomb of turn of {name}")),
            };
            assert_alive(&service);
        }
    }
}

#[test]
fn a_panic_at_the_end_is_told_and_does_not_keep_it_from_ending() {
    for origin in ORIGINS {
        for value in ["panic", "bomb", "error"] {
            let faults = Faults::new(origin, "end").line("TEARDOWN faults.teardown");
            let name = faults.name.clone();
            let service = faults.set("teardown", value).set("close", value).serve();
            assert_alive(&service);
            let ended = service.end().expect_err("its end has failed");
            let said = match value {
                "panic" => format!("panic: teardown of {name}"),
                "bomb" => "panic: no message".to_owned(),
                _ => format!("no teardown for {name}"),
            };
            assert_eq!(ended, format!("error: `faults.teardown` failed: {said}"));
            log::expect(&format!("{name} is torn down"));
            log::expect(&format!("{name} is closed"));
            match value {
                "panic" => assert_panic(&format!("close of {name}")),
                "bomb" => assert_panic(&format!("bomb of close of {name}")),
                _ => {}
            }
        }
    }
}

#[test]
fn an_answer_that_never_comes_is_one_of_ours() {
    for origin in ORIGINS {
        let service = Faults::new(origin, "never").serve();
        let answer = service.get("/dropped");
        assert_internal(&answer, "the responder was dropped without an answer");
        let answer = service.get("/forgotten");
        answer.is_failure(503, "Service Unavailable");
        log::expect(&format!(
            "ERROR {} the handler did not answer in time",
            answer.id()
        ));
        assert_alive(&service);
    }
}

#[test]
fn an_answer_that_comes_too_late_goes_nowhere() {
    for origin in ORIGINS {
        let service = Faults::new(origin, "late").serve();
        let keep_promises = |expected: &str| {
            let answer = service.send("PUT", "/promise", "text/plain", "");
            answer.is(200, expected);
        };
        // In time.
        let mut client = service.connect();
        client.send(get("/promise"));
        assert_alive(&service);
        keep_promises("1");
        client.answer(false).is(200, "better late than never");
        // After the handler's time; the connection goes on.
        client.send("POST /promise HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(client.answer(false).status, 503);
        keep_promises("1");
        client.send(get("/plain"));
        client.answer(false).is(200, "plain");
        // After the client has gone.
        for _ in 0..3 {
            let mut client = service.connect();
            client.send(get("/promise"));
            client.send(get("/plain"));
            client.reset();
        }
        assert_alive(&service);
        let answer = service.send("PUT", "/cancel/x", "text/plain", "");
        answer.is(200, "ready: false");
        let answer = service.send("PUT", "/promise", "text/plain", "");
        // The one that the wrapper has cancelled is among them.
        let kept: u32 = answer.text().parse().expect("a number");
        assert!((1..=4).contains(&kept), "{kept}");
        assert_alive(&service);
    }
}

#[test]
fn what_is_kept_beyond_the_end_of_a_service_does_no_harm() {
    for origin in ORIGINS {
        let mut faults = Faults::new(origin, "outlive");
        faults.grace = Duration::ZERO;
        let name = faults.name.clone();
        let service = faults.serve();
        let mut clients = [service.connect(), service.connect(), service.connect()];
        clients[0].send(get("/outlive"));
        clients[1].send(get("/promise"));
        clients[2].send(get("/thread_local"));
        assert_eq!(clients[2].answer(false).text(), "left");
        let answer = service.send("POST", "/keep/x", "application/json", r#"{"list": []}"#);
        answer.is(200, "1");
        assert_alive(&service);
        service.end().expect("it ends well");
        log::expect(&format!("{name} is closed"));
        log::expect(&format!("{name} was outlived"));
    }
}

#[test]
fn a_request_that_is_kept_stays_what_it_was() {
    for origin in ORIGINS {
        let service = Faults::new(origin, "kept").set("setting", "here").serve();
        let mut client = service.connect();
        let mut expected = Vec::new();
        for at in 0..20 {
            let list = json!({"list": [at, "x".repeat(at * 997)]}).to_string();
            let request = format!(
                "POST /keep/{at}%2F HTTP/1.1\r\nHost: test\r\nX-Label: {at}\r\nX-User: u{at}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{list}",
                list.len()
            );
            // The next request is in the same read.
            client.send(request + &get("/none/at/all"));
            let answer = client.answer(false);
            assert_eq!(answer.text(), (at + 1).to_string());
            assert_eq!(client.answer(false).status, 404);
            expected.push(json!({
                "path": format!("/keep/{at}%2F"),
                "word": format!("{at}/"),
                "list": [at, "x".repeat(at * 997)],
                "label": at.to_string(),
                "body": list,
                "id": answer.id(),
                "setting": "here",
                "user": format!("u{at}"),
            }));
        }
        for at in 0..200 {
            client.send(get(&format!("/fill/{at}/{}", "y".repeat(at * 13))));
            assert_eq!(client.answer(false).status, 404);
        }
        drop(client);
        assert_eq!(service.get("/kept").json(), Value::from(expected));
    }
}

#[test]
fn a_body_of_100_mib_comes_back_whole() {
    const BYTES: usize = 100 << 20;
    let body: Vec<u8> = (0..BYTES as u32)
        .map(|at| (at.wrapping_mul(0x9e37_79b9) >> 24) as u8)
        .collect();
    for origin in ORIGINS {
        let mut faults = Faults::new(origin, "large");
        let limit = "SERVER_TEST_HTTP_MAX_CONTENT_LENGTH";
        faults
            .variables
            .push((limit.to_owned(), "100MiB".to_owned()));
        let service = faults.serve();
        for keeps in [false, true] {
            let mut client = service.connect();
            let asked = if keeps { "PUT /keep/x" } else { "POST /echo" };
            client.send(format!(
                "{asked} HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain\r\n\
                 Content-Length: {BYTES}\r\n\r\n"
            ));
            client.send(&body);
            let answer = client.answer(false);
            match keeps {
                true => answer.is(200, "1"),
                false => assert!(answer.body == body, "{} bytes", answer.body.len()),
            }
            client.send(get("/plain"));
            client.answer(false).is(200, "plain");
        }
        let mut client = service.connect();
        client.send(format!(
            "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n",
            BYTES + 1
        ));
        assert_eq!(client.answer(false).status, 413);
    }
}

#[test]
fn a_large_body_takes_no_more_memory_than_it_and_its_answer() {
    const BYTES: usize = 100 << 20;
    const MIB: usize = 1 << 20;
    let definition = "SERVER test 0 host=127.0.0.1\n\
                      ROUTE /linked$\nPOST echo.echo\nROUTE /loaded$\nPOST faults.echo\n";
    let module = format!("MODULE faults {}\n", library::faults().display());
    let folder = program::folder(&[("a.micro", &(module + definition))]);
    let mut command = program::program();
    command
        .arg("a.micro")
        .env("SERVER_TEST_HTTP_MAX_CONTENT_LENGTH", "100MiB")
        .current_dir(folder.path());
    let mut process = program::Process::start(command.stdout(Stdio::piped()));
    let lines = process.lines();
    let address = lines.address();
    let memory = |what: &str| {
        let status = std::fs::read_to_string(format!("/proc/{}/status", process.child.id()));
        let status = status.expect("the process is there");
        let line = status.lines().find(|line| line.starts_with(what));
        let words = line.expect("it is told").split_whitespace();
        let kib = words.filter_map(|word| word.parse::<usize>().ok()).next();
        kib.expect("a number") << 10
    };
    let before = memory("VmRSS:");
    let body = vec![b'x'; BYTES];
    for path in ["/linked", "/loaded", "/loaded"] {
        let mut client = Client::to(address);
        client.send(format!(
            "POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {BYTES}\r\n\r\n"
        ));
        client.send(&body);
        assert!(client.answer(false).body == body);
        let most = memory("VmHWM:") - before;
        assert!(most < 2 * BYTES + 16 * MIB, "{} MiB", most / MIB);
        drop(client);
        let begin = Instant::now();
        while memory("VmRSS:") > before + 16 * MIB {
            assert!(
                begin.elapsed() < DEADLINE,
                "it keeps {} MiB",
                memory("VmRSS:") / MIB
            );
            thread::yield_now();
        }
    }
    process.end(Signal::TERM);
}

#[test]
fn a_thousand_requests_at_once_are_answered_in_order() {
    for origin in ORIGINS {
        let service = Faults::new(origin, "pipeline").serve();
        let paths = [
            ("/plain", 200),
            ("/later", 201),
            ("/panic/words", 500),
            ("/count", 200),
            ("/thread", 202),
            ("/panic_slept/bomb", 500),
            ("/stream/well", 200),
            ("/attach", 200),
        ];
        let paths = paths.iter().cycle().take(1_000);
        let mut client = service.connect();
        let all: String = paths.clone().map(|(path, _)| get(path)).collect();
        client.send(all);
        let mut counted = 0;
        for (path, status) in paths {
            let answer = client.answer(false);
            assert_eq!(answer.status, *status, "{path}");
            if *path == "/count" {
                counted += 1;
                assert_eq!(answer.text(), counted.to_string());
            }
        }
        assert_alive(&service);
    }
}

#[test]
fn a_request_that_a_wrapper_has_made_up_is_told_from_those_of_the_program() {
    let begin = |origin| Faults::new(origin, "made_up").serve();
    // Here both origins differ on purpose. A module that is linked shares the program's copy of
    // `micro-api`, and so makes requests as the program does.
    let service = begin(Origin::Linked);
    service.get("/made_up").is(200, "/made-up");
    let answer = service.send("POST", "/made_up", "text/plain", "");
    answer.is(200, "/made-up");
    assert_alive(&service);
    // One that is loaded has a copy of its own. The program cannot look into what that has made,
    // and must not try.
    let service = begin(Origin::Loaded);
    for method in ["GET", "POST"] {
        let answer = service.send(method, "/made_up", "text/plain", "");
        assert_internal(
            &answer,
            "a wrapper goes on with a request that the program has not made",
        );
    }
    assert_alive(&service);
}

#[test]
fn a_promise_of_a_wrapper_is_kept_whenever_it_is_made() {
    for origin in ORIGINS {
        let service = Faults::new(origin, "promises").serve();
        for how in ["after", "between", "before", "half-way"] {
            for (method, status, text) in [
                ("GET", 200, "plain"),
                ("POST", 201, "1"),
                ("PUT", 202, "from a thread"),
            ] {
                let answer = service.send(method, &format!("/promises/{how}"), "text/plain", "");
                match how {
                    "half-way" => answer.is(200, "half-way"),
                    _ => answer.is(status, text),
                }
                assert_eq!(answer.header("x-by"), Some("wrapper"), "{how} {method}");
            }
        }
        assert_alive(&service);
    }
}

#[test]
fn a_handler_may_test_another_on_a_loop_of_its_own() {
    for origin in ORIGINS {
        let service = Faults::new(origin, "tested").serve();
        let answer = service.get("/tested");
        answer.is(200, "/tested worked after 3600s");
        log::expect(&format!("INFO tested for {}", answer.id()));
        assert_alive(&service);
    }
}

#[test]
fn a_log_that_panics_ends_nothing() {
    // Here both origins differ on purpose: the panic of a log passes through a module that is
    // linked, and ends at the border before one that is loaded, which has no part in it.
    let service = Faults::new(Origin::Linked, "log").serve();
    let answer = service.get("/break_log");
    assert_internal(&answer, "panic: the log is broken");
    assert_alive(&service);
    let service = Faults::new(Origin::Loaded, "log").serve();
    service.get("/break_log").is(200, "it is whole");
    assert_alive(&service);
}

#[test]
fn a_timer_whose_waker_panics_ends_nothing() {
    for origin in ORIGINS {
        let service = Faults::new(origin, "waking").serve();
        let answer = service.get("/panic_waking");
        answer.is(200, "awake");
        let words = format!("waking of {}", answer.id());
        assert_panic(&words);
        log::expect(&format!("ERROR while waking: panic: {words}"));
        assert_alive(&service);
    }
}
