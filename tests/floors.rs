//! The floors of the house: a room of `src/` uses only rooms below its own, dependencies stay in
//! the rooms that they are for, and files keep their size. The floors are those of `src/lib.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Lines of code that a file may have, its tests aside.
const LINES_MAX: usize = 500;
/// What one room may use on its own floor.
const NEIGHBOURS: &[(&str, &str)] = &[("proxy", "client"), ("client", "http"), ("proxy", "http")];
/// Crates, and the only room that names each.
const KEPT: &[(&str, &str)] = &[
    ("nom", "syntax"),
    ("httparse", "http"),
    ("mio", "server"),
    ("signal_hook_mio", "server"),
    ("rustls", "tls"),
    ("rustls_native_certs", "tls"),
    ("rustls_pki_types", "tls"),
    ("libloading", "registry"),
    ("object", "registry"),
    ("micro_basics", "registry"),
    ("micro_broker", "registry"),
    ("micro_routing", "registry"),
    ("clap", "cli"),
    ("clap_complete", "cli"),
    ("env_logger", "cli"),
    ("regex_automata", "router"),
];

type Floors = BTreeMap<String, u32>;

/// The table of floors in the crate's documentation: `//! | 2 | `http`, `router` |`.
fn read_floors(lib: &str) -> Floors {
    let mut floors = Floors::new();
    for line in lib.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["//!", floor, rooms, ""] = cells[..] else {
            continue;
        };
        let Ok(floor) = floor.parse() else { continue };
        for room in rooms.split(',') {
            let room = room.trim().trim_matches('`').to_lowercase();
            floors.insert(room.replace('-', "_"), floor);
        }
    }
    floors
}

/// The room that a file belongs to: `src/http/mod.rs` is in `http`, `src/micro.rs` in `micro`.
fn room_of(path: &str) -> &str {
    let path = path.strip_prefix("src/").unwrap_or(path);
    path.split('/')
        .next()
        .unwrap_or(path)
        .trim_end_matches(".rs")
}

/// The code of a file, without comments, texts and the tests at its end, line by line.
fn code(text: &str) -> impl Iterator<Item = (usize, String)> {
    let lines = text.lines().enumerate();
    let lines = lines.take_while(|(_, line)| *line != "#[cfg(test)]");
    let is_code = |line: &str| !line.trim_start().starts_with("//");
    lines
        .filter(move |(_, line)| is_code(line) && !line.trim().is_empty())
        .map(|(at, line)| (at + 1, without_texts(line)))
}

/// A line with its string literals emptied and what follows `//` cut off.
fn without_texts(line: &str) -> String {
    let (mut code, mut is_text, mut is_escaped) = (String::new(), false, false);
    for c in line.chars() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_text => is_escaped = true,
            '"' => is_text = !is_text,
            _ if is_text => {}
            c => code.push(c),
        }
    }
    code.split("//").next().unwrap_or_default().to_owned()
}

/// The rooms that a file names: the words behind `crate::`, also of a list in braces.
fn rooms_used(text: &str) -> Vec<(usize, String)> {
    let lines: Vec<(usize, String)> = code(text).collect();
    let mut used = Vec::new();
    for (at, (number, line)) in lines.iter().enumerate() {
        for (start, _) in line.match_indices("crate::") {
            let before = line[..start].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
                continue;
            }
            // A list may go on for several lines.
            let rest = lines[at + 1..].iter().map(|(_, line)| line.as_str());
            let rest: String = std::iter::once(&line[start + "crate::".len()..])
                .chain(rest.take(40))
                .collect();
            used.extend(first_words(&rest).into_iter().map(|word| (*number, word)));
        }
    }
    used
}

