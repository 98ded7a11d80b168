//! Tests of what definitions become. What is said of wrong ones is tested by `tests/definition`.

use std::collections::BTreeMap;
use std::time::Duration;

use micro_api::Method;
use proptest::prelude::*;

use super::{
    DIRECTIVES, Loaded, Options, Source, explain, load, settings_markdown, table_markdown,
};
use crate::config::{
    Action, ArgumentType, DatabaseAddress, Listener, Origin, ResponseKind, Service, Upstreams,
};
use crate::diagnostics::render;

/// A definition, what it is loaded with, and what came of it.
#[derive(Default)]
struct Definition {
    text: String,
    config: Vec<&'static str>,
    environment: BTreeMap<String, String>,
}

fn definition(lines: &[&str]) -> Definition {
    Definition {
        text: lines.join("\n"),
        ..Definition::default()
    }
}

impl Definition {
    fn config(mut self, line: &'static str) -> Definition {
        self.config.push(line);
        self
    }

    fn env(mut self, name: &str, value: &str) -> Definition {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    fn load(self) -> Loaded {
        let config = (!self.config.is_empty()).then(|| Source::Text {
            name: "test.conf".to_owned(),
            text: self.config.join("\n"),
        });
        let options = Options {
            catalogue: None,
            environment: self.environment,
            config,
        };
        load(
            &Source::Text {
                name: "test.micro".to_owned(),
                text: self.text,
            },
            &options,
        )
    }

    fn service(self) -> Service {
        let loaded = self.load();
        let said: Vec<_> = loaded
            .diagnostics
            .iter()
            .map(|d| render(d, &loaded.sources))
            .collect();
        loaded
            .service
            .unwrap_or_else(|| panic!("{}", said.join("\n")))
    }

    fn listener(self) -> Listener {
        self.service().listeners.remove(0)
    }

    fn error(self) -> String {
        let loaded = self.load();
        let errors: Vec<_> = loaded.diagnostics.iter().filter(|d| d.is_error()).collect();
        assert_eq!(errors.len(), 1, "{errors:?}");
        render(errors[0], &loaded.sources)
    }
}

const PING: [&str; 3] = ["SERVER a 8000", "ROUTE /ping$", "GET ping.ping"];

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
        Action::Handler(crate::config::Reference {
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
fn the_environment_wins_over_the_file_and_the_file_over_the_definition() {
    let lines = [
        &PING[..],
        &["CONFIG x.y default=1", "CONFIG z default=1 env=ZED"],
    ]
    .concat();
    let value = |definition: Definition| definition.service().config.find("x.y").map(str::to_owned);
    assert_eq!(value(definition(&lines)).as_deref(), Some("1"));
    assert_eq!(
        value(definition(&lines).config("x.y=2")).as_deref(),
        Some("2")
    );
    assert_eq!(
        value(definition(&lines).config("x.y=2").env("X_Y", "3")).as_deref(),
        Some("3")
    );
    let service = definition(&lines).env("ZED", "4").env("Z", "5").service();
    assert_eq!(service.config.find("z"), Some("4"));
}

#[test]
fn settings_change_the_listener() {
    let listener = definition(&PING)
        .config("server.a.port = 9000 # another")
        .config("server.a.http_max_content_length=2MiB")
        .env("SERVER_a_HOST", "127.0.0.1")
        .env("SERVER_A_IDLE_TIMEOUT", "1m")
        .listener();
    assert_eq!((listener.host.as_str(), listener.port), ("127.0.0.1", 9000));
    assert_eq!(listener.limits.content_bytes_max, 2 << 20);
    assert_eq!(listener.limits.idle_timeout, Duration::from_secs(60));
    let service = definition(&PING)
        .config("server.a.is_active=false")
        .service();
    assert!(service.listeners.is_empty());
}

#[test]
fn a_secret_may_come_from_a_file_and_is_not_shown() {
    let mut file = tempfile::NamedTempFile::new().expect("a file can be made");
    std::io::Write::write_all(&mut file, b"hush\n").expect("a file can be written");
    let path = file.path().display().to_string();
    let loaded = definition(&["CONFIG pass.word secret=true"])
        .env("PASS_WORD_FILE", &path)
        .load();
    let record = loaded
        .records
        .iter()
        .find(|record| record.name == "pass.word")
        .expect("declared");
    assert_eq!(record.value.as_deref(), Some("hush"));
    assert_eq!(record.shown_value(), Some("***"));
    assert_eq!(
        record.origin,
        Origin::File {
            variable: "PASS_WORD_FILE".to_owned(),
            path
        }
    );
}

#[test]
fn a_variable_and_its_file_exclude_each_other() {
    let error = definition(&["CONFIG k secret=true"])
        .env("K", "1")
        .env("K_FILE", "/x")
        .error();
    assert!(
        error.starts_with("error: environment variables `K` and `K_FILE` both set `k`\n"),
        "{error}"
    );
    let service = definition(&["CONFIG k", "CONFIG k.file"])
        .env("K_FILE", "1")
        .service();
    assert_eq!(service.config.find("k.file"), Some("1"));
    assert_eq!(service.config.find("k"), None);
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
fn databases_in_three_spellings() {
    let lines = [
        "DATABASE one sqlite:a.db",
        "DATABASE user=u port=1",
        "DATABASE two pg host pool=true",
    ];
    let loaded = definition(&lines)
        .config("db.password=p")
        .env("DATABASE_NAME", "n")
        .load();
    assert_eq!(loaded.refuse_to_run().len(), 3);
    let service = loaded.service.expect("it can be checked");
    assert_eq!(
        service.databases[0].address,
        DatabaseAddress::Url("sqlite:a.db".to_owned())
    );
    assert_eq!(service.databases[1].address, DatabaseAddress::Settings);
    assert!(
        matches!(&service.databases[2].address, DatabaseAddress::Foreign { words, options }
        if words == &["pg", "host"] && options == &[("pool".to_owned(), "true".to_owned())])
    );
    assert_eq!(service.config.find("db.port"), Some("1"));
    assert_eq!(service.config.find("db.password"), Some("p"));
    assert_eq!(service.config.find("db.database"), Some("n"));
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
fn the_familys_orders_load() {
    // Each word that the family's state machines take behind each other.
    let orders: &[&[&str]] = &[
        &[
            "CONNECTION c http://c",
            "SERVER a 1",
            "ROUTE /",
            "GET a.b",
            "CONNECTION d http://d",
            "SERVER b 2",
            "ROUTE /",
            "PUT a.b",
        ],
        &[
            "SERVER a 1",
            "CONFIG x.y",
            "CONNECTION c http://c",
            "CONFIG x.z",
            "RESOURCE r /",
            "CONFIG x.w",
            "SERVER b 2",
            "ROUTE /",
            "GET a.b",
        ],
        &[
            "SERVER a 1",
            "ROUTE /",
            "GET a.b",
            "SETUP a.b",
            "ENUM e 1",
            "TEARDOWN a.b",
            "LOG name=x",
            "DATABASE user=x",
            "CONFIG x.y",
            "ROUTE /x",
            "GET a.b",
        ],
        &[
            "CONFIG_SERVER a 1",
            "SERVER a",
            "ROUTE /",
            "GET a.b",
            "CONFIG_SERVER b 2 handler=x.Y",
            "SERVER b",
            "ROUTE /",
            "DELETE a.b",
        ],
        &[
            "CONNECTION c http://c is_debug=true handler=x.Y wrapper=x.y setup=x.y",
            "HEADER a code=x.y",
            "RESOURCE r /r is_debug=f",
            "RESOURCE s /s",
            "OPTIONAL o",
        ],
        &[
            "CONFIG f validate=tests.my_validate",
            "LOG",
            "ENUM e a b",
            "LOG level=debug",
        ],
        &[
            "SERVER a 0",
            "ROUTE /",
            "GET a.b cursor=x",
            "RESPONSE html compress=true",
            "SERVER b 0",
            "ROUTE /",
            "PATCH a.b",
        ],
    ];
    for lines in orders {
        let loaded = definition(lines).load();
        assert!(
            loaded.service.is_some(),
            "{lines:?}: {:?}",
            loaded.diagnostics
        );
    }
}

#[test]
fn old_names_of_settings_are_understood() {
    let lines = [
        "CONFIG_SERVER a 1",
        "SERVER a",
        "ROUTE /",
        "GET a.b",
        "CONNECTION c http://c",
    ];
    let service = definition(&lines)
        .config("a.port=2")
        .config("connection.c.is_debug=false")
        .service();
    assert_eq!(service.listeners[0].port, 2);
    assert!(!service.connections[0].is_verbose);
}

#[test]
fn a_setting_belongs_to_one_line() {
    for lines in [
        ["SERVER a 1", "CONFIG server.a.port"],
        ["CONFIG server.a.port", "SERVER a 1"],
    ] {
        let error = definition(&lines).error();
        assert!(
            error.starts_with("error: setting `server.a.port` is declared twice\n"),
            "{error}"
        );
    }
    assert!(
        definition(&["CONFIG log.level"])
            .error()
            .contains("the framework makes it")
    );
}

#[test]
fn every_directive_is_explained_and_its_example_loads() {
    for directive in DIRECTIVES {
        let text = explain(directive.word).expect("it is a directive");
        assert!(
            text.contains(directive.summary) && text.contains(directive.example),
            "{text}"
        );
        assert!(table_markdown().contains(directive.summary));
        let first = directive.example.split_whitespace().next();
        assert_eq!(first, Some(directive.word));
        if directive.word != "IMPORT" {
            let lines = example_in_its_place(directive);
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            definition(&lines).service();
        }
    }
    assert!(settings_markdown().contains("| `server.{name}.idle_timeout` | duration | `75s` |"));
    assert!(explain("NONSENSE").is_none());
}

fn example_in_its_place(directive: &super::Directive) -> Vec<String> {
    let mut lines = vec![directive.example.to_owned()];
    let mut places = directive.places;
    while let Some(place) = places.first().filter(|place| !place.example().is_empty()) {
        // An ARG needs a group to give a type to.
        lines.insert(0, place.example().replace("/hello", "/hello/(x)"));
        let opener = DIRECTIVES
            .iter()
            .find(|opener| opener.opens == Some(*place));
        places = opener.expect("something opens each scope").places;
    }
    lines
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

proptest! {
    #[test]
    fn any_words_end_in_a_service_or_diagnostics(
        lines in proptest::collection::vec(line(), 0..12),
    ) {
        let loaded = Definition { text: lines.join("\n"), ..Definition::default() }.load();
        prop_assert_eq!(loaded.service.is_none(), loaded.has_errors());
        for diagnostic in &loaded.diagnostics {
            prop_assert!(!render(diagnostic, &loaded.sources).is_empty());
        }
    }
}

fn line() -> impl Strategy<Value = String> {
    let words: Vec<&str> = DIRECTIVES
        .iter()
        .filter(|d| d.word != "IMPORT")
        .map(|d| d.word)
        .collect();
    let argument = prop_oneof![
        Just("a"),
        Just("b.c"),
        Just("80"),
        Just("/x/{y:int}"),
        Just("(z)"),
        Just("http://h"),
        Just("name=n"),
        Just("type=int"),
        Just("enum=a"),
        Just("default=é"),
        Just("config=k"),
        Just("wrap=a,b"),
        Just("url=u"),
        Just("secret=true"),
        Just("file=true"),
        Just("'q r'"),
        Just("${E}"),
        Just("validate=int"),
        Just("=")
    ];
    (
        proptest::sample::select(words),
        proptest::collection::vec(argument, 0..5),
    )
        .prop_map(|(word, arguments)| format!("{word} {}", arguments.join(" ")))
}
