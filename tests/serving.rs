//! Requests and answers through real sockets: what a client sees of a service.

mod support;

use std::cell::Cell;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use micro::Micro;
use micro_api::{
    ChunkSource, Config, Error, Json, LocalModule, Module, Next, Reply, Request, Responder, Value,
    blocking, json, sleep,
};
use support::{serve, serve_lines};

fn hello(request: Request) -> Result<String, Error> {
    Ok(format!("hello {}", request.arg::<&str>("name")?))
}

fn add(request: Request) -> Result<Json<i64>, Error> {
    Ok(Json(request.arg::<i64>("a")? + request.arg::<i64>("b")?))
}

fn boom(_: Request) -> Value {
    panic!("secret plans")
}

async fn boom_later(_: Request) -> Value {
    sleep(Duration::from_millis(1)).await;
    panic!("secret plans")
}

fn fail(_: Request) -> Result<(), Error> {
    Err(std::io::Error::other("the password is hunter2"))?;
    Ok(())
}

fn missing(_: Request) -> Option<&'static str> {
    None
}

async fn slow(request: Request) -> Result<String, Error> {
    let millis = request.arg::<u64>("millis")?;
    sleep(Duration::from_millis(millis)).await;
    Ok(format!("slept {millis}"))
}

async fn computed(_: Request) -> Result<String, Error> {
    blocking(|| "computed".to_owned()).await
}

fn from_thread(request: Request) {
    let responder: Responder = request.delay();
    std::thread::spawn(move || responder.answer((201, "from a thread")));
}

fn dropped(request: Request) {
    drop(request.delay());
}

async fn never(_: Request) -> Value {
    std::future::pending().await
}

fn big(_: Request) -> Vec<u8> {
    vec![b'x'; 8 << 20]
}

fn middling(_: Request) -> Vec<u8> {
    vec![b'x'; 100_000]
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("a drop fails");
        }
    }
}

/// A source that says nothing, and notes when it is let go.
struct Silent {
    length: Option<Bomb>,
    is_gone: Arc<AtomicBool>,
}

impl ChunkSource for Silent {
    fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Error>>> {
        Poll::Pending
    }

    fn length(&self) -> Option<u64> {
        assert!(self.length.is_none(), "a length fails");
        None
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        self.is_gone.store(true, Ordering::SeqCst);
    }
}

fn silent(length: Option<Bomb>, is_gone: &Arc<AtomicBool>) -> Reply {
    let is_gone = Arc::clone(is_gone);
    Reply::stream("text/plain", Silent { length, is_gone })
}

fn pieces(_: Request) -> Reply {
    Reply::pieces("text/plain", (0..100).map(|n| format!("{n},").into_bytes()))
}

fn endless(_: Request) -> Reply {
    Reply::pieces(
        "text/plain",
        std::iter::repeat_with(|| vec![b'x'; 64 << 10]),
    )
}

fn module() -> Module<Cell<u32>> {
    Module::with_state("my", |_: &Config| Ok::<_, Error>(Cell::new(0)))
        .handler("hello", hello)
        .handler("add", add)
        .handler("boom", boom)
        .handler("boom_later", boom_later)
        .handler("fail", fail)
        .handler("missing", missing)
        .handler("slow", slow)
        .handler("computed", computed)
        .handler("from_thread", from_thread)
        .handler("dropped", dropped)
        .handler("never", never)
        .handler("big", big)
        .handler("pieces", pieces)
        .handler("endless", endless)
        .handler("count", |count: &Cell<u32>, _: Request| {
            count.set(count.get() + 1);
            Json(count.get())
        })
        .wrapper("mark", async |request: Request, next: Next| {
            request.attach("marked".to_owned());
            next.run(request).await.with_header("x-mark", "1")
        })
        .handler("marked", |request: Request| {
            request.attached::<String>().map(|m| (*m).clone())
        })
}