/// The first word of a path, or those of a list of paths.
fn first_words(rest: &str) -> Vec<String> {
    let word = |path: &str| {
        let path = path.trim_start();
        path.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    let Some(list) = rest.strip_prefix('{') else {
        return vec![word(rest)];
    };
    let (mut depth, mut start, mut words) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                words.push(word(&list[start..at]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What the crate's front page makes public: `Micro` is at home in `micro`.
fn home(word: &str) -> &str {
    match word {
        "Micro" | "Running" | "StartError" => "micro",
        "Reload" | "Reloader" | "ServeError" | "Stopper" => "server",
        room => room,
    }
}

/// Everything that is wrong with a file.
fn mistakes(path: &str, text: &str, floors: &Floors) -> Vec<String> {
    let mut mistakes = Vec::new();
    if !text.starts_with("//! ") {
        mistakes.push(format!("{path}: begins without `//!`"));
    }
    if code(text).count() > LINES_MAX && !path.ends_with("tests.rs") {
        mistakes.push(format!("{path}: more than {LINES_MAX} lines of code"));
    }
    if path != "src/lib.rs" && path != "src/main.rs" {
        mistakes.extend(floor_mistakes(path, text, floors));
        mistakes.extend(door_mistakes(path, text));
        mistakes.extend(crate_mistakes(path, text));
    }
    mistakes
}

fn floor_mistakes(path: &str, text: &str, floors: &Floors) -> Vec<String> {
    let room = room_of(path);
    let Some(&floor) = floors.get(room) else {
        return vec![format!("{path}: `{room}` has no floor in src/lib.rs")];
    };
    let mut mistakes = Vec::new();
    for (line, word) in rooms_used(text) {
        let used = home(&word);
        let is_allowed = match floors.get(used) {
            Some(&below) => {
                used == room
                    || below < floor
                    || NEIGHBOURS.contains(&(room, used))
                    || (below, floor) == (4, 4)
            }
            // Not a room: a macro, or something that the front page lends.
            None => false,
        };
        if !is_allowed {
            mistakes.push(format!("{path}:{line}: `{room}` uses `{used}`"));
        }
    }
    mistakes
}

/// A room is left by `crate::` alone, which the floors are checked by, and not by `super::`.
fn door_mistakes(path: &str, text: &str) -> Vec<String> {
    let inside = path.trim_start_matches("src/").trim_end_matches("/mod.rs");
    let depth = inside.split('/').count();
    let leaves = |line: &str| line.contains(&"super::".repeat(depth));
    let lines = code(text).filter(|(_, line)| leaves(line));
    lines
        .map(|(number, _)| format!("{path}:{number}: leaves its room by `super`"))
        .collect()
}

fn crate_mistakes(path: &str, text: &str) -> Vec<String> {
    let room = room_of(path);
    let mut mistakes = Vec::new();
    for (number, line) in code(text) {
        for (name, keeper) in KEPT {
            if *keeper != room && names_crate(&line, name) {
                mistakes.push(format!("{path}:{number}: `{room}` names `{name}`"));
            }
        }
        if room != "registry"
            && line
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| word == "unsafe")
        {
            mistakes.push(format!("{path}:{number}: `{room}` has unsafe code"));
        }
    }
    mistakes
}

fn names_crate(line: &str, name: &str) -> bool {
    line.match_indices(&format!("{name}::")).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn nothing_calls_up() {
    let lib = fs::read_to_string("src/lib.rs").expect("there is a library");
    let floors = read_floors(&lib);
    let mut paths = Vec::new();
    files(Path::new("src"), &mut paths);
    assert!(paths.len() > 50);
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a source file is text");
        all.extend(mistakes(&path.to_string_lossy(), &text, &floors));
    }
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

#[test]
fn every_room_has_a_floor() {
    let lib = fs::read_to_string("src/lib.rs").expect("there is a library");
    let floors = read_floors(&lib);
    let rooms = lib.lines().filter_map(|line| {
        let line = line.trim_start_matches("pub ");
        line.strip_prefix("mod ")?.strip_suffix(';')
    });
    let rooms: Vec<&str> = rooms.collect();
    assert!(rooms.len() > 8);
    for room in rooms {
        assert!(
            floors.contains_key(room),
            "`{room}` has no floor in src/lib.rs"
        );
    }
}

/// Floors as they are, for the cases below.
fn some_floors() -> Floors {
    let table = "\
//! | floor | rooms |
//! |---|---|
//! | 4 | `cli`, `Micro` |
//! | 3 | `server`, `directives` |
//! | 2 | `http`, `client`, `proxy`, `router`, `registry` |
//! | 1 | `config`, `syntax` |
//! | 0 | `micro-api`, `diagnostics` |
";
    read_floors(table)
}

#[test]
fn floors_are_read_from_the_table() {
    let floors = some_floors();
    assert_eq!(floors.len(), 13);
    assert_eq!(
        (floors["cli"], floors["micro"], floors["micro_api"]),
        (4, 4, 0)
    );
}

#[track_caller]
fn assert_mistakes(path: &str, code: &str, expected: &[&str]) {
    let text = format!("//! A file.\n{code}");
    assert_eq!(mistakes(path, &text, &some_floors()), expected, "{code}");
}

#[test]
fn a_room_may_use_what_is_below() {
    for (path, code) in [
        ("src/router/trie.rs", "use crate::config::Route;\n"),
        ("src/cli/run.rs", "use crate::{Micro, StartError};\n"),
        ("src/micro.rs", "use crate::cli;\n"),
        (
            "src/proxy/relay.rs",
            "use crate::client::Call;\nuse crate::http::Sent;\n",
        ),
        ("src/client/call.rs", "use crate::http::Sent;\n"),
        (
            "src/http/mod.rs",
            "use crate::http::Sent;\n// use crate::server::Server;\n",
        ),
        (
            "src/http/mod.rs",
            "const TEXT: &str = \"crate::server unsafe mio::\";\n",
        ),
        (
            "src/http/mod.rs",
            "#[cfg(test)]\nmod tests { use crate::server::Server; }\n",
        ),
        ("src/http/mod.rs", "pub(crate) fn f() {}\n"),
    ] {
        assert_mistakes(path, code, &[]);
    }
}

#[test]
fn a_room_may_not_use_what_is_above_or_beside() {
    for (path, code, mistake) in [
        (
            "src/http/mod.rs",
            "use crate::server::Server;\n",
            "2: `http` uses `server`",
        ),
        (
            "src/http/mod.rs",
            "use crate::client::Call;\n",
            "2: `http` uses `client`",
        ),
        (
            "src/router/mod.rs",
            "use crate::http::Sent;\n",
            "2: `router` uses `http`",
        ),
        (
            "src/syntax/mod.rs",
            "use crate::config;\n",
            "2: `syntax` uses `config`",
        ),
        (
            "src/server/mod.rs",
            "use crate::directives::load;\n",
            "2: `server` uses `directives`",
        ),
        (
            "src/server/mod.rs",
            "use crate::Micro;\n",
            "2: `server` uses `micro`",
        ),
        (
            "src/http/mod.rs",
            "\nfn f() -> crate::router::Router {}\n",
            "3: `http` uses `router`",
        ),
        (
            "src/http/mod.rs",
            "use crate::{\n    config::{Route, Service},\n    router::Router,\n};\n",
            "2: `http` uses `router`",
        ),
    ] {
        assert_mistakes(path, code, &[&format!("{path}:{mistake}")]);
    }
    let path = "src/attic/mod.rs";
    assert_mistakes(
        path,
        "",
        &["src/attic/mod.rs: `attic` has no floor in src/lib.rs"],
    );
}

#[test]
fn a_crate_stays_in_its_room() {
    assert_mistakes("src/server/mod.rs", "use mio::Poll;\n", &[]);
    assert_mistakes("src/http/head.rs", "httparse::parse_headers()\n", &[]);
    assert_mistakes(
        "src/registry/load.rs",
        "use libloading::Library;\nunsafe {}\n",
        &[],
    );
    assert_mistakes(
        "src/http/mod.rs",
        "use signal_hook_mio::Signals;\n",
        &["src/http/mod.rs:2: `http` names `signal_hook_mio`"],
    );
    let path = "src/router/mod.rs";
    for (code, mistake) in [
        ("use mio::Poll;\n", "names `mio`"),
        ("use nom::IResult;\n", "names `nom`"),
        ("let x = httparse::Request;\n", "names `httparse`"),
        ("use libloading::Library;\n", "names `libloading`"),
        ("unsafe { f() }\n", "has unsafe code"),
    ] {
        assert_mistakes(path, code, &[&format!("{path}:2: `router` {mistake}")]);
    }
}

#[test]
fn a_room_is_left_by_its_name() {
    assert_mistakes("src/http/mod.rs", "use self::head::Head;\n", &[]);
    assert_mistakes("src/http/head.rs", "use super::Reject;\n", &[]);
    assert_mistakes(
        "src/router/tests/paths.rs",
        "use super::super::Router;\n",
        &[],
    );
    for (path, code) in [
        ("src/http/mod.rs", "use super::server::Server;\n"),
        ("src/http/head.rs", "use super::super::server::Server;\n"),
        ("src/micro.rs", "use super::cli;\n"),
    ] {
        assert_mistakes(
            path,
            code,
            &[&format!("{path}:2: leaves its room by `super`")],
        );
    }
}

#[test]
fn a_file_has_a_head_and_an_end() {
    let floors = some_floors();
    let path = "src/http/mod.rs";
    assert_eq!(
        mistakes(path, "fn f() {}\n", &floors),
        ["src/http/mod.rs: begins without `//!`"]
    );
    let lines = |count| format!("//! A file.\n\n// Why.\n{}", "x();\n".repeat(count));
    assert!(mistakes(path, &lines(LINES_MAX), &floors).is_empty());
    let tested = lines(LINES_MAX) + "#[cfg(test)]\n" + &"x();\n".repeat(LINES_MAX);
    assert!(mistakes(path, &tested, &floors).is_empty());
    let expected = ["src/http/mod.rs: more than 500 lines of code"];
    assert_eq!(mistakes(path, &lines(LINES_MAX + 1), &floors), expected);
}
