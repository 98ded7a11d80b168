//! DATABASE, in three spellings: ours, spindrift's without a name, and aiomicro's for any driver.

use super::arguments::Arguments;
use super::bind::unknown_option;
use super::directive::{Directive, Rest, Turn};
use super::draft::{DatabaseDraft, Draft};
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use super::setting::{Setting, When};
use super::whole::is_true;
use crate::config::{Database, DatabaseAddress, ValueKind};

const DRIVER_HELP: &str =
    "write `DATABASE name sqlite:file` or `DATABASE name mysql://user@host/db`";

pub(super) static DATABASE: Directive = Directive {
    word: "DATABASE",
    places: &[Scope::Top],
    parameters: &[
        Parameter::optional("name", Kind::Name, "its name"),
        Parameter::optional("url", Kind::TEXT, "`sqlite:…` or `mysql://…`").secret(),
        Parameter::option("is_active", Kind::BOOL, "whether it is used")
            .or("true")
            .rare(),
        Parameter::option("user", Kind::TEXT, "the user, if there is no name").rare(),
        Parameter::option("password", Kind::TEXT, "the password, if there is no name")
            .secret()
            .rare(),
        Parameter::option("database", Kind::TEXT, "the database, if there is no name").rare(),
        Parameter::option("host", Kind::TEXT, "the host, if there is no name").rare(),
        Parameter::option(
            "port",
            Kind::Value(ValueKind::Port),
            "the port, if there is no name",
        )
        .or("3306")
        .rare(),
        Parameter::option("isolation", Kind::TEXT, "the level of isolation")
            .or("READ COMMITTED")
            .rare(),
        Parameter::option("timeout", SECONDS, "how long a connection may be open")
            .or("60.0")
            .rare(),
        Parameter::option("long_query", SECONDS, "what takes longer is logged")
            .or("0.5")
            .rare(),
        Parameter::option("fsm_trace", Kind::BOOL, "log the driver's steps")
            .or("false")
            .rare(),
    ],
    rest: Some(Rest {
        name: "word",
        least: 0,
        doc: "for a driver of aiomicro",
    }),
    takes_any_option: true,
    settings: &[
        Setting::of("database.{name}.url", ValueKind::Text, "url", "where it is")
            .secret()
            .when(When::Given("url")),
        Setting::of(
            "database.{name}.is_active",
            ValueKind::Bool,
            "is_active",
            "whether it is used",
        )
        .when(When::Given("name")),
        db(
            "db.is_active",
            ValueKind::Bool,
            "is_active",
            "whether it is used",
        )
        .environment("DATABASE_IS_ACTIVE"),
        db("db.user", ValueKind::Text, "user", "the user").environment("DATABASE_USER"),
        db("db.password", ValueKind::Text, "password", "the password")
            .secret()
            .environment("DATABASE_PASSWORD"),
        db("db.database", ValueKind::Text, "database", "the database").environment("DATABASE_NAME"),
        db("db.host", ValueKind::Text, "host", "the host").environment("DATABASE_HOST"),
        db("db.port", ValueKind::Port, "port", "the port").environment("DATABASE_PORT"),
        db(
            "db.isolation",
            ValueKind::Text,
            "isolation",
            "the level of isolation",
        )
        .environment("DATABASE_ISOLATION"),
        db(
            "db.timeout",
            ValueKind::Duration,
            "timeout",
            "how long a connection may be open",
        )
        .environment("DATABASE_TIMEOUT"),
        db(
            "db.long_query",
            ValueKind::Duration,
            "long_query",
            "what takes longer is logged",
        )
        .environment("DATABASE_LONG_QUERY"),
        db(
            "db.fsm_trace",
            ValueKind::Bool,
            "fsm_trace",
            "log the driver's steps",
        )
        .environment("DATABASE_FSM_TRACE"),
    ],
    summary: "declares a database that handlers use",
    example: "DATABASE store sqlite:store.db",
    turn: Turn::Early,
    is_future: true,
    apply,
    ..Directive::BLANK
};

const SECONDS: Kind = Kind::Value(ValueKind::Duration);

const fn db(
    name: &'static str,
    kind: ValueKind,
    parameter: &'static str,
    doc: &'static str,
) -> Setting {
    Setting::of(name, kind, parameter, doc).when(When::NotGiven("name"))
}

fn apply(draft: &mut Draft, arguments: &Arguments) {
    hide_words(draft, arguments);
    let name = arguments
        .find("name")
        .map_or("db", |given| &given.text)
        .to_owned();
    draft.declare("DATABASE", &name, arguments.span_of("name"));
    let address = match arguments.find("url") {
        _ if arguments.find("name").is_none() => settings(draft, arguments),
        Some(url) if is_ours(&url.text) && arguments.rest.is_empty() => {
            refuse_options(draft, arguments);
            DatabaseAddress::Url(url.text.clone())
        }
        _ => foreign(arguments),
    };
    let is_active = match arguments.find("name") {
        Some(_) => format!("database.{name}.is_active"),
        None => "db.is_active".to_owned(),
    };
    let place = draft.place(arguments.span);
    draft.databases.push(DatabaseDraft {
        database: Database {
            name,
            address,
            place,
        },
        is_active,
        word_span: arguments.word_span,
    });
}

/// Refuses to run with databases, apart from those that settings switch off.
pub(super) fn refuse_active(draft: &mut Draft) {
    let active = draft.databases.iter();
    let active = active.filter(|database| is_true(draft, &database.is_active));
    let refused: Vec<_> = active
        .map(|draft| {
            let is_foreign = matches!(draft.database.address, DatabaseAddress::Foreign { .. });
            (draft.word_span, is_foreign.then(|| DRIVER_HELP.to_owned()))
        })
        .collect();
    for (span, help) in refused {
        draft.refuse_to_run("DATABASE", span, help);
    }
}

// Nobody knows which word of another driver, or which misspelt option, is the password.
fn hide_words(draft: &mut Draft, arguments: &Arguments) {
    let others = arguments.others.iter().map(|other| &other.given);
    for given in arguments.rest.iter().chain(others) {
        draft.sources.hide(given.span);
    }
}

fn is_ours(url: &str) -> bool {
    url.strip_prefix("sqlite:")
        .is_some_and(|path| !path.is_empty())
        || url
            .strip_prefix("mysql://")
            .is_some_and(|rest| !rest.is_empty())
}

fn settings(draft: &mut Draft, arguments: &Arguments) -> DatabaseAddress {
    refuse_options(draft, arguments);
    DatabaseAddress::Settings
}

fn refuse_options(draft: &mut Draft, arguments: &Arguments) {
    for other in &arguments.others {
        draft.report(unknown_option(arguments, &other.name, other.name_span));
    }
}

fn foreign(arguments: &Arguments) -> DatabaseAddress {
    let words = arguments.find("url").into_iter().chain(&arguments.rest);
    let given = arguments
        .directive
        .parameters
        .iter()
        .filter_map(|parameter| {
            let is_word = matches!(parameter.name, "name" | "url");
            let given = arguments.find(parameter.name).filter(|_| !is_word)?;
            Some((parameter.name.to_owned(), given.text.clone()))
        });
    let others = arguments
        .others
        .iter()
        .map(|other| (other.name.clone(), other.given.text.clone()));
    DatabaseAddress::Foreign {
        words: words.map(|given| given.text.clone()).collect(),
        options: given.chain(others).collect(),
    }
}
