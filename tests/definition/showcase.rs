//! The files of `micro/`: each does what its first line says, and together they use every word of
//! the language.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use micro::Micro;
use micro::diagnostics::Sources;
use micro::directives::{DIRECTIVES, Directive, Loaded, Parameter, Scope};
use micro::syntax::{Line, parse};

/// What the first line of a file says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    /// `micro FILE`: it is served, with the modules that are linked.
    Runs,
    /// `micro call FILE …`: it is right, and serves nothing.
    Calls,
    /// `micro check FILE`: it is right, but has a word that cannot run yet.
    Checks,
    /// `micro check --syntax FILE`: it names functions of some other program.
    Parses,
    /// `cargo run --example NAME`: it names functions of this example, which serves it.
    Example,
}

#[test]
fn each_file_does_what_its_first_line_says() {
    let mut failures = Vec::new();
    for path in files(Path::new("micro")) {
        let (claim, may_warn) = claim(&path);
        let micro = Micro::new().definition(&path);
        let loaded = match claim {
            Claim::Runs | Claim::Calls | Claim::Checks => micro.load(),
            Claim::Parses | Claim::Example => micro.load_syntax(),
        };
        let runs = loaded.refuse_to_run().is_empty();
        let is_as_claimed = match claim {
            Claim::Runs => runs,
            Claim::Calls => {
                let service = loaded.service.as_ref();
                service.is_some_and(|service| service.listeners.is_empty())
            }
            Claim::Checks => !runs,
            Claim::Parses => true,
            Claim::Example => runs && is_served_by_its_example(&path),
        };
        let is_silent = loaded.diagnostics.is_empty();
        if loaded.service.is_none() || !is_as_claimed || is_silent == may_warn {
            let said = loaded.render() + &loaded.render_refusal();
            failures.push(format!("{} {claim:?}\n{said}", path.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn each_part_is_imported() {
    let mut parts: BTreeSet<PathBuf> = BTreeSet::new();
    for entry in fs::read_dir("micro").expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            parts.extend(files(&path));
        }
    }
    assert!(!parts.is_empty(), "some file has parts");
    for path in files(Path::new("micro")) {
        for imported in imports(&Micro::new().definition(&path).load_syntax()) {
            parts.remove(&imported);
        }
    }
    assert!(parts.is_empty(), "nobody imports {parts:?}");
}

#[test]
fn every_word_and_parameter_is_used() {
    let mut unused: BTreeSet<String> = DIRECTIVES
        .iter()
        .flat_map(|directive| uses_of_table(directive))
        .collect();
    for path in files(Path::new("micro")) {
        let text = fs::read_to_string(&path).expect("a definition can be read");
        for used in uses_of_text(&text) {
            unused.remove(&used);
        }
    }
    assert!(unused.is_empty(), "no file of micro/ uses {unused:?}");
}

#[test]
fn a_word_that_is_not_used_is_missed() {
    let text = "SERVER a port=1 host=b\nTYPE int\nDATABASE a b c\nPROXY x\n";
    let used: Vec<String> = uses_of_text(text).collect();
    let expected = [
        "SERVER",
        "SERVER name",
        "SERVER port",
        "SERVER host",
        "TYPE",
        "ARG type",
        "DATABASE",
        "DATABASE name",
        "DATABASE url",
        "DATABASE …",
        "PROXY",
        "PROXY …",
    ];
    assert_eq!(used, expected);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let mut files: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "micro"))
        .collect();
    files.sort();
    files
}

/// What the first line of a file says, and whether it says that there will be warnings.
fn claim(path: &Path) -> (Claim, bool) {
    let line = first_line(path);
    let name = path.display();
    let claims = [
        (format!("# micro {name}"), Claim::Runs),
        (format!("# micro call {name}"), Claim::Calls),
        (format!("# micro check {name}"), Claim::Checks),
        (format!("# micro check --syntax {name}"), Claim::Parses),
        ("# cargo run --example ".to_owned(), Claim::Example),
    ];
    let found = claims.iter().find(|(begin, _)| line.starts_with(begin));
    let (_, claim) = found.unwrap_or_else(|| panic!("{name} begins with how it is run: {line}"));
    (*claim, line.ends_with("(with warnings)"))
}

fn first_line(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a definition can be read");
    text.lines().next().unwrap_or_default().to_owned()
}

/// Whether the example that the first line names is there, and names the file.
fn is_served_by_its_example(path: &Path) -> bool {
    let line = first_line(path);
    let example = line.split(' ').nth(4).unwrap_or_default();
    let text = fs::read_to_string(format!("examples/{example}.rs"));
    text.is_ok_and(|text| text.contains(&format!(".definition(\"{}\")", path.display())))
}

fn imports(loaded: &Loaded) -> Vec<PathBuf> {
    let sources: &Sources = &loaded.sources;
    sources.names().map(PathBuf::from).collect()
}

/// Everything that may be used of a directive: each spelling of it and of its parameters.
fn uses_of_table(directive: &Directive) -> Vec<String> {
    let mut uses: Vec<String> = directive.spellings().map(str::to_owned).collect();
    for parameter in directive.parameters {
        let aliases = parameter.aliases.iter().copied();
        let names = aliases.chain([parameter.name]);
        uses.extend(names.map(|name| format!("{} {name}", taker(directive))));
    }
    uses.extend(
        directive
            .rest
            .iter()
            .map(|_| format!("{} …", directive.word)),
    );
    uses
}

/// Everything that the lines of a text use.
fn uses_of_text(text: &str) -> impl Iterator<Item = String> {
    let mut sources = Sources::default();
    let file = sources.add("text", text.to_owned(), None);
    let find = |word: &str| {
        DIRECTIVES
            .iter()
            .find(|directive| directive.is_written(word))
    };
    let is_raw = |word: &str| find(word).is_some_and(|directive| directive.is_raw());
    let (lines, mistakes) = parse(file, text, is_raw);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let uses = lines.into_iter().flat_map(move |line| {
        let word = sources.slice(line.words[0].span);
        let directive = find(word).unwrap_or_else(|| panic!("{word} is a word of the language"));
        uses_of_line(directive, word, &line)
    });
    uses.collect::<Vec<_>>().into_iter()
}

// GET, POST and the others take the same.
fn taker(directive: &Directive) -> &str {
    match directive.opens {
        Some(Scope::Method) => "method",
        _ => directive.word,
    }
}

fn uses_of_line(directive: &Directive, word: &str, line: &Line) -> Vec<String> {
    let mut used = vec![word.to_uppercase()];
    let mut free: Vec<&Parameter> = directive.parameters.iter().collect();
    for word in &line.words[1..] {
        let name = word.name.as_ref().map(|name| name.text.as_str());
        let taken = match name {
            Some(name) => free.iter().position(|known| known.is_called(name)),
            None => free.iter().position(|known| !known.is_named),
        };
        match (taken, name) {
            (Some(at), name) => {
                let parameter = free.remove(at);
                let name = name.unwrap_or(parameter.name);
                used.push(format!("{} {name}", taker(directive)));
            }
            (None, None) => used.push(format!("{} …", directive.word)),
            // An option for a driver of aiomicro.
            (None, Some(_)) => {}
        }
    }
    used
}
