//! What the log says of calls, and what nobody says: secrets.

use std::time::Duration;

use micro::Micro;
use micro_api::{Error, LocalModule, Request};

use crate::caller::{before, caller, caller_with};
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
    assert!(closed.contains("close: reason=given up, opn="), "{closed}");
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
