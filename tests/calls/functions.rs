//! Functions that a definition names, settings, and the identity of a request.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use micro::Micro;
use micro_api::CallErrorKind::{Arguments, Connect, Inactive, Setup, Timeout, Wrapper};
use micro_api::{Config, Error, Json, LocalModule, Outgoing, Request, Side, Value, json, sleep};

use crate::caller::{Caller, caller_of, caller_with};
use crate::scripted::{Asked, Scripted, answer};
use crate::support;

/// A module with functions of all kinds; it knows the port of a server.
fn module(port: u16) -> LocalModule<u16> {
    LocalModule::with_state("f", move |_: &Config| Ok::<_, Error>(port))
        .transform("url", |port: &u16| format!("http://127.0.0.1:{port}/base"))
        .transform("late_url", async |port: &u16| {
            sleep(Duration::from_millis(1)).await;
            format!("http://127.0.0.1:{port}")
        })
        .transform("no_url", || "not a url")
        .transform("null", || Value::Null)
        .transform("number", || json!(7))
        .transform("text", || "text")
        .transform("line", || "a\r\nX-Evil: 1")
        .transform("late", async || {
            sleep(Duration::from_millis(1)).await;
            "late"
        })
        .transform("change", |mut request: Outgoing| {
            request.path = format!("{}?changed=1", request.path);
            request.set_header("X-Set", "yes");
            request.body = json!({"changed": true});
            request
        })
        .transform("late_change", async |mut request: Outgoing| {
            sleep(Duration::from_millis(1)).await;
            request.set_header("X-Late", "yes");
            request
        })
        .transform("evil_path", |mut request: Outgoing| {
            request.path = "/a HTTP/1.1\r\nX-Evil: 1\r\n\r\n".to_owned();
            request
        })
        .transform("evil_field", |mut request: Outgoing| {
            request.set_header("Content-Length", "5");
            request
        })
        .transform("fail", |_: Value| {
            Err::<Value, _>(Error::internal("no luck"))
        })
        .transform("late_fail", async |_: Value| {
            sleep(Duration::from_millis(1)).await;
            Err::<Value, _>(Error::internal("no luck"))
        })
        .transform("panic", |_: Value| -> Value { panic!("such a panic") })
        .transform("late_panic", async |_: Value| -> Value {
            sleep(Duration::from_millis(1)).await;
            panic!("such a panic")
        })
        .transform("wrong", |_: Value| json!({"path": 5}))
        .transform("never", async |_: Value| -> Value {
            std::future::pending().await
        })
        .transform("fail_alone", || Err::<Value, _>(Error::internal("no luck")))
        .transform("panic_alone", || -> Value { panic!("such a panic") })
        .transform("wrap", |value: Value| json!({"wrapped": value}))
        .transform("late_wrap", async |value: Value| {
            sleep(Duration::from_millis(1)).await;
            json!({"wrapped": value})
        })
}

fn with(port: u16, lines: &str) -> Caller {
    let lines = lines.replace("PORT", &port.to_string());
    caller_of(Micro::new().module(module(port)), &lines)
}

fn server() -> Scripted {
    Scripted::answering(answer("200 OK", "[1]"))
}

fn only(server: &Scripted) -> Asked {
    let mut asked = server.requests();
    assert_eq!(asked.len(), 1, "{asked:?}");
    asked.remove(0)
}

#[test]
fn a_url_from_a_function() {
    for function in ["url", "late_url"] {
        let server = server();
        let mut caller = with(
            server.port,
            &format!("CONNECTION x code=f.{function}\nRESOURCE get /get"),
        );
        caller.get().answers("[1]");
        let path = if function == "url" {
            "/base/get"
        } else {
            "/get"
        };
        assert!(
            only(&server)
                .head
                .starts_with(&format!("GET {path} HTTP/1.1\r\n"))
        );
    }
    for (function, part) in [
        ("no_url", "`f.no_url` gives no URL"),
        ("null", "`f.null` gives no URL"),
        ("number", "`f.number` gives no URL"),
        ("fail_alone", "no luck"),
        ("panic_alone", "such a panic"),
    ] {
        let server = server();
        let mut caller = with(
            server.port,
            &format!("CONNECTION x code=f.{function}\nRESOURCE get /get"),
        );
        fails(&mut caller, Setup, part);
        assert_eq!(server.accepted(), 0);
    }
}

