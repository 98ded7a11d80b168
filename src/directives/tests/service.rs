//! What lines become in the service.

use std::time::Duration;

use micro_api::Method;

use super::{Definition, PING, definition};
use crate::config::{Action, ArgumentType, Reference, ResponseKind, Upstreams};

#[test]
fn a_server_has_routes_and_methods() {
    let listener = definition(&PING).listener();
    assert_eq!(
        (
            listener.name.as_str(),
            listener.host.as_str(),
            listener.port
        ),
        ("a", "0.0.0.0", 8000)
    );
    assert_eq!(listener.place.to_string(), "test.micro:1");
    let route = &listener.routes[0];
    assert_eq!(route.pattern, "/ping$");
    let endpoint = &route.endpoints[0];
    assert_eq!(endpoint.method, Method::Get);
    let Action::Handler(handler) = &endpoint.action else {
        panic!("{endpoint:?}")
    };
    assert_eq!(
        (handler.module.as_str(), handler.function.as_str()),
        ("ping", "ping")
    );
}

#[test]
fn the_modules_name_ends_at_the_last_dot() {
    let listener = definition(&["server a 1", "route /", "get a.b.c"]).listener();
    assert_eq!(
        listener.routes[0].endpoints[0].action,
        Action::Handler(Reference {
            module: "a.b".to_owned(),
            function: "c".to_owned(),
        })
    );
}

#[test]
fn groups_have_the_types_of_arg_lines_in_order() {
    let lines = [
        "SERVER a 1",
        "ROUTE /(\\d+)/(?P<b>x)/{c:uuid}/(y)$",
        "ARG count",
        "TYPE enum=e",
        "GET a.b",
    ];
    let listener = definition(&[&lines[..], &["ENUM e x"]].concat()).listener();
    let groups = &listener.routes[0].groups;
    let names: Vec<_> = groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["0", "b", "c", "3"]);
    assert_eq!(groups[0].argument_type, ArgumentType::Count);
    assert!(matches!(&groups[1].argument_type, ArgumentType::Enum(known) if known.items == ["x"]));
    assert_eq!(groups[2].argument_type, ArgumentType::Uuid);
    assert_eq!(groups[3].argument_type, ArgumentType::Text);
}

#[test]
fn lines_that_open_nothing_leave_open_what_is_open() {
    let lines = [
        &PING[..],
        &[
            "CONFIG a.b",
            "ENUM e x",
            "LOG level=debug",
            "SILENT true",
            "CONTENT c e.f",
        ],
    ]
    .concat();
    let listener = definition(&lines).listener();
    assert_eq!(listener.routes[0].endpoints[0].content[0].name, "c");
    assert!(listener.routes[0].is_silent);
}

#[test]
fn a_resource_takes_headers_before_its_connection_does() {
    let lines = [
        "CONNECTION c http://c",
        "HEADER A default=1",
        "RESOURCE r /{x}/{y}/{x} post",
        "HEADER B config=b",
        "REQUIRED z",
        "OPTIONAL o 5 config=o validate=int",
        "SERVER s 1",
        "ROUTE /",
        "GET a.b",
        "CONNECTION d code=a.b",
        "RESOURCE r /",
    ];
    let service = definition(&lines)
        .config("connection.c.resource.r.header.b=2")
        .config("connection.c.url=http://other")
        .env("CONNECTION_c_RESOURCE_r_o", "7")
        .env("CONNECTION_C_TIMEOUT", "1500ms")
        .service();
    let connection = &service.connections[0];
    assert_eq!(connection.url.as_deref(), Some("http://other"));
    assert_eq!(connection.headers[0].value.as_deref(), Some("1"));
    let resource = &connection.resources[0];
    assert_eq!(resource.headers[0].value.as_deref(), Some("2"));
    assert_eq!(resource.signature(), "r(x, y, z, [o=7])");
    assert_eq!(
        (resource.method, resource.timeout),
        (Method::Post, Duration::from_millis(1500))
    );
    assert_eq!(service.connections[1].url, None);
}

#[test]
fn types_that_functions_read_have_words_of_the_language() {
    use micro_api::host::ParameterType::{Bool, Float, Int, Text};
    for known in [Text, Int, Float, Bool] {
        let line = format!("CONTENT x type={}", known.word());
        let listener = definition(&["SERVER a 8000", "ROUTE /$", "POST a.b", &line]).listener();
        let content = &listener.routes[0].endpoints[0].content[0];
        let expected = match known {
            Int => ArgumentType::Int,
            Float => ArgumentType::Float,
            Bool => ArgumentType::Bool,
            _ => ArgumentType::Text,
        };
        assert_eq!(content.argument_type, expected);
    }
}

