//! Each of `micro/`: it loads without a word, and those of the linked modules answer the requests
//! that their first lines show. The one that an example serves is asked in `tests/examples.rs`.

mod support;

use std::collections::BTreeSet;
use std::time::Instant;

use micro::Micro;
use micro_api::{Value, json, serde_json};
use support::Service;

const FORM: &str = "application/x-www-form-urlencoded";

/// Serves a file at a free port of this machine alone.
fn serve(path: &'static str, listener: &'static str) -> Service {
    support::serve_named(listener, move || {
        let variable = |what| format!("SERVER_{}_{what}", listener.to_uppercase());
        Micro::new().definition(path).environment([
            (variable("PORT"), "0".to_owned()),
            (variable("HOST"), "127.0.0.1".to_owned()),
        ])
    })
}

/// The paths that the `curl` lines at the head of a file name.
fn shown(path: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(path).expect("a definition is text");
    let head = text.lines().take_while(|line| line.starts_with('#'));
    let after = |line: &str| {
        let ports = ["localhost:12345", "localhost:5668", "localhost:8100"];
        let (_, target) = ports.iter().find_map(|port| line.split_once(port))?;
        let end = target.find(['\'', ' ']).unwrap_or(target.len());
        Some(target[..end].to_owned())
    };
    head.filter_map(after).collect()
}

#[track_caller]
fn assert_shown(path: &str, asked: &[&str]) {
    let asked: BTreeSet<String> = asked.iter().map(|&target| target.to_owned()).collect();
    assert_eq!(shown(path), asked, "the test asks what {path} shows");
}

/// The files in `micro/` whose first line tells to run them.
fn served() -> Vec<String> {
    let entries = std::fs::read_dir("micro").expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let is_served = |path: &String| {
        let text = std::fs::read_to_string(path).expect("a definition is text");
        text.starts_with(&format!("# micro {path} "))
    };
    paths
        .filter(|path| path.is_file())
        .map(|path| path.display().to_string())
        .filter(is_served)
        .collect()
}

/// What some files want of the environment: secrets, and places for what they keep.
fn needed(folder: &tempfile::TempDir) -> Vec<(String, String)> {
    let path = |name: &str| folder.path().join(name).display().to_string();
    let variables = [
        ("ROUTING_ADMIN_TOKEN", TOKEN.to_owned()),
        (
            "DATABASE_ROUTING_URL",
            format!("sqlite:{}", path("routing.db")),
        ),
        ("BROKER_USERNAME", "tsuru".to_owned()),
        ("BROKER_PASSWORD", "open sesame!".to_owned()),
        ("BROKER_KEY", "0123456789abcdef".repeat(4)),
        ("BROKER_PLAN_SMALL_FOLDER", path("broker-data")),
        (
            "DATABASE_BROKER_URL",
            format!("sqlite:{}", path("broker.db")),
        ),
    ];
    let owned = |(name, value): (&str, String)| (name.to_owned(), value);
    variables.map(owned).into()
}

const TOKEN: &str = "a-token-of-32-characters-or-more";

#[test]
fn every_file_that_is_served_says_how_and_starts() {
    let served = served();
    assert!(served.len() >= 6, "{served:?}");
    for path in served {
        assert!(!shown(&path).is_empty(), "{path} shows a request");
        let listeners = Micro::new().definition(&path).load().service;
        let names: Vec<String> = listeners
            .expect("it is right")
            .listeners
            .into_iter()
            .map(|listener| listener.name)
            .collect();
        let free = names.iter().map(|name| {
            let variable = format!("SERVER_{}_PORT", name.to_uppercase());
            (variable, "0".to_owned())
        });
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let environment = free.chain(needed(&folder));
        let running = Micro::new().definition(&path).environment(environment);
        let running = running.start();
        let running = running.unwrap_or_else(|error| panic!("{error}"));
        for name in &names {
            assert!(running.address(name).is_some(), "{path}: {name}");
        }
    }
}

#[test]
fn shop() {
    let service = support::serve_named("shop", || {
        Micro::new().definition("micro/shop.micro").environment([
            ("SERVER_SHOP_PORT".to_owned(), "0".to_owned()),
            ("SERVER_SHOP_HOST".to_owned(), "127.0.0.1".to_owned()),
            ("SERVER_OPERATION_PORT".to_owned(), "0".to_owned()),
        ])
    });
    assert_shown("micro/shop.micro", &["/orders", "/orders/1"]);
    let order = service.send("POST", "/orders", FORM, "description=bread");
    assert_eq!((order.status, &order.json()["id"]), (201, &json!(1)));
    let order = service.get("/orders/1");
    assert_eq!(order.json()["description"], json!("bread"));
    assert_eq!(service.get("/orders/x").status, 404);
}