/// Checks that a call fails, on our side.
#[track_caller]
fn fails(caller: &mut Caller, kind: micro_api::CallErrorKind, part: &str) {
    let error = caller.get().result.expect_err("it fails");
    assert_eq!((error.kind(), error.side()), (kind, Side::Ours), "{error}");
    assert!(error.message().contains(part), "{error}");
    assert!(!error.message().contains('\n'), "{error}");
    assert!(error.response().is_none());
}

#[test]
fn fields_from_functions() {
    let server = server();
    let lines = "CONNECTION x http://127.0.0.1:PORT
         HEADER X-Text code=f.text
         HEADER X-Late code=f.late
         HEADER X-Number code=f.number
         HEADER X-Null code=f.null
         HEADER X-Both default=connection
         RESOURCE get /get
         HEADER x-both default=resource";
    with(server.port, lines).get().answers("[1]");
    let head = only(&server).head;
    for line in [
        "X-Text: text",
        "X-Late: late",
        "X-Number: 7",
        "x-both: resource",
    ] {
        assert!(head.contains(&format!("\r\n{line}\r\n")), "{head}");
    }
    assert!(
        !head.contains("X-Null") && !head.contains("connection\r\n"),
        "{head}"
    );
    for (function, part) in [
        (
            "fail_alone",
            "the function for header `X-A` has failed: no luck",
        ),
        ("panic_alone", "such a panic"),
        ("line", "control character"),
    ] {
        let server = self::server();
        let lines = format!(
            "CONNECTION x http://127.0.0.1:PORT\nHEADER X-A code=f.{function}\nRESOURCE get /get"
        );
        fails(&mut with(server.port, &lines), Setup, part);
        assert_eq!(server.accepted(), 0);
    }
}

#[test]
fn a_request_is_changed_before_it_is_sent() {
    let server = server();
    let lines = "CONNECTION x http://127.0.0.1:PORT
         RESOURCE post /post method=POST setup=f.change
         REQUIRED body";
    with(server.port, lines).call("post", (1,)).answers("[1]");
    let asked = only(&server);
    assert!(
        asked.head.starts_with("POST /post?changed=1 HTTP/1.1\r\n"),
        "{}",
        asked.head
    );
    assert!(asked.head.contains("\r\nX-Set: yes\r\n"), "{}", asked.head);
    assert_eq!(asked.body, b"{\"changed\":true}");
    let server = self::server();
    let lines = "CONNECTION x http://127.0.0.1:PORT setup=f.late_change\nRESOURCE get /get";
    with(server.port, lines).get().answers("[1]");
    assert!(only(&server).head.contains("\r\nX-Late: yes\r\n"));
}

#[test]
fn a_setup_that_fails() {
    for (function, part) in [
        ("fail", "`f.fail` has failed: no luck"),
        ("late_fail", "no luck"),
        ("panic", "such a panic"),
        ("late_panic", "such a panic"),
        ("wrong", "it must answer with what it got, changed"),
        ("null", "it must answer with what it got, changed"),
        ("evil_path", "percent-encoded"),
        ("evil_field", "Content-Length"),
    ] {
        let server = server();
        let lines =
            format!("CONNECTION x http://127.0.0.1:PORT setup=f.{function}\nRESOURCE get /get");
        let mut caller = with(server.port, &lines);
        for _ in 0..2 {
            fails(&mut caller, Setup, part);
        }
        assert_eq!(server.accepted(), 0);
    }
}

#[test]
fn a_setup_that_never_ends() {
    let server = server();
    let lines =
        "CONNECTION x http://127.0.0.1:PORT setup=f.never deadline=150ms\nRESOURCE get /get";
    let outcome = with(server.port, lines).get();
    let sentence = "its time of 150ms was over, preparing the request";
    outcome.fails(Timeout, &[sentence]).after(150);
}