const LINES: &[&str] = &[
    "WRAP mark my.mark",
    "SERVER test 0 host=127.0.0.1",
    "ROUTE /hello/{name}$",
    "GET my.hello",
    "ROUTE /add$",
    "POST my.add",
    "CONTENT a int",
    "CONTENT b int is_required=false default=10",
    "ROUTE /boom$",
    "GET my.boom",
    "POST my.boom_later",
    "ROUTE /fail$",
    "GET my.fail",
    "ROUTE /missing$",
    "GET my.missing",
    "ROUTE /slow/{millis:int}$",
    "GET my.slow",
    "ROUTE /computed$",
    "GET my.computed",
    "ROUTE /thread$",
    "GET my.from_thread",
    "ROUTE /dropped$",
    "GET my.dropped",
    "ROUTE /never$",
    "GET my.never timeout=50ms",
    "ROUTE /big$",
    "GET my.big",
    "ROUTE /pieces$",
    "GET my.pieces",
    "ROUTE /endless$",
    "GET my.endless",
    "ROUTE /count$",
    "GET my.count",
    "ROUTE /marked$",
    "GET my.marked wrap=mark",
    "ROUTE /shaped$",
    "GET my.missing",
    "RESPONSE html default=<p>nothing</p>",
    "ROUTE /echo$",
    "POST echo.echo",
];

fn service() -> support::Service {
    serve(|| Micro::new().module(module()).lines(LINES.iter().copied()))
}

#[test]
fn ping_is_answered_from_the_family_s_file() {
    let service = serve_lines(&[
        "SERVER test 0 host=127.0.0.1",
        "ROUTE /test/ping$",
        "GET ping.ping",
    ]);
    let answer = service.get("/test/ping");
    answer.is(200, r#"{"ping":"pong"}"#);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-request-id").map(str::len), Some(16));
    assert!(answer.header("date").is_some());
}

#[test]
fn arguments_come_from_path_body_and_query() {
    let service = service();
    service.get("/hello/w%C3%B6rld").is(200, "hello wörld");
    service
        .send("POST", "/add", "application/json", r#"{"a": 5, "b": 6}"#)
        .is(200, "11");
    service
        .send("POST", "/add", "application/x-www-form-urlencoded", "a=5")
        .is(200, "15");
    service
        .send("POST", "/add?a=7", "text/plain", "")
        .is(200, "17");
    let answer = service.send("POST", "/add", "application/json", r#"{"a": "x"}"#);
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json()["error"],
        "invalid value for 'a': must be an int"
    );
    let answer = service.send("POST", "/add", "application/json", "{}");
    assert_eq!(answer.json()["error"], "missing required content: 'a'");
}

#[test]
fn a_failure_is_told_to_the_log_and_not_to_the_peer() {
    let service = service();
    for (method, path) in [
        ("GET", "/boom"),
        ("POST", "/boom"),
        ("GET", "/fail"),
        ("GET", "/dropped"),
    ] {
        let answer = service.send(method, path, "text/plain", "");
        assert_eq!(answer.status, 500, "{method} {path}");
        assert_eq!(answer.json()["error"], "Internal Server Error");
        assert_eq!(answer.json()["id"].as_str(), answer.header("x-request-id"));
    }
    service.get("/hello/you").is(200, "hello you");
}

#[test]
fn unknown_paths_and_methods_are_told_apart() {
    let service = service();
    let answer = service.get("/nowhere");
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (404, &json!("Not Found"))
    );
    let answer = service.send("DELETE", "/boom", "text/plain", "");
    assert_eq!(answer.status, 405);
    assert_eq!(answer.header("allow"), Some("GET, HEAD, POST, OPTIONS"));
    let answer = service.request("OPTIONS /boom HTTP/1.1\r\nHost: test\r\n\r\n");
    assert_eq!(
        (answer.status, answer.header("allow")),
        (204, Some("GET, HEAD, POST, OPTIONS"))
    );
    let answer = service.request("OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n");
    assert_eq!(answer.status, 204);
    assert_eq!(service.get("/missing").status, 404);
}

#[test]
fn head_is_answered_as_get_without_the_content() {
    let service = service();
    let mut client = service.connect();
    client.send("HEAD /hello/you HTTP/1.1\r\nHost: test\r\n\r\nGET /hello/me HTTP/1.1\r\nHost: test\r\n\r\n");
    let answer = client.answer(true);
    assert_eq!(
        (answer.status, answer.header("content-length")),
        (200, Some("9"))
    );
    client.answer(false).is(200, "hello me");
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let service = service();
    let mut client = service.connect();
    for (millis, name) in [(30, "a"), (1, "b"), (0, "c")] {
        client.send(format!(
            "GET /slow/{millis} HTTP/1.1\r\nHost: test\r\n\r\nGET /hello/{name} HTTP/1.1\r\nHost: test\r\n\r\n"
        ));
    }
    for (millis, name) in [(30, "a"), (1, "b"), (0, "c")] {
        client.answer(false).is(200, &format!("slept {millis}"));
        client.answer(false).is(200, &format!("hello {name}"));
    }
}

#[test]
fn a_thousand_pipelined_requests_in_one_write_are_all_answered() {
    let service = service();
    let mut client = service.connect();
    client.send("GET /count HTTP/1.1\r\nHost: test\r\n\r\n".repeat(1000));
    for n in 1..=1000 {
        client.answer(false).is(200, &n.to_string());
    }
}

#[test]
fn answers_come_from_futures_threads_and_blocking_work() {
    let service = service();
    service.get("/slow/5").is(200, "slept 5");
    service.get("/computed").is(200, "computed");
    service.get("/thread").is(201, "from a thread");
}

#[test]
fn a_slow_request_does_not_hold_others() {
    let service = service();
    let mut waiting = service.connect();
    waiting.send("GET /slow/60000 HTTP/1.1\r\nHost: test\r\n\r\n");
    for _ in 0..20 {
        service.get("/hello/you").is(200, "hello you");
    }
}

#[test]
fn a_handler_that_takes_too_long_is_answered_for() {
    let service = service();
    let mut client = service.connect();
    client.send("GET /never HTTP/1.1\r\nHost: test\r\n\r\n");
    assert_eq!(client.answer(false).status, 503);
    client.send("GET /hello/again HTTP/1.1\r\nHost: test\r\n\r\n");
    client.answer(false).is(200, "hello again");
}

#[test]
fn wrappers_stand_around_handlers() {
    let answer = service().get("/marked");
    answer.is(200, "marked");
    assert_eq!(answer.header("x-mark"), Some("1"));
}

#[test]
fn a_bare_result_is_shaped_by_response() {
    let answer = service().get("/shaped");
    answer.is(200, "<p>nothing</p>");
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8")
    );
}

