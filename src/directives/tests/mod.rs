//! Tests of what definitions become. What is said of wrong ones is tested by `tests/definition`.

mod family;
mod files;
mod service;
mod settings;
mod table;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{DIRECTIVES, Loaded, Options, Source, load};
use crate::config::{Listener, Service};
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
            ..Options::default()
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