#[test]
fn what_is_made_of_an_answer() {
    for function in ["wrap", "late_wrap"] {
        let server = server();
        let lines =
            format!("CONNECTION x http://127.0.0.1:PORT wrapper=f.{function}\nRESOURCE get /get");
        let response = with(server.port, &lines).get().answers("{\"wrapped\":[1]}");
        assert_eq!(response.header("content-type"), Some("application/json"));
    }
    let empty = Scripted::answering("HTTP/1.1 204 No Content\r\n\r\n");
    let lines = "CONNECTION x http://127.0.0.1:PORT wrapper=f.wrap\nRESOURCE get /get";
    with(empty.port, lines).get().answers("{\"wrapped\":null}");
    let text = Scripted::answering(answer("200 OK", "a \"text\""));
    let lines =
        "CONNECTION x http://127.0.0.1:PORT is_json=false wrapper=f.wrap\nRESOURCE get /get";
    with(text.port, lines)
        .get()
        .answers("{\"wrapped\":\"a \\\"text\\\"\"}");
}

#[test]
fn a_wrapper_that_fails() {
    for (function, part) in [
        ("fail", "`f.fail` has failed: no luck"),
        ("late_fail", "no luck"),
        ("panic", "such a panic"),
        ("late_panic", "such a panic"),
    ] {
        let server = server();
        let lines =
            format!("CONNECTION x http://127.0.0.1:PORT wrapper=f.{function}\nRESOURCE get /get");
        let mut caller = with(server.port, &lines);
        for _ in 0..2 {
            fails(&mut caller, Wrapper, part);
        }
        // The answer was whole, so its connection is as good as any.
        assert_eq!(server.accepted(), 1);
    }
    let server = server();
    let lines =
        "CONNECTION x http://127.0.0.1:PORT wrapper=f.never deadline=150ms\nRESOURCE get /get";
    let outcome = with(server.port, lines).get();
    outcome
        .fails(Timeout, &["150ms", "in the function that reads the answer"])
        .after(150);
}

/// A `setup` asks another connection for a token, as one that signs requests would.
#[test]
fn a_setup_that_calls_another_connection() {
    let tokens = Scripted::answering(answer("200 OK", "\"secret\""));
    let server = server();
    let module = LocalModule::with_state("token", |config: &Config| Ok::<_, Error>(config.clone()))
        .transform("add", async |config: &Config, mut request: Outgoing| {
            let token = config
                .connection("tokens")?
                .resource("new")?
                .call(())
                .await?;
            request.set_header("X-Token", token.json::<String>()?);
            Ok::<_, Error>(request)
        });
    let lines = format!(
        "CONNECTION tokens http://127.0.0.1:{}
         RESOURCE new /new method=POST
         CONNECTION x http://127.0.0.1:{} setup=token.add
         RESOURCE get /get",
        tokens.port, server.port
    );
    let mut caller = caller_of(Micro::new().module(module), &lines);
    for _ in 0..2 {
        caller.get().answers("[1]");
    }
    assert_eq!((tokens.accepted(), server.accepted()), (1, 1));
    assert!(
        server.requests()[1]
            .head
            .contains("\r\nX-Token: secret\r\n")
    );
    drop(tokens);
}

/// A connection whose `setup` calls the connection itself does not do so until the stack is full.
#[test]
fn a_setup_that_calls_its_own_connection() {
    let server = server();
    let module = LocalModule::with_state("loop", |config: &Config| Ok::<_, Error>(config.clone()))
        .transform("again", async |config: &Config, request: Outgoing| {
            sleep(Duration::from_millis(1)).await;
            config.connection("x")?.resource("get")?.call(()).await?;
            Ok::<_, Error>(request)
        });
    let port = server.port;
    let lines = format!("CONNECTION x http://127.0.0.1:{port} setup=loop.again\nRESOURCE get /get");
    let mut caller = caller_of(Micro::new().module(module), &lines);
    fails(&mut caller, Setup, "16 calls are made within each other");
    assert_eq!(server.accepted(), 0);
}

#[test]
fn a_connection_that_is_switched_off() {
    let lines = "CONNECTION x http://127.0.0.1:1\nRESOURCE get /get";
    let mut caller = caller_with(lines, &[("CONNECTION_X_IS_ACTIVE", "false")]);
    fails(&mut caller, Inactive, "`connection.x.is_active`");
    let mut caller = caller_with(lines, &[("CONNECTION_X_IS_ACTIVE", "true")]);
    caller.get().fails(Connect, &[]);
}