#[test]
fn wrappers_tasks_and_calls_around_the_service() {
    let lines = [
        &[
            "WRAP one a.x",
            "TASK t b.t",
            "SETUP b.s",
            "SETUP b.s2",
            "TEARDOWN b.d",
            "USER b.u",
        ][..],
        &[
            "SERVER a 1",
            "ROUTE /",
            "GET ping.ping wrap=two,one timeout=0 silent=t",
            "WRAP two a.y",
        ],
    ]
    .concat();
    let service = definition(&lines).service();
    let endpoint = &service.listeners[0].routes[0].endpoints[0];
    let wrappers: Vec<_> = endpoint.wrappers.iter().map(ToString::to_string).collect();
    assert_eq!(wrappers, ["a.y", "a.x"]);
    assert_eq!(
        (endpoint.timeout, endpoint.is_silent),
        (Some(Duration::ZERO), true)
    );
    assert_eq!((service.tasks.len(), service.setups.len()), (1, 2));
    assert_eq!((service.teardowns.len(), service.turns.len()), (1, 1));
}

#[test]
fn a_method_is_silent_as_it_says_or_else_as_its_route_says() {
    let lines = ["SERVER a 1", "ROUTE /", "GET a.b", "PUT a.b silent=false"];
    let lines = [&lines[..], &["POST a.b silent=true", "SILENT true"]].concat();
    let lines = [&lines[..], &["ROUTE /x", "GET a.b", "PUT a.b silent=true"]].concat();
    let listener = definition(&lines).listener();
    let silent = |at: usize| {
        let route = &listener.routes[at];
        let endpoints = route.endpoints.iter().map(|one| one.is_silent).collect();
        (route.is_silent, endpoints)
    };
    assert_eq!(silent(0), (true, vec![true, false, true]));
    assert_eq!(silent(1), (false, vec![false, true]));
}

#[test]
fn contents_and_responses() {
    let lines = [
        &PING[..],
        &[
            "CONTENT a type=int default=-5",
            "CONTENT b",
            "CONTENT c is_required=false",
        ],
        &["RESPONSE json default=[] status=201 cache_control=no-store"],
    ]
    .concat();
    let endpoint = definition(&lines)
        .listener()
        .routes
        .remove(0)
        .endpoints
        .remove(0);
    let required: Vec<_> = endpoint
        .content
        .iter()
        .map(|content| content.is_required)
        .collect();
    assert_eq!(required, [false, true, false]);
    assert_eq!(endpoint.content[0].default, Some(micro_api::json!(-5)));
    let response = endpoint.response.expect("it is declared");
    assert_eq!(
        (response.kind, response.status),
        (ResponseKind::Json, Some(201))
    );
    assert_eq!(
        response.headers,
        [("Cache-Control".to_owned(), "no-store".to_owned())]
    );
}

#[test]
fn what_cannot_run_yet_is_refused_at_its_line() {
    let lines = [
        &PING[..],
        &["PROXY http://a", "PROVIDES p", "REQUIRES q a.b"],
    ]
    .concat();
    let loaded = definition(&lines)
        .config("server.a.ssl.is_active=true")
        .load();
    let said: Vec<_> = loaded
        .refuse_to_run()
        .iter()
        .map(|said| said.message.as_str())
        .collect();
    assert_eq!(
        said,
        [
            "`server.a.ssl.is_active` is checked but cannot run yet",
            "`PROXY` is checked but cannot run yet",
            "`PROVIDES` is checked but cannot run yet",
            "`REQUIRES` is checked but cannot run yet",
        ]
    );
    assert!(loaded.service.is_none(), "the files of TLS are missing");
    let service = definition(&lines).service();
    assert_eq!(
        service.proxies[0].upstreams,
        Upstreams::Fixed(vec!["http://a".to_owned()])
    );
    assert_eq!(service.provides[0].server, "a");
    assert!(definition(&PING).load().refuse_to_run().is_empty());
}

#[test]
fn a_variable_cannot_add_a_header_field() {
    for line in [
        "RESPONSE json location=${X}",
        "RESPONSE json content_type=a${X}",
        "CONNECTION c http://c\nHEADER a default=${X}",
    ] {
        let lines = [&PING[..], &[line]].concat();
        let text = definition(&lines).env("X", "x\r\ny: z").error();
        assert!(
            text.contains("must be the value of a header field (no control characters but tabs)"),
            "{text}"
        );
        assert!(!text.contains('\r'), "{text:?}");
        assert!(!text.contains("y: z"), "it may be a secret: {text:?}");
    }
}

#[test]
fn many_routes_load_in_linear_time() {
    let mut text = "SERVER a 1\n".to_owned();
    for n in 0..10_000 {
        text.push_str(&format!("ROUTE /route/{n}/(\\d+)$\nARG int\nGET a.b\n"));
    }
    let listener = Definition {
        text,
        ..Definition::default()
    }
    .listener();
    assert_eq!(listener.routes.len(), 10_000);
}