#[test]
fn ping() {
    let service = serve("micro/ping.micro", "useless");
    assert_shown("micro/ping.micro", &["/test/ping"]);
    service.get("/test/ping").is(200, "{\"ping\":\"pong\"}");
    assert_eq!(service.get("/test/pings").status, 404);
}

#[test]
fn echo() {
    let service = serve("micro/echo.micro", "echo");
    let asked = ["/echo", "/request?color=blue", "/typed/7/red?big=true"];
    assert_shown("micro/echo.micro", &asked);
    service
        .send("POST", "/echo", FORM, "hello")
        .is(200, "hello");
    service
        .send("PUT", "/echo", "text/plain", "hello")
        .is(200, "hello");
    let seen = service.get("/request?color=blue").json();
    assert_eq!(seen["query"], json!([["color", "blue"]]));
    assert_eq!(seen["method"], "GET");
    let seen = service
        .send("DELETE", "/request/any/where", FORM, "12345")
        .json();
    assert_eq!(
        (&seen["path"], &seen["body_bytes"]),
        (&json!("/request/any/where"), &json!(5))
    );
    assert_eq!(seen["arguments"], json!({}));
    let refused = service.get("/echo");
    assert_eq!(
        (refused.status, refused.header("allow")),
        (405, Some("POST, PUT, OPTIONS"))
    );
}

#[test]
fn echo_shows_arguments_at_work() {
    let service = serve("micro/echo.micro", "echo");
    let seen = service.get("/typed/7/red?big=true").json();
    let expected = json!({"0": 7, "shade": "RED", "big": true, "price": null});
    assert_eq!(seen["arguments"], expected);
    let body = json!({"amount": "5", "shades": "blue"}).to_string();
    let seen = service.send("POST", "/typed/7/BLUE", "application/json", &body);
    let expected = json!({"0": 7, "shade": "BLUE", "amount": 5, "shades": "BLUE"});
    assert_eq!(seen.json()["arguments"], expected);
    let refusals = [
        ("/typed/7/red", "missing required content: 'big'"),
        (
            "/typed/7/red?big=yes",
            "invalid value for 'big': must be `true` or `false`",
        ),
        (
            "/typed/7/red?big=1&price=x",
            "invalid value for 'price': must be a float",
        ),
        (
            "/typed/7/green?big=1",
            "invalid value for 'shade': must be one of: RED, BLUE",
        ),
        (
            "/typed/9223372036854775808/red?big=1",
            "invalid value for group 1 of the path: must be an int of 64 bits",
        ),
    ];
    for (target, message) in refusals {
        let refused = service.get(target);
        assert_eq!(
            (refused.status, &refused.json()["error"]),
            (400, &json!(message)),
            "{target}"
        );
    }
}

#[test]
fn tasks() {
    let service = serve("micro/tasks.micro", "tasks");
    assert_shown("micro/tasks.micro", &["/tasks", "/tasks/1"]);
    let task = |description: &str| json!({"id": 1, "description": description});
    let answer = service.send("POST", "/tasks", FORM, "description=sow");
    assert_eq!((answer.status, answer.json()), (201, task("sow")));
    let answer = service.get("/tasks");
    assert_eq!(
        (answer.status, answer.json()),
        (200, Value::Array(vec![task("sow")]))
    );
    let answer = service.send("PUT", "/tasks/1", FORM, "description=reap");
    assert_eq!((answer.status, answer.json()), (200, task("reap")));
    assert_eq!(service.get("/tasks/1").json(), task("reap"));
    let delete = || {
        service
            .request("DELETE /tasks/1 HTTP/1.1\r\nHost: test\r\n\r\n")
            .status
    };
    assert_eq!((delete(), delete()), (204, 404));
    // The same as JSON and in the query, and not at all.
    let description = json!({"description": "rest"}).to_string();
    let answer = service.send("POST", "/tasks", "application/json", &description);
    assert_eq!(answer.json()["id"], 2);
    let answer = service.send("POST", "/tasks?description=sleep", FORM, "");
    assert_eq!(answer.json()["id"], 3);
    let answer = service.send("POST", "/tasks", FORM, "");
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json()["error"],
        "missing required content: 'description'"
    );
    assert_eq!(service.get("/tasks/one").status, 404);
}

