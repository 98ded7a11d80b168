//! Each `tests/wire/NAME.http` is a conversation: bytes in, bytes out, and how the connection
//! stands at the end. It is held with the bytes as whole as they stand there, and again byte by
//! byte. `tests/wire/README.md` describes the files; `UPDATE_EXPECT=1` writes what is answered into them.

#[path = "wire/case.rs"]
mod case;
#[path = "wire/handler.rs"]
mod handler;
#[path = "wire/peer.rs"]
mod peer;

use std::path::PathBuf;

use case::Case;
use peer::{Pace, Peer};

fn cases() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wire");
    let entries = std::fs::read_dir(folder).expect("the folder of cases is there");
    let paths = entries.map(|entry| entry.expect("the folder can be listed").path());
    let mut cases: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "http"))
        .collect();
    cases.sort();
    cases
}

// What differs, case by case.
fn hold_all(pace: Pace) -> Vec<String> {
    let mut differences = Vec::new();
    for path in cases() {
        let text = std::fs::read_to_string(&path).expect("a case can be read");
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let case = Case::parse(&text).unwrap_or_else(|mistake| panic!("{name}: {mistake}"));
        if pace == Pace::Bytes && case.is_whole_only {
            continue;
        }
        let answered = Peer::new(case.limits.clone(), pace).hold(&case);
        if answered == case.expected() {
            continue;
        }
        if pace == Pace::Whole && std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, case.with(&answered)).expect("a case can be written");
        }
        differences.push(format!("{name}:\n{}", case.with(&answered)));
    }
    differences
}

#[test]
fn whole() {
    let differences = hold_all(Pace::Whole);
    assert!(
        differences.is_empty(),
        "answered otherwise:\n\n{}",
        differences.join("\n")
    );
}

#[test]
fn byte_by_byte() {
    let differences = hold_all(Pace::Bytes);
    assert!(
        differences.is_empty(),
        "answered otherwise:\n\n{}",
        differences.join("\n")
    );
}

#[test]
fn no_case_is_missing() {
    assert!(cases().len() >= 85, "only {} cases", cases().len());
}
