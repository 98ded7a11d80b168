//! Each of `examples/` at work: the requests that its first lines show, and what they come to.

mod support;

/// An example as a module, the `main` of which nobody calls.
macro_rules! example {
    ($name:ident, $path:literal) => {
        #[path = $path]
        #[allow(
            dead_code,
            unreachable_pub,
            reason = "tests start the service themselves"
        )]
        mod $name;
    };
}

example!(delayed, "../examples/delayed.rs");
example!(echo, "../examples/echo.rs");
example!(embed, "../examples/embed.rs");
example!(fake_broker, "../examples/fake_broker.rs");
example!(fan_out, "../examples/fan_out.rs");
example!(files, "../examples/files.rs");
example!(ping, "../examples/ping.rs");
example!(provisioner, "../examples/provisioner/main.rs");
example!(tasks, "../examples/tasks.rs");
example!(transforms, "../examples/transforms.rs");

use std::path::PathBuf;

use micro::Micro;
use micro_api::{json, testing};
use support::Service;

/// Serves an example at a free port of this machine alone.
fn serve(name: &'static str, build: fn() -> Micro) -> Service {
    support::serve_named(name, move || {
        let variable = |what| format!("SERVER_{}_{what}", name.to_uppercase());
        build().environment([
            (variable("PORT"), "0".to_owned()),
            (variable("HOST"), "127.0.0.1".to_owned()),
        ])
    })
}

const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn ping() {
    let service = serve("useless", ping::service);
    service.get("/test/ping").is(200, "{\"ping\":\"pong\"}");
}

#[test]
fn echo() {
    let service = serve("echo", echo::service);
    let answer = service.send("POST", "/echo/3", FORM, "hello");
    answer.is(200, "hellohellohello");
    assert_eq!(answer.header("x-times"), Some("3"));
    assert_eq!(service.send("POST", "/echo/11", FORM, "hello").status, 400);
    assert_eq!(service.send("POST", "/echo/x", FORM, "hello").status, 404);
}

#[test]
fn delayed() {
    let service = serve("delayed", delayed::service);
    service.get("/thread").is(200, "2432902008176640000");
    let mut slow = service.connect();
    slow.send("GET /sleep HTTP/1.1\r\nHost: test\r\n\r\n");
    service.get("/thread").is(200, "2432902008176640000");
    slow.answer(false).is(200, "well rested");
}

#[test]
fn files() {
    let service = serve("files", files::service);
    service.get("/").is(200, include_str!("../README.md"));
    let this = service.get("/examples/files.rs");
    this.is(200, include_str!("../examples/files.rs"));
    assert_eq!(service.get("/examples/../Cargo.toml").status, 404);
}

#[test]
fn tasks() {
    let service = serve("tasks", tasks::service);
    service.get("/tasks").is(200, "{}");
    let add = |form| service.send("POST", "/tasks", FORM, form);
    add("title=sow&hours=2").is(201, "1");
    add("title=reap").is(201, "2");
    assert_eq!(add("hours=2").status, 400);
    assert_eq!(add("title=rest&hours=many").status, 400);
    let all = json!({"1": ["sow", 2.0], "2": ["reap", 1.0]});
    assert_eq!(service.get("/tasks").json(), all);
    let changed = json!({"title": "plough", "hours": 8});
    let change = |path| service.send("PUT", path, "application/json", &changed.to_string());
    assert_eq!(
        (change("/tasks/1").status, change("/tasks/3").status),
        (204, 404)
    );
    let task = json!(["plough", 8.0]);
    assert_eq!(service.get("/tasks/1").json(), task);
    let delete = || {
        service
            .request("DELETE /tasks/1 HTTP/1.1\r\nHost: test\r\n\r\n")
            .status
    };
    assert_eq!((delete(), delete()), (204, 404));
    assert_eq!(service.get("/tasks/1").status, 404);
}

#[test]
fn embed() {
    let answer = embed::ask_ourselves().expect("the service answers");
    assert_eq!(answer, "{\"ping\":\"pong\"}");
}

#[test]
fn provisioner() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let variables = [
        ("SERVER_BROKER_PORT", "0".to_owned()),
        ("BROKER_USERNAME", "me".to_owned()),
        ("BROKER_PASSWORD", "open-sesame!".to_owned()),
        ("BROKER_KEY", "0123456789abcdef".repeat(4)),
        ("BROKER_PLAN_SMALL_FOLDER", path("broker-data")),
        ("BROKER_PLAN_PLAIN_FOLDER", path("broker-folders")),
        (
            "DATABASE_BROKER_URL",
            format!("sqlite:{}", path("broker.db")),
        ),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let service = support::serve_named("broker", || provisioner::service().environment(variables));
    let send = |path: &str, form: &str| {
        let length = form.len();
        service.request(&format!(
            "POST {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Basic bWU6b3Blbi1zZXNhbWUh\r\n\
             Content-Length: {length}\r\n\r\n{form}"
        ))
    };
    assert_eq!(send("/resources", "name=blog&plan=plain").status, 201);
    let bound = send("/resources/blog/bind-app", "app-name=shop");
    assert_eq!(bound.status, 201);
    let file = bound.json()["SHOP_SECRET_FILE"].as_str().map(str::to_owned);
    let secret = std::fs::read_to_string(file.expect("it is told"));
    assert_eq!(secret.expect("it is there").len(), 32);
}

