//! What is made from the table of directives.

use super::super::{DIRECTIVES, Directive, explain, settings_markdown, table_markdown};
use super::definition;

#[test]
fn every_directive_is_explained_and_its_example_loads() {
    for directive in DIRECTIVES {
        let text = explain(directive.word).expect("it is a directive");
        assert!(
            text.contains(directive.summary) && text.contains(directive.example),
            "{text}"
        );
        let is_word = |part: &str| part == directive.word;
        assert!(
            table_markdown().split([' ', '`']).any(is_word),
            "{}",
            directive.word
        );
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

fn example_in_its_place(directive: &Directive) -> Vec<String> {
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
