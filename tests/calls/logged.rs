//! What the log says of calls, and what nobody says: secrets.

use std::time::Duration;

use micro::Micro;
use micro_api::{Error, LocalModule, Module, Outgoing, Request, Value};

use crate::caller::{before, caller, caller_of, caller_with};
use crate::scripted::{Scripted, answer};
use crate::{log, support};

/// The lines of a connection with this name, which no other test has.
fn lines_of(name: &str) -> Vec<String> {
    let mark = format!(" {name}.get ");
    let lines = log::all().into_iter();
    lines.filter(|line| line.contains(&mark)).collect()
}

/// The number behind a mark, such as `rx=`.
#[track_caller]
fn number(line: &str, mark: &str) -> f64 {
    let (_, rest) = line
        .split_once(mark)
        .unwrap_or_else(|| panic!("{mark}: {line}"));
    let end = rest.find([',', ' ']).unwrap_or(rest.len());
    rest[..end]
        .parse()
        .unwrap_or_else(|_| panic!("{mark}: {line}"))
}

#[test]
fn a_call_has_two_lines() {
    log::begin();
    let text = answer("200 OK", "[1]");
    let received = text.len();
    let server = Scripted::answering(text);
    let port = server.port;
    let mut caller = caller(&format!(
        "CONNECTION two http://127.0.0.1:{port}/base\nRESOURCE get /get?a=b"
    ));
    for _ in 0..2 {
        let get = caller.running.connection("two").expect("it is declared");
        let get = get.resource("get").expect("it is declared");
        caller
            .wait(async { get.call(()).await })
            .expect("it is answered");
    }
    let lines = lines_of("two");
    let [opened, closed, again, closed_again] = &lines[..] else {
        panic!("{lines:#?}");
    };
    let begin = format!("INFO call oid=1 two.get open: 127.0.0.1:{port} <- 127.0.0.1:");
    assert!(opened.starts_with(&begin), "{opened}");
    let end = format!(", GET http://127.0.0.1:{port}/base/get");
    assert!(
        opened.ends_with(&end) && !opened.contains("kept"),
        "{opened}"
    );
    assert!(
        again.contains("oid=2") && again.contains(", kept, GET"),
        "{again}"
    );
    for closed in [closed, closed_again] {
        assert!(
            closed.contains("close: reason=transaction complete, "),
            "{closed}"
        );
        let [open, data, total] = ["opn=", "dat=", "tot="].map(|mark| number(closed, mark));
        assert!(0.0 <= open && open <= data && data <= total, "{closed}");
        assert_eq!(number(closed, "rx="), received as f64, "{closed}");
        let sent = server.requests()[0].head.len();
        assert_eq!(number(closed, "tx="), sent as f64, "{closed}");
    }
}

#[test]
fn calls_that_fail_have_their_numbers() {
    log::begin();
    for (name, options, reason) in [
        (
            "silent",
            "timeout=100ms",
            "timeout: it was silent for 100ms",
        ),
        (
            "late",
            "deadline=100ms",
            "timeout: its time of 100ms was over",
        ),
    ] {
        let server = Scripted::new(|peer| {
            peer.request();
            peer.send("HTTP/1.1 2");
            peer.wait_for_end();
        });
        let port = server.port;
        let mut caller = caller(&format!(
            "CONNECTION {name} http://127.0.0.1:{port} {options}\nRESOURCE get /"
        ));
        let get = caller.running.connection(name).expect("it is declared");
        let get = get.resource("get").expect("it is declared");
        caller
            .wait(async { get.call(()).await })
            .expect_err("it fails");
        let lines = lines_of(name);
        let [_, closed] = &lines[..] else {
            panic!("{lines:#?}");
        };
        assert!(
            closed.contains(&format!("close: reason={reason}")),
            "{closed}"
        );
        assert_eq!(number(closed, "rx="), 10.0, "{closed}");
        assert!(number(closed, "tx=") > 20.0, "{closed}");
        assert!(number(closed, "tot=") >= 0.09, "{closed}");
    }
    let mut caller = caller("CONNECTION refused http://127.0.0.1:1\nRESOURCE get /");
    let get = caller
        .running
        .connection("refused")
        .expect("it is declared");
    let get = get.resource("get").expect("it is declared");
    caller
        .wait(async { get.call(()).await })
        .expect_err("it fails");
    let lines = lines_of("refused");
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("close: reason=connect: "), "{lines:#?}");
}

#[test]
fn a_call_that_is_dropped_has_its_end() {
    log::begin();
    let server = Scripted::new(|peer| {
        peer.request();
        peer.wait_for_end();
    });
    let port = server.port;
    let mut caller = caller(&format!(
        "CONNECTION dropped http://127.0.0.1:{port}\nRESOURCE get /"
    ));
    let get = caller
        .running
        .connection("dropped")
        .expect("it is declared");
    let get = get.resource("get").expect("it is declared");
    let call = before(Duration::from_millis(100), async { get.call(()).await });
    assert!(caller.wait(call).is_none());
    let lines = lines_of("dropped");
    let closed = lines.last().expect("there is a line");
    assert!(
        closed.contains("close: reason=given up, waiting for the answer, opn="),
        "{closed}"
    );
    assert!(number(closed, "tx=") > 20.0, "{closed}");
}