#[test]
fn a_large_answer_reaches_a_slow_reader_whole() {
    let service = service();
    let mut client = service.connect();
    client.send("GET /big HTTP/1.1\r\nHost: test\r\n\r\n");
    // Others are served while this peer reads nothing.
    service.get("/hello/you").is(200, "hello you");
    let answer = client.answer(false);
    assert_eq!(answer.body.len(), 8 << 20);
    assert!(answer.body.iter().all(|byte| *byte == b'x'));
}

#[test]
fn a_stream_is_chunked_and_ends() {
    let service = service();
    let answer = service.get("/pieces");
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
    assert_eq!(
        answer.text(),
        (0..100).map(|n| format!("{n},")).collect::<String>()
    );
}

#[test]
fn an_endless_stream_is_made_only_as_fast_as_it_is_read() {
    let service = service();
    let mut client = service.connect();
    client.send("GET /endless HTTP/1.1\r\nHost: test\r\n\r\n");
    let mut some = vec![0; 1 << 20];
    client.stream.read_exact(&mut some).expect("it goes on");
    service.get("/hello/you").is(200, "hello you");
}

#[test]
fn a_body_of_many_pieces_and_chunks_is_put_together() {
    let service = service();
    let body = "0123456789".repeat(50_000);
    service
        .send("POST", "/echo", "text/plain", &body)
        .is(200, &body);
    let mut client = service.connect();
    client.send("POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
    for piece in body.as_bytes().chunks(4321) {
        client.send(format!("{:x}\r\n", piece.len()));
        client.send(piece);
        client.send("\r\n");
    }
    client.send("0\r\n\r\n");
    client.answer(false).is(200, &body);
}

#[test]
fn expect_100_continue_is_answered_before_the_body_is_sent() {
    let service = service();
    let mut client = service.connect();
    client.send(
        "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
    );
    assert_eq!(client.answer(true).status, 100);
    client.send("hi");
    client.answer(false).is(200, "hi");
}

#[test]
fn an_http_1_0_connection_ends_after_its_answer() {
    let service = service();
    let mut client = service.connect();
    client.send("GET /hello/old HTTP/1.0\r\n\r\n");
    client.answer(false).is(200, "hello old");
    assert!(client.is_ended());
}

#[test]
fn requests_before_the_end_of_input_are_answered() {
    let service = service();
    let mut client = service.connect();
    client.send(
        "GET /slow/20 HTTP/1.1\r\nHost: test\r\n\r\nGET /hello/you HTTP/1.1\r\nHost: test\r\n\r\n",
    );
    client
        .stream
        .get_mut()
        .shutdown(std::net::Shutdown::Write)
        .expect("it is open");
    client.answer(false).is(200, "slept 20");
    client.answer(false).is(200, "hello you");
    assert!(client.is_ended());
}

#[test]
fn a_file_is_served_as_its_line_says() {
    let service = serve_lines(&[
        "SERVER test 0 host=127.0.0.1",
        "ROUTE /readme$",
        "GET README.md file=true content_type=text/x-mine cache_control=max-age=60",
    ]);
    let answer = service.get("/readme");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/x-mine"));
    assert_eq!(answer.header("cache-control"), Some("max-age=60"));
    assert_eq!(answer.text(), include_str!("../README.md"));
    let tag = answer.header("etag").expect("a file has one").to_owned();
    let again = service.request(&format!(
        "GET /readme HTTP/1.1\r\nHost: test\r\nIf-None-Match: {tag}\r\n\r\n"
    ));
    assert_eq!(again.status, 304);
}

#[test]
fn a_request_behind_a_large_answer_is_answered() {
    let module = || Module::new("my").handler("middling", middling);
    let service = serve(move || {
        Micro::new().module(module()).lines([
            "SERVER test 0 host=127.0.0.1",
            "ROUTE /middling$",
            "GET my.middling",
            "ROUTE /test/ping$",
            "GET ping.ping",
        ])
    });
    let mut client = service.connect();
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n");
    client.send(request("/middling") + &request("/test/ping") + &request("/middling"));
    assert_eq!(client.answer(false).body.len(), 100_000);
    client.answer(false).is(200, "{\"ping\":\"pong\"}");
    assert_eq!(client.answer(false).body.len(), 100_000);
}

#[test]
fn what_a_handler_leaves_may_panic_without_harm_to_others() {
    let service = serve(|| {
        let attach = |request: Request| {
            request.attach(Bomb);
            "attached"
        };
        let length = |_: Request| silent(Some(Bomb), &Arc::default());
        let dropped = |_: Request| {
            let bomb = Bomb;
            Reply::pieces(
                "text/plain",
                std::iter::from_fn(move || {
                    let _held = &bomb;
                    None
                }),
            )
        };
        Micro::new()
            .module(
                Module::new("my")
                    .handler("attach", attach)
                    .handler("length", length)
                    .handler("dropped", dropped),
            )
            .lines([
                "SERVER test 0 host=127.0.0.1",
                "ROUTE /attach$",
                "GET my.attach",
                "ROUTE /length$",
                "GET my.length",
                "ROUTE /dropped$",
                "GET my.dropped",
                "ROUTE /test/ping$",
                "GET ping.ping",
            ])
    });
    let mut client = service.connect();
    for (method, path, status) in [
        ("GET", "/attach", 200),
        ("GET", "/length", 500),
        ("HEAD", "/dropped", 200),
        ("GET", "/dropped", 200),
    ] {
        for (method, path, status) in [(method, path, status), ("GET", "/test/ping", 200)] {
            client.send(format!("{method} {path} HTTP/1.1\r\nHost: test\r\n\r\n"));
            let answer = client.answer(method == "HEAD");
            assert_eq!(answer.status, status, "{method} {path}");
        }
    }
}

#[test]
fn a_silent_stream_does_not_outlive_its_peer() {
    let is_gone = Arc::new(AtomicBool::new(false));
    let kept = Arc::clone(&is_gone);
    let service = serve(move || {
        let handler = move |_: Request| silent(None, &kept);
        Micro::new()
            .module(LocalModule::new("my").handler("silent", handler))
            .environment([("SERVER_TEST_WRITE_TIMEOUT".to_owned(), "50ms".to_owned())])
            .lines([
                "SERVER test 0 host=127.0.0.1",
                "ROUTE /silent$",
                "GET my.silent",
            ])
    });
    let mut client = service.connect();
    client.send("GET /silent HTTP/1.1\r\nHost: test\r\n\r\n");
    let mut head = [0; 15];
    client
        .stream
        .read_exact(&mut head)
        .expect("the head comes at once");
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    assert!(!is_gone.load(Ordering::SeqCst));
    drop(client);
    let begin = std::time::Instant::now();
    while !is_gone.load(Ordering::SeqCst) {
        assert!(
            begin.elapsed() < support::DEADLINE,
            "the stream is never let go"
        );
        std::thread::yield_now();
    }
}

#[test]
fn a_time_beyond_all_clocks_is_none() {
    let service = serve_lines(&[
        "SERVER test 0 host=127.0.0.1",
        "ROUTE /later/{seconds:float}$",
        "GET later.sleep timeout=150000000000000d",
    ]);
    assert_eq!(service.get("/later/0.01").status, 200);
}
