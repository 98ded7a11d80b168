//! Definitions that must load, and definitions that must not, with everything that is said then.
//! See `tests/definition/README.md`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use micro::config::Catalogue;
use micro::diagnostics::render;
use micro::directives::{Loaded, Options, Source, load};
use micro_api::host::Kind;

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
        if found != expected || found.is_empty() {
            let path = path.display();
            failures.push(format!("{path}\nfound:\n{found}\nexpected:\n{expected}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The functions that the cases may name.
fn catalogue() -> Catalogue {
    let modules = [
        (
            "ping",
            vec![("ping", Kind::Handler), ("pong", Kind::Handler)],
        ),
        (
            "tasks",
            vec![
                ("list", Kind::Handler),
                ("create", Kind::Handler),
                ("read", Kind::Handler),
            ],
        ),
        ("shop.orders", vec![("find", Kind::Handler)]),
        (
            "auth",
            vec![("check", Kind::Wrapper), ("admin", Kind::Wrapper)],
        ),
        ("jobs", vec![("tick", Kind::Job), ("turn", Kind::Turn)]),
        ("types", vec![("even", Kind::Type)]),
    ];
    let modules = modules.into_iter().map(|(module, functions)| {
        let functions = functions
            .into_iter()
            .map(|(name, kind)| (name.to_owned(), kind));
        (module.to_owned(), functions.collect())
    });
    Catalogue::new(modules.collect())
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
        catalogue: Some(catalogue()),
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

fn said(loaded: &Loaded) -> String {
    let texts = loaded
        .diagnostics
        .iter()
        .map(|said| render(said, &loaded.sources));
    texts.collect::<Vec<_>>().join("\n")
}