#[test]
fn a_quiet_connection_is_quiet() {
    log::begin();
    let server = Scripted::answering(answer("200 OK", "[1]"));
    let port = server.port;
    let mut caller = caller(&format!(
        "CONNECTION quiet http://127.0.0.1:{port} is_verbose=false\nRESOURCE get /"
    ));
    let get = caller.running.connection("quiet").expect("it is declared");
    let get = get.resource("get").expect("it is declared");
    caller
        .wait(async { get.call(()).await })
        .expect("it is answered");
    drop(caller);
    assert_eq!(lines_of("quiet"), [""; 0]);
}

#[test]
fn a_line_has_the_identity_of_the_request() {
    log::begin();
    let server = Scripted::answering(answer("200 OK", "[1]"));
    let port = server.port;
    let service = support::serve(move || {
        let module = LocalModule::new("id").handler("call", async |request: Request| {
            let get = request.connection("known")?.resource("get")?;
            Ok::<_, Error>(get.call(()).await?)
        });
        let lines = format!(
            "CONNECTION known http://127.0.0.1:{port}
             RESOURCE get /get
             SERVER test 0 host=127.0.0.1
             ROUTE /call$
             GET id.call"
        );
        Micro::new().module(module).lines(lines.lines())
    });
    let answer = service.get("/call");
    let lines = lines_of("known");
    assert_eq!(lines.len(), 2, "{lines:#?}");
    let begin = format!("INFO {} call oid=1 known.get ", answer.id());
    assert!(
        lines.iter().all(|line| line.starts_with(&begin)),
        "{lines:#?}"
    );
}

/// Neither the log, with all there is to see, nor an error shows a secret.
#[test]
fn secrets_stay_secret() {
    const SECRET: &str = "hunter2-of-the-log";
    log::begin();
    ::log::set_max_level(::log::LevelFilter::Debug);
    let content = format!("{{\"password\":\"{SECRET}\",\"shown\":\"this is shown\"}}");
    let mut texts = Vec::new();
    for status in ["200 OK", "404 Not Found"] {
        let text = answer(status, &content);
        texts.push(text.replace("\r\n\r\n", &format!("\r\nSet-Cookie: {SECRET}\r\n\r\n")));
    }
    texts.push("garbage".to_owned());
    texts.push("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n".to_owned());
    for text in texts {
        let server = Scripted::ending(text);
        let port = server.port;
        let lines = format!(
            "CONNECTION x http://me:{SECRET}@127.0.0.1:{port} timeout=2
             HEADER Authorization-Token config=token
             RESOURCE get /get?api_key={SECRET} trace=true
             HEADER X-Plain config=plain_token
             RESOURCE post /post method=POST trace=true
             REQUIRED password
             RESOURCE put /put/{{token}}/x?key={{token}} method=PUT trace=true
             OPTIONAL key config=key_secret"
        );
        let settings = [
            ("CONNECTION_X_HEADER_TOKEN", SECRET),
            ("CONNECTION_X_RESOURCE_GET_HEADER_PLAIN_TOKEN", SECRET),
            ("CONNECTION_X_RESOURCE_PUT_OPTIONAL_KEY_SECRET", SECRET),
        ];
        let mut caller = caller_with(&lines, &settings);
        for (resource, arguments) in [
            ("get", vec![]),
            ("post", vec![SECRET.into()]),
            ("put", vec![SECRET.into()]),
        ] {
            let outcome = caller.call(resource, arguments);
            assert!(
                server
                    .requests()
                    .iter()
                    .all(|asked| asked.head.contains(SECRET))
            );
            if let Err(error) = outcome.result {
                for shown in [
                    error.to_string(),
                    format!("{error:?}"),
                    error.message().to_owned(),
                ] {
                    assert!(!shown.contains(SECRET), "{shown}");
                }
                let told = Error::from(error);
                assert!(!format!("{told:?} {told}").contains(SECRET), "{told:?}");
            }
        }
    }
    // It does show the rest.
    assert!(log::all().iter().any(|line| line.contains("this is shown")));
    let shown: Vec<_> = log::all()
        .into_iter()
        .filter(|line| line.contains(SECRET))
        .collect();
    assert!(shown.is_empty(), "{shown:#?}");
}