#[test]
fn every_example_is_short_tested_and_says_how_to_run_it() {
    let this = include_str!("examples.rs");
    let mut paths: Vec<PathBuf> = std::fs::read_dir("examples")
        .expect("there are examples")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.is_file()) // those in folders have tests of their own
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("an example is text");
        let name = path.file_stem().expect("it has a name").to_string_lossy();
        assert!(
            text.starts_with(&format!("//! `cargo run --example {name}`")),
            "{name}"
        );
        let lines = text.lines().filter(|line| !line.is_empty());
        assert!(lines.count() < 60, "{name}");
        assert!(
            this.contains(&format!("fn {name}()")),
            "{name} is tested here"
        );
    }
}

/// What the `curl` lines at the head of a definition ask: method, path and form.
fn shown(definition: &str) -> Vec<(String, String, String)> {
    let head = definition.lines().take_while(|line| line.starts_with('#'));
    let lines = head.filter_map(|line| line.split_once("curl "));
    let asked = lines.map(|(_, line)| {
        let words: Vec<&str> = line.split(' ').collect();
        let after = |option| {
            let at = words.iter().position(|word| *word == option)?;
            Some(words[at + 1])
        };
        let form = after("-d").unwrap_or_default();
        let usual = if form.is_empty() { "GET" } else { "POST" };
        let (_, path) = line
            .split_once("localhost:8100")
            .expect("it names the port");
        let method = after("-X").unwrap_or(usual);
        (method.to_owned(), path.to_owned(), form.to_owned())
    });
    asked.collect()
}

#[test]
fn fake_broker() {
    let service = serve("broker", fake_broker::service);
    let text = std::fs::read_to_string("micro/broker-minimal.micro").expect("it is there");
    let variables = "{\"SOMEVAR\":\"somevalue\"}";
    let answers = [
        ("POST /resources", 201, ""),
        ("POST /resources/db", 201, variables),
        ("POST /resources/db/bind-app", 201, variables),
        ("GET /resources/db/status", 204, ""),
        ("GET /resources/plans", 200, "[]"),
        ("DELETE /resources/db/hostname/10.0.0.7", 200, ""),
        ("DELETE /resources/db/bind-app", 200, ""),
        ("DELETE /resources/db", 200, ""),
    ];
    let shown = shown(&text);
    assert_eq!(shown.len(), answers.len(), "each request has an answer");
    for ((method, path, form), (request, status, body)) in shown.iter().zip(answers) {
        assert_eq!(format!("{method} {path}"), request);
        service.send(method, path, FORM, form).is(status, body);
    }
    let create = |form| service.send("POST", "/resources", FORM, form);
    create("").is_failure(400, "missing required content: 'name'");
    create("name=").is_failure(400, "an instance needs a name");
}

#[test]
fn the_handlers_of_the_fake_broker_answer_without_a_socket() {
    let module = testing::Opened::new(&fake_broker::module());
    let request = testing::post("/resources/db").arg("name", "db");
    let expected = [
        ("create", 201),
        ("bind", 201),
        ("unbind", 200),
        ("remove", 200),
        ("status", 204),
        ("plans", 200),
    ];
    for (handler, status) in expected {
        let answer = request.call_with(&module, handler);
        assert_eq!(answer.status, status, "{handler}");
    }
    let bound = request.call_with(&module, "bind").json();
    assert_eq!(bound, json!({"SOMEVAR": "somevalue"}));
    assert_eq!(request.call_with(&module, "plans").json(), json!([]));
}

#[test]
fn fan_out() {
    let service = serve_both("fan_out", "others", fan_out::service);
    let answer = service.get("/board/7");
    assert_eq!(answer.status, 200);
    let expected = json!({
        "customer": {"name": "Ann"},
        "orders": ["bread", "butter"],
        "weather": null,
    });
    assert_eq!(answer.json(), expected);
}

#[test]
fn transforms() {
    let service = serve_both("transforms", "library", transforms::service);
    let answer = service.get("/titles");
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!(["Emma", "Persuasion"]))
    );
}

/// Serves an example, and what it calls on a listener of this name, at free ports.
fn serve_both(name: &'static str, called: &str, build: fn() -> Micro) -> Service {
    let port = support::free_port();
    let (name_, called) = (name.to_uppercase(), called.to_uppercase());
    let settings = [
        (format!("SERVER_{name_}_PORT"), "0".to_owned()),
        (format!("SERVER_{name_}_HOST"), "127.0.0.1".to_owned()),
        (format!("SERVER_{called}_PORT"), port.to_string()),
    ];
    let urls = ["CUSTOMERS", "ORDERS", "WEATHER", "LIBRARY"].map(|connection| {
        let url = format!("http://127.0.0.1:{port}");
        (format!("CONNECTION_{connection}_URL"), url)
    });
    support::serve_named(name, move || {
        build().environment(settings.into_iter().chain(urls))
    })
}
