//! Definitions that must load, and definitions that must not, with everything that is said then.
//! See `tests/definition/README.md`.

#[path = "definition/modules.rs"]
mod modules;
#[path = "definition/showcase.rs"]
mod showcase;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use micro::diagnostics::render;
use micro::directives::{Loaded, Options, Source, load};
use micro::syntax::LINE_BYTES_MAX;

#[test]
fn good_definitions_load() {
    let mut failures = Vec::new();
    for path in cases("good") {
        let loaded = load_case(&path);
        if !loaded.diagnostics.is_empty() || loaded.service.is_none() {
            failures.push(format!("{}\n{}", path.display(), said(&loaded)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn bad_definitions_are_told_what_is_wrong() {
    let is_updating = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut failures = Vec::new();
    for path in cases("bad") {
        let (found, expected) = (said(&load_case(&path)), path.with_extension("stderr"));
        if is_updating {
            fs::write(&expected, &found).expect("the expected text can be written");
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        // Every secret of the cases is this word.
        assert!(!found.contains("geheim"), "{}\n{found}", path.display());
        if found != expected || found.is_empty() {
            let path = path.display();
            failures.push(format!("{path}\nfound:\n{found}\nexpected:\n{expected}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn ten_thousand_routes_load() {
    let mut text = "SERVER a 8000\n".to_owned();
    for n in 0..5_000 {
        text.push_str(&format!("  ROUTE /literal/{n}$\n    GET ping.ping\n"));
        text.push_str(&format!(
            "  ROUTE /group/{n}/{{id:int}}/(\\w+)$\n    POST tasks.create\n"
        ));
        text.push_str("      CONTENT name\n");
    }
    let loaded = load_text(text);
    assert!(loaded.diagnostics.is_empty(), "{}", said(&loaded));
    let listeners = &loaded.service.expect("there was no mistake").listeners;
    assert_eq!(listeners[0].routes.len(), 10_000);
}

#[test]
fn a_line_has_a_greatest_length() {
    let line_of = |length: usize| {
        let line = "CONFIG x default=";
        line.to_owned() + &"x".repeat(length - line.len())
    };
    let text = |length| {
        format!(
            "SERVER a 8000\nROUTE /\nGET ping.ping\n{}\n",
            line_of(length)
        )
    };
    for length in [LINE_BYTES_MAX - 1, LINE_BYTES_MAX] {
        assert_eq!(said(&load_text(text(length))), "", "{length}");
    }
    let expected = format!(
        "error: a line has at most 65536 bytes, this one has 65537
  --> text.micro:4:1
   |
 4 | CONFIG x default={}…
   | ^
",
        "x".repeat(143)
    );
    assert_eq!(said(&load_text(text(LINE_BYTES_MAX + 1))), expected);
}

#[test]
fn each_expected_text_has_its_definition() {
    let entries = fs::read_dir("tests/definition/bad").expect("the folder of cases is there");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let orphans: Vec<PathBuf> = paths
        .filter(|path| !path.with_extension("micro").exists())
        .collect();
    assert!(orphans.is_empty(), "{orphans:?}");
}

fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new("tests/definition").join(folder);
    let entries = fs::read_dir(&folder).expect("the folder of cases is there");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let mut cases: Vec<PathBuf> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "micro")
        })
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "{} has cases", folder.display());
    cases
}

fn load_case(path: &Path) -> Loaded {
    let bytes = fs::read(path).expect("a case can be read");
    let text = String::from_utf8_lossy(&bytes);
    let (mut environment, mut config) = (BTreeMap::new(), Vec::new());
    let mut options = Options {
        catalogue: Some(&modules::Modules),
        ..Options::default()
    };
    for line in text.lines().take_while(|line| line.starts_with('#')) {
        if let Some(setting) = line.strip_prefix("#env ") {
            let (name, value) = setting.split_once('=').expect("#env NAME=value");
            environment.insert(name.to_owned(), value.to_owned());
        } else if let Some(setting) = line.strip_prefix("#config ") {
            config.push(setting);
        } else if line == "#syntax" {
            options.catalogue = None;
        }
    }
    options.environment = environment;
    if !config.is_empty() {
        let text = config.join("\n");
        options.config = Some(Source::Text {
            name: "test.conf".to_owned(),
            text,
        });
    }
    load(&Source::File(path.to_owned()), &options)
}

fn load_text(text: String) -> Loaded {
    let name = "text.micro".to_owned();
    let options = Options {
        catalogue: Some(&modules::Modules),
        ..Options::default()
    };
    load(&Source::Text { name, text }, &options)
}

fn said(loaded: &Loaded) -> String {
    let texts = loaded
        .diagnostics
        .iter()
        .map(|said| render(said, &loaded.sources));
    texts.collect::<Vec<_>>().join("\n")
}