/// What the definition knows to be a secret is hidden where it stands, however short it is.
#[test]
fn what_is_marked_as_a_secret_is_hidden_where_it_stands() {
    log::begin();
    ::log::set_max_level(::log::LevelFilter::Debug);
    let server = Scripted::answering(
        "HTTP/1.0 200 Very Well\r\nX-Team: 1\r\nx-one:1\r\nConnection: close\r\n\
         Content-Length: 21\r\n\r\n{\"chat\":1,\"count\":11}",
    );
    let port = server.port;
    let file = tempfile::NamedTempFile::new().expect("a file can be made");
    std::fs::write(file.path(), "1").expect("it can be written");
    let path = file.path().to_str().expect("its name is text");
    let mut caller = caller_with(
        &format!(
            "CONNECTION marked http://127.0.0.1:{port}
             HEADER X-Team config=team secret=true
             HEADER X-One default=1
             RESOURCE get /bot{{token}}/send trace=true
             OPTIONAL chat config=chat"
        ),
        &[
            ("CONNECTION_MARKED_HEADER_TEAM", "1"),
            ("CONNECTION_MARKED_RESOURCE_GET_CHAT_FILE", path),
        ],
    );
    let get = caller.running.connection("marked").expect("it is declared");
    let get = get.resource("get").expect("it is declared");
    caller
        .wait(async { get.call(("1",)).await })
        .expect("it is answered");
    let asked = &server.requests()[0].head;
    assert!(asked.starts_with("GET /bot1/send?chat=1 "), "{asked}");
    assert!(asked.contains("X-Team: 1\r\n"), "{asked}");
    let lines = lines_of("marked");
    let [sends, opened, _, receives] = &lines[..] else {
        panic!("{lines:#?}");
    };
    let begin = "DEBUG call oid=1 marked.get sends\nGET /bot***/send?chat=*** HTTP/1.1\n";
    assert!(sends.starts_with(begin), "{sends}");
    assert!(sends.contains("X-Team: ***\nX-One: 1\n"), "{sends}");
    let end = format!("GET http://127.0.0.1:{port}/bot***/send");
    assert!(opened.ends_with(&end), "{opened}");
    assert_eq!(
        receives,
        "DEBUG call oid=1 marked.get receives\nHTTP/1.0 200 Very Well\nX-Team: ***\nx-one: 1\n\
         Connection: close\nContent-Length: 21\n\n{\"chat\":\"***\",\"count\":11}\n"
    );
}

#[test]
fn both_messages_of_a_trace_have_the_identity_of_the_request() {
    log::begin();
    ::log::set_max_level(::log::LevelFilter::Debug);
    let server = Scripted::answering(answer("200 OK", "[1]"));
    let port = server.port;
    let service = support::serve(move || {
        let module = LocalModule::new("id").handler("call", async |request: Request| {
            let get = request.connection("traced")?.resource("get")?;
            Ok::<_, Error>(get.call(()).await?)
        });
        let lines = format!(
            "CONNECTION traced http://127.0.0.1:{port} is_verbose=false
             RESOURCE get /get trace=true
             SERVER test 0 host=127.0.0.1
             ROUTE /call$
             GET id.call"
        );
        Micro::new().module(module).lines(lines.lines())
    });
    let answer = service.get("/call");
    let lines = lines_of("traced");
    let begin = format!("DEBUG {} call oid=1 traced.get ", answer.id());
    let [sends, receives] = &lines[..] else {
        panic!("{lines:#?}");
    };
    assert!(sends.starts_with(&format!("{begin}sends\n")), "{sends}");
    assert!(
        receives.starts_with(&format!("{begin}receives\n")),
        "{receives}"
    );
}

/// A function may put a secret of the service's anywhere.
#[test]
fn a_secret_that_a_function_places_is_hidden() {
    const KEY: &str = "hunter2-of-the-function";
    fn place(mut outgoing: Outgoing) -> Outgoing {
        outgoing.path = format!("/with/{KEY}");
        outgoing.set_header("X-Plain", KEY);
        outgoing
    }
    log::begin();
    ::log::set_max_level(::log::LevelFilter::Debug);
    let server = Scripted::answering(answer("200 OK", &format!("\"{KEY}\"")));
    let port = server.port;
    let lines = format!(
        "CONFIG plain default={KEY} secret=true
         CONNECTION placed http://127.0.0.1:{port} setup=placing.place
         RESOURCE get / trace=true"
    );
    let micro = Micro::new().module(Module::new("placing").transform("place", place));
    let mut caller = caller_of(micro, &lines);
    let get = caller.running.connection("placed").expect("it is declared");
    let get = get.resource("get").expect("it is declared");
    let answered = caller.wait(async { get.call(()).await });
    let said: Value = answered
        .and_then(|said| said.value())
        .expect("it is answered");
    assert_eq!(said, KEY);
    let lines = lines_of("placed");
    assert_eq!(lines.len(), 4, "{lines:#?}");
    let shown: Vec<_> = lines.iter().filter(|line| line.contains(KEY)).collect();
    assert!(shown.is_empty(), "{shown:#?}");
}
