//! A service with a DATABASE is served: its modules get the settings, and nobody else opens it.

mod support;

use micro::Micro;
use micro::config::DATABASE_LIMITS;
use micro_api::{Config, Error, Module, Request, Value, json};
use micro_store::Limits;

/// What a module sees of its database when the service starts.
struct Seen(Value);

fn open(config: &Config) -> Result<Seen, Error> {
    Ok(Seen(json!({
        "url": config.get::<String>("database.store.url")?,
        "is_active": config.get::<bool>("database.store.is_active")?,
    })))
}

fn opened(seen: &Seen, _: Request) -> Value {
    seen.0.clone()
}

fn of_no_name(_: &Seen, request: Request) -> Result<Value, Error> {
    let config = request.config();
    Ok(json!({
        "user": config.get::<String>("db.user")?,
        "host": config.get::<String>("db.host")?,
        "port": config.get::<u16>("db.port")?,
        "isolation": config.get::<String>("db.isolation")?,
        "timeout": config.get::<std::time::Duration>("db.timeout")?.as_secs(),
        "is_active": config.get::<bool>("db.is_active")?,
    }))
}

const MODULE: Module<Seen> = Module::with_state("store", open)
    .handler("opened", opened)
    .handler("of_no_name", of_no_name);

const SERVER: &[&str] = &[
    "SERVER test 0 host=127.0.0.1",
    "  ROUTE /opened$",
    "    GET store.opened",
    "  ROUTE /of_no_name$",
    "    GET store.of_no_name",
];

fn serve(lines: &'static [&'static str], environment: &[(&str, &str)]) -> support::Service {
    let variables: Vec<(String, String)> = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    support::serve(move || {
        let lines = lines.iter().chain(SERVER).copied();
        Micro::new()
            .module(MODULE)
            .lines(lines)
            .environment(variables)
    })
}

/// The limits of a database with one setting.
fn limits(name: &str, value: &str) -> Option<Limits> {
    let config = Config::new([(format!("database.store.{name}"), value)]);
    Limits::of(&config, "store").ok()
}

#[test]
fn whoever_opens_a_database_knows_the_limits_of_its_definition() {
    let usual = Some(Limits::default());
    for limit in DATABASE_LIMITS {
        let name = limit.name;
        let (least, greatest) = (limit.least, limit.greatest);
        assert_eq!(limits(name, limit.default), usual, "{name}");
        for number in [least, greatest] {
            let found = limits(name, &number.to_string());
            assert!(found.is_some() && found != usual, "{name} is {number}");
        }
        for number in [least - 1, greatest + 1] {
            assert_eq!(
                limits(name, &number.to_string()),
                None,
                "{name} is {number}"
            );
        }
    }
    // Each of them is in the table.
    let Limits {
        group_max: _,
        waiting_max: _,
        readers_max: _,
        snapshots_max: _,
        answer_timeout: _,
        snapshot_timeout: _,
    } = Limits::default();
    assert_eq!(DATABASE_LIMITS.len(), 6);
}

#[test]
fn a_module_gets_the_url_and_nothing_is_opened() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let url = format!("sqlite:{}/store.db", folder.path().display());
    let definition = &["DATABASE store sqlite:of/no/such/folder.db"];
    let service = serve(definition, &[("DATABASE_STORE_URL", &url)]);
    let seen = service.get("/opened").json();
    assert_eq!(seen, json!({"url": url, "is_active": true}));
    service.end().expect("it ends well");
    let mut left = folder.path().read_dir().expect("the folder can be read");
    assert!(left.next().is_none());
}

#[test]
fn a_server_that_nobody_runs_is_no_hindrance() {
    let url = "mysql://app:p%40w@database.invalid:3307/app";
    let definition = &["DATABASE store mysql://app@localhost/app"];
    let service = serve(definition, &[("DATABASE_STORE_URL", url)]);
    let seen = service.get("/opened").json();
    assert_eq!(seen, json!({"url": url, "is_active": true}));
}

#[test]
fn a_module_is_told_that_its_database_is_switched_off() {
    let definition = &["DATABASE store sqlite:store.db is_active=f"];
    let seen = serve(definition, &[]).get("/opened").json();
    assert_eq!(seen, json!({"url": "sqlite:store.db", "is_active": false}));
    let definition = &["DATABASE store sqlite:store.db"];
    let seen = serve(definition, &[("DATABASE_STORE_IS_ACTIVE", "false")])
        .get("/opened")
        .json();
    assert_eq!(seen["is_active"], json!(false));
}

#[test]
fn a_database_without_a_name_is_in_the_settings() {
    let definition = &[
        "DATABASE store sqlite:store.db is_active=false",
        "DATABASE user=app database=app isolation='repeatable read' timeout=2m",
    ];
    let service = serve(definition, &[("DATABASE_HOST", "db.local")]);
    let expected = json!({
        "user": "app",
        "host": "db.local",
        "port": 3306,
        "isolation": "repeatable read",
        "timeout": 120,
        "is_active": true,
    });
    assert_eq!(service.get("/of_no_name").json(), expected);
}