#[test]
fn later() {
    let service = serve("micro/later.micro", "later");
    assert_shown(
        "micro/later.micro",
        &["/later/reply?seconds=2", "/later/sleep/2"],
    );
    // Both wait at the same time, in less than the sum.
    let start = Instant::now();
    let mut first = service.connect();
    first.send("GET /later/reply?seconds=0.5 HTTP/1.1\r\nHost: test\r\n\r\n");
    let mut second = service.connect();
    second.send("GET /later/sleep/0.5 HTTP/1.1\r\nHost: test\r\n\r\n");
    let refused = service.get("/later/sleep/61");
    assert_eq!(refused.status, 400, "answered while the others wait");
    first.answer(false).is(200, "0.5");
    second.answer(false).is(200, "0.5");
    assert!(start.elapsed().as_secs_f64() >= 0.5);
    assert_eq!(service.get("/later/reply?seconds=soon").status, 400);
}

#[test]
fn static_files() {
    let service = serve("micro/static.micro", "static");
    assert_shown("micro/static.micro", &["/files/ping.micro", "/ping"]);
    let ping = std::fs::read_to_string("micro/ping.micro").expect("it is there");
    service.get("/files/ping.micro").is(200, &ping);
    service.get("/ping").is(200, &ping);
    for path in [
        "/files/none",
        "/files/",
        "/files/../Cargo.toml",
        "/files/%2e%2e/Cargo.toml",
    ] {
        assert_eq!(service.get(path).status, 404, "{path}");
    }
}

#[test]
fn routing() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let environment = needed(&folder);
    let service = support::serve_named("routing", move || {
        let free = [("SERVER_ROUTING_PORT".to_owned(), "0".to_owned())];
        let environment = free.into_iter().chain(environment);
        Micro::new()
            .definition("micro/routing.micro")
            .environment(environment)
    });
    let asked = ["/v1/acme/mapping", "/v1/acme/mapping/shop.example.org"];
    assert_shown("micro/routing.micro", &asked);
    let mapping = r#"{"domain":"shop.example.org","backends":["http://10.0.0.7:8080"]}"#;
    let send = |request: &str, body: &str| {
        let mut client = service.connect();
        let length = body.len();
        client.send(format!(
            "{request} HTTP/1.1\r\nHost: test\r\nX-Auth-Token: {TOKEN}\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        ));
        client.answer(false)
    };
    send("PUT /v1/acme/mapping", mapping).is(201, mapping);
    send("GET /v1/acme/mapping/shop.example.org", "").is(200, mapping);
    assert_eq!(service.get("/v1/acme/mapping").status, 401);
}

#[test]
fn broker() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let environment = needed(&folder);
    let service = support::serve_named("broker", move || {
        let free = [("SERVER_BROKER_PORT".to_owned(), "0".to_owned())];
        let environment = free.into_iter().chain(environment);
        Micro::new()
            .definition("micro/broker.micro")
            .environment(environment)
    });
    let asked = ["/resources", "/resources/blog/bind-app"];
    assert_shown("micro/broker.micro", &asked);
    let send = |request: &str, body: &str| {
        let mut client = service.connect();
        let length = body.len();
        client.send(format!(
            "{request} HTTP/1.1\r\nHost: test\r\nAuthorization: Basic dHN1cnU6b3BlbiBzZXNhbWUh\r\n\
             Content-Type: {FORM}\r\nContent-Length: {length}\r\n\r\n{body}"
        ));
        client.answer(false)
    };
    send("POST /resources", "name=blog").is(201, "");
    let bound = send("POST /resources/blog/bind-app", "app-name=shop");
    assert_eq!(bound.status, 201);
    let path = bound.json()["SQLITE_PATH"].as_str().map(str::to_owned);
    assert!(std::path::Path::new(&path.expect("it is told")).exists());
    assert_eq!(service.get("/resources/plans").status, 401);
}

/// The first line calls the tasks of another file.
#[test]
fn connections() {
    let path = "micro/connections.micro";
    let text = std::fs::read_to_string(path).expect("a definition is text");
    let line = text.lines().next().expect("it has a first line");
    let shown = line.strip_prefix("# micro ").expect("it tells how to call");
    let (call, _) = shown.split_once("   ").expect("it tells when");
    let service = serve("micro/tasks.micro", "tasks");
    let called = std::process::Command::new(assert_cmd::cargo::cargo_bin!("micro"))
        .args(call.split(' '))
        .env_clear()
        .env(
            "CONNECTION_TASKS_URL",
            format!("http://{}", service.address),
        )
        .output()
        .expect("the program can be run");
    assert!(called.status.success(), "{called:?}");
    let printed: Value = serde_json::from_slice(&called.stdout).expect("it prints JSON");
    assert_eq!(printed, json!({"id": 1, "description": "sow"}));
}
