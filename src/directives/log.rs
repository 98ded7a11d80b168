//! LOG.

use super::arguments::Arguments;
use super::directive::Directive;
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use super::setting::Setting;
use crate::config::ValueKind;

/// The levels; the family's names for them, too.
const LEVELS: &[&str] = &[
    "off", "error", "warn", "info", "debug", "trace", "warning", "critical", "fatal", "notset",
];
const LEVEL: ValueKind = ValueKind::Choice(LEVELS);

pub(super) static LOG: Directive = Directive {
    word: "LOG",
    places: &[Scope::Top],
    parameters: &[
        Parameter::optional("name", Kind::TEXT, "the tag of every line").or("MICRO"),
        Parameter::optional(
            "level",
            Kind::Value(LEVEL),
            "the least level shown: error, warn, info, debug or trace",
        )
        .or("info"),
        Parameter::optional(
            "is_stdout",
            Kind::BOOL,
            "to standard output, else to standard error",
        )
        .or("true"),
    ],
    settings: &[
        Setting::of("log.name", ValueKind::Text, "name", "the tag of every line"),
        Setting::of("log.level", LEVEL, "level", "the least level that is shown"),
        Setting::of(
            "log.is_stdout",
            ValueKind::Bool,
            "is_stdout",
            "standard output, or error",
        ),
    ],
    summary: "says what is logged, and where to",
    example: "LOG name=USERS level=debug",
    apply,
    ..Directive::BLANK
};

/// Makes the settings of LOG, which are there without the line, too.
pub(super) fn add_defaults(draft: &mut Draft) {
    draft.add_settings(&Arguments::of_no_line(&LOG, Scope::Top));
    for record in &mut draft.records {
        record.span = None;
    }
}

// As in the family, a later line replaces an earlier one.
fn apply(draft: &mut Draft, arguments: &Arguments) {
    let is_own = |name: &str| LOG.settings.iter().any(|setting| setting.name == name);
    draft.records.retain(|record| !is_own(&record.name));
    draft.note_again("LOG", String::new(), arguments);
}

/// The level of this name.
pub(super) fn find_level(name: &str) -> log::LevelFilter {
    match name.to_ascii_lowercase().as_str() {
        "off" => log::LevelFilter::Off,
        "error" | "critical" | "fatal" => log::LevelFilter::Error,
        "warn" | "warning" => log::LevelFilter::Warn,
        "debug" => log::LevelFilter::Debug,
        "trace" | "notset" => log::LevelFilter::Trace,
        _ => log::LevelFilter::Info,
    }
}
