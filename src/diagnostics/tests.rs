//! Tests of how diagnostics are shown.

use super::{Diagnostic, FileId, Sources, Span, nearest, render, sort, suggest, to_json};

fn one(text: &str) -> (Sources, FileId) {
    let mut sources = Sources::default();
    let file = sources.add("a.micro", text.to_owned(), None);
    (sources, file)
}

fn span_of(sources: &Sources, file: FileId, part: &str) -> Span {
    let start = sources
        .text(file)
        .find(part)
        .expect("the part is in the text");
    file.span(start..start + part.len())
}

/// The line and its marks, as they are shown for a part of a line.
fn shown(text: &str, part: &str) -> (String, String) {
    let (sources, file) = one(text);
    let text = render(
        &Diagnostic::error("x").at(span_of(&sources, file, part)),
        &sources,
    );
    let lines: Vec<&str> = text.lines().collect();
    (lines[3].to_owned(), lines[4].to_owned())
}

#[test]
fn marks_stand_below_tabs_and_wide_characters() {
    assert_eq!(shown("\tGET x", "GET").1, "   |     ^^^");
    assert_eq!(
        shown("a\tGET x", "GET"),
        (" 1 | a   GET x".to_owned(), "   |     ^^^".to_owned())
    );
    assert_eq!(shown("ROUTE /日本/x", "/x").1, "   |            ^^");
    assert_eq!(shown("ROUTE /日本/x", "日").1, "   |        ^^");
}

#[test]
fn hazards_are_not_sent_to_the_terminal() {
    assert_eq!(shown("a\u{1b}[31m b", "b").0, " 1 | a\u{fffd}[31m b");
    assert_eq!(
        shown("a\u{202e} b", "b"),
        (" 1 | a\u{fffd} b".to_owned(), "   |    ^".to_owned())
    );
    let (sources, _) = one("");
    assert_eq!(
        render(&Diagnostic::error("a\u{7}b"), &sources),
        "error: a\u{fffd}b\n"
    );
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let text = format!("{} WRONG {}", "a".repeat(500), "b".repeat(500));
    let (line, marks) = shown(&text, "WRONG");
    assert!(line.chars().count() < 180, "{line}");
    let column = line
        .chars()
        .collect::<String>()
        .find("WRONG")
        .expect("the place is shown");
    let column = line[..column].chars().count();
    assert_eq!(
        marks.find('^').map(|at| marks[..at].chars().count()),
        Some(column)
    );
}

#[test]
fn a_secret_is_three_stars_whatever_its_length() {
    let (mut sources, file) = one("CONFIG p default=hunter2 vaildate=int");
    sources.hide(span_of(&sources, file, "hunter2"));
    let diagnostic = Diagnostic::error("x").at(span_of(&sources, file, "vaildate"));
    let text = render(&diagnostic, &sources);
    assert!(
        text.contains(
            " 1 | CONFIG p default=*** vaildate=int\n   |                      ^^^^^^^^\n"
        ),
        "{text}"
    );
    assert!(
        !to_json(&[diagnostic], &sources)
            .to_string()
            .contains("hunter2")
    );
}

#[test]
fn a_place_at_the_end_is_marked() {
    assert_eq!(shown("GET\nPOST", "POST").1, "   | ^^^^");
    let (sources, file) = one("GET\r\n");
    let text = render(&Diagnostic::error("x").at(file.span(5..5)), &sources);
    assert!(text.contains("--> a.micro:2:1\n"), "{text}");
}

#[test]
fn diagnostics_are_sorted_as_one_reads() {
    let (mut sources, root) = one("one\nIMPORT b\nthree\n");
    let import = span_of(&sources, root, "IMPORT b");
    let imported = sources.add("b.micro", "two\n".to_owned(), Some(import));
    let mut said = vec![
        Diagnostic::error("nowhere"),
        Diagnostic::error("three").at(span_of(&sources, root, "three")),
        Diagnostic::error("two").at(imported.span(0..3)),
        Diagnostic::error("one").at(root.span(0..3)),
    ];
    sort(&mut said, &sources);
    let order: Vec<_> = said.iter().map(|said| said.message.as_str()).collect();
    assert_eq!(order, ["one", "two", "three", "nowhere"]);
}

#[test]
fn json_says_the_same() {
    let (mut sources, root) = one("IMPORT b\n");
    let imported = sources.add("b.micro", "é\tGET x\n".to_owned(), Some(root.span(0..8)));
    let diagnostic = Diagnostic::warning("odd")
        .at(imported.span(3..6))
        .label(root.span(0..6), "from here")
        .help("look");
    let expected = serde_json::json!([{
        "severity": "warning", "message": "odd", "file": "b.micro", "line": 1, "column": 3,
        "end_column": 6, "text": "é\tGET x", "notes": [], "help": ["look"],
        "imported_from": ["a.micro:1"],
        "related": [{"file": "a.micro", "line": 1, "column": 1, "end_column": 7, "text": "IMPORT b", "message": "from here"}],
    }]);
    assert_eq!(to_json(&[diagnostic], &sources), expected);
}

#[test]
fn near_words_are_suggested() {
    assert_eq!(nearest("prot", ["port", "host", "name"]), ["port"]);
    assert_eq!(nearest("gte", ["GET", "PUT"]), ["GET"]);
    assert_eq!(
        suggest("xyz", ["one", "two"]).as_deref(),
        Some("known here: `one`, `two`")
    );
    assert_eq!(suggest("xyz", []), None);
}
