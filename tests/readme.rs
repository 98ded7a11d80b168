//! The README keeps its word: what it shows loads, its tables are those of the code, its commands
//! are there. Its Rust is compiled by the documentation tests. `UPDATE_EXPECT=1` writes the tables.

use std::collections::BTreeSet;
use std::path::Path;

use micro::Micro;
use micro::cli::COMMANDS;
use micro::directives::{DIRECTIVES, settings_markdown, table_markdown};
use micro::registry::Registry;
use micro_api::{FUNCTIONS_MAX, Module, PARAMETERS_MAX, Request};

const PATH: &str = "README.md";

fn readme() -> String {
    std::fs::read_to_string(PATH).expect("there is a README")
}

/// The code blocks of this language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let after = text.split(&fence).skip(1);
    let blocks = after.map(|rest| rest.split("```").next().unwrap_or_default().to_owned());
    let blocks: Vec<String> = blocks.collect();
    assert!(!blocks.is_empty(), "there is `{language}` in the README");
    blocks
}

#[test]
fn every_definition_loads() {
    fn hello(_: Request) {}
    for block in blocks(&readme(), "micro") {
        let greet = Module::new("greet").handler("hello", hello);
        let loaded = Micro::new().module(greet).text("README.md", &block).load();
        assert!(
            loaded.diagnostics.is_empty(),
            "{block}\n{}",
            loaded.render()
        );
    }
}

#[test]
fn the_first_definition_is_the_one_that_is_run() {
    let text = std::fs::read_to_string("micro/ping.micro").expect("it is there");
    let (_, definition) = text.split_once("\n\n").expect("a comment comes first");
    assert_eq!(blocks(&readme(), "micro")[0], definition);
}

/// The text between the comments that name it; with `UPDATE_EXPECT`, it is written.
#[track_caller]
fn assert_table(name: &str, table: &str) {
    let text = readme();
    let begin = text
        .find(&format!("<!-- {name}:"))
        .expect("the table begins");
    let begin = begin + text[begin..].find("-->\n").expect("the comment ends") + "-->\n".len();
    let end = text
        .find(&format!("<!-- end of {name} -->"))
        .expect("the table ends");
    // A line between a comment and a table, or Markdown takes both for one.
    let table = format!("\n{table}\n");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let text = format!("{}{table}{}", &text[..begin], &text[end..]);
        std::fs::write(PATH, text).expect("the README can be written");
    } else {
        let help = "UPDATE_EXPECT=1 cargo test --test readme";
        assert_eq!(&text[begin..end], table, "{help}");
    }
}

// One test for both, because both write the file.
#[test]
fn the_tables_are_those_of_the_code() {
    assert_table("directives", &table_markdown());
    assert_table("settings", &settings_markdown());
}

#[test]
fn the_limits_of_a_module_are_said() {
    let text = readme().replace('\n', " ");
    let said = format!(
        "at most {FUNCTIONS_MAX} functions, which list at most {PARAMETERS_MAX} arguments together"
    );
    assert!(text.contains(&said), "{said}");
}

#[test]
fn what_is_checked_only_is_named() {
    let text = readme();
    let (_, words) = text.split_once("\nversion, are ").expect("they are listed");
    let words = words.split('.').next().unwrap_or_default();
    let named: Vec<&str> = words.split(", ").collect();
    let future = DIRECTIVES.iter().filter(|directive| directive.is_future);
    assert_eq!(
        named,
        future.map(|directive| directive.word).collect::<Vec<_>>()
    );
}

#[test]
fn the_commands_are_those_of_the_code() {
    let text = readme();
    let rows = text.lines().filter(|line| line.starts_with("| `micro "));
    let words = rows.flat_map(|row| {
        let first = row.split('|').nth(1).unwrap_or_default().to_owned();
        let named = first.split('`').skip(1).step_by(2).map(str::to_owned);
        named.collect::<Vec<_>>()
    });
    let shown: BTreeSet<String> = words
        .filter_map(|usage| usage.split(' ').nth(1).map(str::to_owned))
        .filter(|word| word != "FILE")
        .collect();
    let there: BTreeSet<String> = COMMANDS.iter().map(|one| one.name.to_owned()).collect();
    assert_eq!(shown, there);
    // Those that are named in passing: at the start of a line of shell, or of a code span.
    for start in ["\nmicro ", "`micro "] {
        let words = text
            .split(start)
            .skip(1)
            .filter_map(|rest| rest.split([' ', '`']).next());
        for word in words.filter(|word| word.chars().all(char::is_lowercase)) {
            assert!(there.contains(word), "`micro {word}`");
        }
    }
}

#[test]
fn the_functions_are_those_of_the_linked_modules() {
    let text = readme();
    let (_, list) = text
        .split_once("Linked into the program are ")
        .expect("they are listed");
    let list = list.split("The files in").next().unwrap_or_default();
    let shown: BTreeSet<String> = list
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    let modules = Registry::linked().infos();
    let there = modules.iter().flat_map(|module| {
        let functions = module.functions.iter();
        functions.map(move |function| format!("{}.{}", module.name, function.name))
    });
    assert_eq!(shown, there.collect::<BTreeSet<_>>());
}

#[test]
fn a_misspelt_handler_is_told_as_shown() {
    fn greet(_: Request) {}
    let definition = include_str!("../src/cli/starter/service.micro.txt");
    let definition = definition.replace("{name}", "demo");
    let misspelt = definition.replace("hello.greet", "hello.great");
    assert_ne!(misspelt, definition);
    let micro = Micro::new().module(Module::new("hello").handler("greet", greet));
    let told = micro.text("demo.micro", misspelt).load().render();
    assert_eq!(
        blocks(&readme(), "text")[0],
        told.trim_end().to_owned() + "\n"
    );
}

#[test]
fn every_path_that_is_linked_is_there() {
    let text = readme();
    let links = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let links: Vec<&str> = links.filter(|link| !link.starts_with("http")).collect();
    assert!(links.len() >= 3);
    let headings: Vec<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix('#'))
        .map(|line| {
            line.trim_matches(['#', ' '])
                .to_lowercase()
                .replace(' ', "-")
        })
        .collect();
    for link in links {
        let is_there = match link.strip_prefix('#') {
            Some(heading) => headings.iter().any(|there| there == heading),
            None => Path::new(link).exists(),
        };
        assert!(is_there, "{link}");
    }
}
