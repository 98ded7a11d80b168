//! DATABASE, in three spellings: ours, spindrift's without a name, and aiomicro's for any driver.
//!
//! Nothing is opened here: modules read the settings and open what these name.

use super::arguments::{Arguments, OtherOption};
use super::bind::{missing, parameter, too_many_words, unknown_option};
use super::directive::{Directive, Rest, Turn};
use super::draft::{DatabaseDraft, Draft};
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use super::setting::{Setting, When};
use super::whole::is_true;
use crate::config::{Database, DatabaseAddress, ValueKind, is_database_url};
use crate::diagnostics::{Diagnostic, Span};

const DRIVER_HELP: &str =
    "write `DATABASE name sqlite:file` or `DATABASE name mysql://user@host/db`";

/// The levels of isolation of SQL (ISO/IEC 9075-2).
const ISOLATION: ValueKind = ValueKind::Choice(&[
    "READ UNCOMMITTED",
    "READ COMMITTED",
    "REPEATABLE READ",
    "SERIALIZABLE",
]);

/// What describes a database without a name, and which of it a URL would say.
const OF_NO_NAME: &[(&str, bool)] = &[
    ("user", true),
    ("password", true),
    ("database", true),
    ("host", true),
    ("port", true),
    ("isolation", false),
    ("timeout", false),
    ("long_query", false),
    ("fsm_trace", false),
];

pub(super) static DATABASE: Directive = Directive {
    word: "DATABASE",
    places: &[Scope::Top],
    parameters: &[
        Parameter::optional("name", Kind::Name, "its name"),
        Parameter::optional(
            "url",
            Kind::DatabaseUrl,
            "`sqlite:file` or `mysql://user@host/database`",
        )
        .secret(),
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
        Parameter::option(
            "isolation",
            Kind::Value(ISOLATION),
            "the level of isolation",
        )
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
        doc: "for a driver of aiomicro, with which no service can run",
    }),
    takes_any_option: true,
    settings: &[
        Setting::of(
            "database.{name}.url",
            ValueKind::DatabaseUrl,
            "url",
            "where it is; a relative path starts in the folder where micro is started",
        )
        .secret()
        .when(When::If(is_ours)),
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
            ISOLATION,
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
    let address = if arguments.find("name").is_none() {
        settings(draft, arguments)
    } else if is_ours(arguments) {
        url(draft, arguments)
    } else if let Some(split) = find_split_url(arguments) {
        split_url(draft, split)
    } else {
        foreign(arguments)
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

/// Refuses to run with databases of drivers that we do not have, apart from those that settings
/// switch off.
pub(super) fn refuse_foreign(draft: &mut Draft) {
    let is_foreign =
        |one: &&DatabaseDraft| matches!(one.database.address, DatabaseAddress::Foreign { .. });
    let foreign = draft.databases.iter().filter(is_foreign);
    let active = foreign.filter(|one| is_true(draft, &one.is_active));
    let spans: Vec<Span> = active.map(|one| one.word_span).collect();
    for span in spans {
        draft.refuse_to_run("DATABASE", span, Some(DRIVER_HELP.to_owned()));
    }
}

// Nobody knows which word of another driver, or which misspelt option, is the password.
fn hide_words(draft: &mut Draft, arguments: &Arguments) {
    let others = arguments.others.iter().map(|other| &other.given);
    for given in arguments.rest.iter().chain(others) {
        draft.sources.hide(given.span);
    }
}

// What was refused is empty: it was meant as a URL.
fn is_ours(arguments: &Arguments) -> bool {
    let url = arguments.find("url");
    url.is_some_and(|url| url.text.is_empty() || is_database_url(&url.text))
}

// In `sqlite:a=b.db`, the `=` makes an option of what was meant as a URL.
fn find_split_url(arguments: &Arguments) -> Option<&OtherOption> {
    let mut others = arguments.others.iter();
    let split = others.find(|other| is_database_url(&other.name));
    split.filter(|_| arguments.find("url").is_none())
}

fn split_url(draft: &mut Draft, split: &OtherOption) -> DatabaseAddress {
    draft.sources.hide(split.name_span);
    let kind = ValueKind::DatabaseUrl;
    let part = kind.find_wrong_part(&format!("{}={}", split.name, split.given.text));
    let expected = kind.expected();
    let message = format!("`url` of `DATABASE` must be {expected}, found an option");
    let mistake = Diagnostic::error(message).at(split.name_span);
    draft.report(match part {
        Some(part) => mistake.note(part),
        None => mistake.help("write `\\=` if the `=` belongs to the word"),
    });
    DatabaseAddress::Url(String::new())
}

fn url(draft: &mut Draft, arguments: &Arguments) -> DatabaseAddress {
    refuse_options(draft, arguments);
    refuse_words(draft, arguments);
    for (option, is_in_url) in OF_NO_NAME {
        if let Some(given) = arguments.find(option) {
            draft.report(second_address(option, *is_in_url).at(given.span));
        }
    }
    DatabaseAddress::Url(arguments.text("url"))
}

fn refuse_words(draft: &mut Draft, arguments: &Arguments) {
    let words: Vec<Span> = arguments.rest.iter().map(|given| given.span).collect();
    if let Some(mistake) = too_many_words(arguments, &words) {
        let help = "a path with blanks stands in quotes, as in `'sqlite:my store.db'`";
        draft.report(mistake.help(help));
    }
}

fn second_address(option: &str, is_in_url: bool) -> Diagnostic {
    let message = format!("`{option}` is for a `DATABASE` without a name, and this one has a URL");
    Diagnostic::error(message).help(match is_in_url {
        true => "say it in the URL, as in `mysql://user@host:3306/database`",
        false => "leave it out",
    })
}

fn settings(draft: &mut Draft, arguments: &Arguments) -> DatabaseAddress {
    refuse_options(draft, arguments);
    if arguments.find("url").is_some() && arguments.is_whole {
        let doc = parameter(arguments.directive, "name").doc;
        draft.report(missing(arguments, "name", doc));
    }
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