#[test]
fn arguments_that_are_none() {
    let lines = "CONNECTION x http://127.0.0.1:1
         RESOURCE get /get/{id}
         REQUIRED a
         OPTIONAL b";
    let mut caller = crate::caller::caller(lines);
    for (arguments, part) in [
        (json!([]), "takes 2 arguments, found 0"),
        (json!([1, 2, 3]), "found 3"),
        (json!({"id": 1, "a": 2, "c": 3}), "no argument `c`"),
        (json!([null, 2]), "`id`"),
        (json!(["..", 2]), "`..`"),
        (json!(["", 2]), "must not be empty"),
    ] {
        let error = caller.call("get", arguments).result.expect_err("it fails");
        assert_eq!((error.kind(), error.side()), (Arguments, Side::Ours));
        assert!(error.message().contains(part), "{error}");
    }
}

#[test]
fn fields_from_settings() {
    let server = server();
    let port = server.port;
    let lines = format!(
        "CONNECTION x http://127.0.0.1:{port}
         HEADER Authorization config=token
         HEADER X-Default default=usual config=special
         RESOURCE get /get"
    );
    let settings = [("CONNECTION_X_HEADER_TOKEN", "Bearer hunter2")];
    let mut caller = caller_with(&lines, &settings);
    caller.get().answers("[1]");
    let head = only(&server).head;
    assert!(
        head.contains("\r\nAuthorization: Bearer hunter2\r\n"),
        "{head}"
    );
    assert!(head.contains("\r\nX-Default: usual\r\n"), "{head}");
}

/// What a handler calls is known there by the identity of the request, unless the definition says
/// another one.
#[test]
fn the_identity_of_a_request() {
    let server = server();
    let port = server.port;
    let service = support::serve(move || {
        let module = LocalModule::new("id").handler("call", async |request: Request| {
            let connection = request.connection("x")?;
            for name in ["get", "own"] {
                connection.resource(name)?.call(()).await?;
            }
            request
                .config()
                .connection("x")?
                .resource("get")?
                .call(())
                .await?;
            Ok::<_, Error>(Json(Value::Null))
        });
        let lines = format!(
            "CONNECTION x http://127.0.0.1:{port}
             RESOURCE get /get
             RESOURCE own /own
             HEADER x-request-id default=mine
             SERVER test 0 host=127.0.0.1
             ROUTE /call$
             GET id.call"
        );
        Micro::new().module(module).lines(lines.lines())
    });
    let given = service.get("/call");
    assert_eq!(given.status, 200);
    let ids = |asked: &Asked| -> Vec<String> {
        let lines = asked.head.lines();
        let fields = lines.filter_map(|line| line.split_once(": "));
        let ids = fields.filter(|(name, _)| name.eq_ignore_ascii_case("x-request-id"));
        ids.map(|(_, id)| id.to_owned()).collect()
    };
    let seen: Vec<_> = server.requests().iter().map(ids).collect();
    assert_eq!(
        seen,
        [vec![given.id().to_owned()], vec!["mine".to_owned()], vec![]]
    );
}

/// The state of a module may not be sent anywhere; its functions are called on the loop.
#[test]
fn a_state_of_one_thread() {
    type Log = Rc<RefCell<Vec<String>>>;
    let server = server();
    let port = server.port;
    let module = LocalModule::with_state("state", |_: &Config| Ok::<_, Error>(Log::default()))
        .transform("note", |log: &Log, request: Outgoing| {
            log.borrow_mut().push(request.path.clone());
            request
        })
        .transform("read", |log: &Log, _: Value| json!(*log.borrow()));
    let lines = format!(
        "CONNECTION x http://127.0.0.1:{port} setup=state.note wrapper=state.read\nRESOURCE get /get"
    );
    let mut caller = caller_of(Micro::new().module(module), &lines);
    caller.get().answers("[\"/get\"]");
    caller.get().answers("[\"/get\",\"/get\"]");
}
