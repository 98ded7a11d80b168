//! Tests of the lines and words.

use proptest::prelude::*;

use super::{Line, decode, parse};
use crate::diagnostics::{Diagnostic, FileId, Sources};

fn read(text: &str) -> (Vec<Line>, Vec<Diagnostic>) {
    let file = Sources::default().add("test.micro", text.to_owned(), None);
    parse(file, text, |word| word.eq_ignore_ascii_case("route"))
}

fn environment(name: &str) -> Option<String> {
    match name {
        "PORT" => Some("80".to_owned()),
        "BLANKS" => Some("a b=c #d".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

/// The words of a text of one line, written as `word` or `name=>value`.
fn words(text: &str) -> Vec<String> {
    let (lines, diagnostics) = read(text);
    assert_eq!(diagnostics, [], "{text}");
    assert!(lines.len() < 2, "{text}");
    let words = lines.into_iter().flat_map(|line| line.words);
    words
        .map(|word| {
            let value = word.expand(environment).expect("the variable has a value");
            match &word.name {
                Some(name) => format!("{}=>{value}", name.text),
                None => value,
            }
        })
        .collect()
}

fn mistake(text: &str) -> (String, std::ops::Range<usize>) {
    let (_, diagnostics) = read(text);
    let [diagnostic] = &diagnostics[..] else {
        panic!("{text}: {diagnostics:?}")
    };
    let span = diagnostic.span().expect("a mistake of a line has a place");
    (diagnostic.message.clone(), span.start..span.end)
}

#[test]
fn a_path_is_no_option() {
    assert_eq!(
        words("RESOURCE r /a?b=c d=e"),
        ["RESOURCE", "r", "/a?b=c", "d=>e"]
    );
    assert_eq!(words("URL http://a/?b=c&d=e"), ["URL", "http://a/?b=c&d=e"]);
    assert_eq!(words("A path=/a?b=c"), ["A", "path=>/a?b=c"]);
}

#[test]
fn words_are_separated_by_blanks() {
    assert_eq!(
        words("  SERVER\tuseless   12345 "),
        ["SERVER", "useless", "12345"]
    );
    assert_eq!(words("   "), Vec::<String>::new());
    assert_eq!(words("\u{feff}SERVER a 1\r\n"), ["SERVER", "a", "1"]);
}

#[test]
fn a_hash_starts_a_comment_unless_protected() {
    assert_eq!(words("# SERVER"), Vec::<String>::new());
    assert_eq!(words("GET a.b# rest"), ["GET", "a.b"]);
    assert_eq!(words(r"CONFIG a\#b"), ["CONFIG", "a#b"]);
    assert_eq!(words("CONFIG 'a # b' # c"), ["CONFIG", "a # b"]);
}

#[test]
fn quotes_keep_blanks_and_are_doubled_inside() {
    assert_eq!(
        words(r#"X 'two''s three' "say ""hi""" """#),
        ["X", "two's three", "say \"hi\"", ""]
    );
    assert_eq!(words("X it's fine"), ["X", "it's", "fine"]);
}

#[test]
fn an_option_is_split_at_its_first_equals_sign() {
    assert_eq!(
        words("X a=b=c url=http://x?y=z"),
        ["X", "a=>b=c", "url=>http://x?y=z"]
    );
    assert_eq!(words(r"X a\=b c\=d=e\=f"), ["X", "a=b", "c=d=>e=f"]);
    assert_eq!(words("X a='b c' d=\"\""), ["X", "a=>b c", "d=>"]);
}

#[test]
fn blanks_may_stand_around_the_equals_sign() {
    assert_eq!(
        words("X a = b c= d e ='f g'"),
        ["X", "a=>b", "c=>d", "e=>f g"]
    );
    assert_eq!(words("X a= b=c"), ["X", "a=>", "b=>c"]);
    assert_eq!(words("X a="), ["X", "a=>"]);
}

#[test]
fn the_words_behind_a_raw_one_stand_as_they_are() {
    assert_eq!(
        words(r"ROUTE /a\d+/x=(?P<n>\#'\\)$ # c"),
        ["ROUTE", r"/a\d+/x=(?P<n>\#'\\)$"]
    );
    assert_eq!(words(r#"route "/a # b" "#), ["route", "/a # b"]);
    assert_eq!(words("ROUTE /a\\ # c"), ["ROUTE", "/a\\"]);
    assert_eq!(words("ROUTE /p${PORT}$"), ["ROUTE", "/p80$"]);
    assert_eq!(words(r"ROUTE \${PORT}"), ["ROUTE", r"\${PORT}"]);
}

#[test]
fn variables_are_replaced_inside_one_word() {
    assert_eq!(words("S n ${PORT}"), ["S", "n", "80"]);
    assert_eq!(words("S a=${BLANKS} b"), ["S", "a=>a b=c #d", "b"]);
    assert_eq!(words("S x${EMPTY:-1 2}y '${NONE:-q}'"), ["S", "x1 2y", "q"]);
    assert_eq!(
        words(r"S \${PORT} '\${PORT}' \${1} \${ $PORT $"),
        ["S", "${PORT}", "${PORT}", "${1}", "${", "$PORT", "$"]
    );
}

#[test]
fn a_variable_without_a_value_is_told() {
    let (lines, _) = read("S ${NONE:?say why}");
    let unset = lines[0].words[1]
        .expand(environment)
        .expect_err("it has no value");
    let [(unset, span)] = unset[..] else {
        panic!("one has no value: {unset:?}")
    };
    assert_eq!((unset.name, unset.reason), ("NONE", Some("say why")));
    assert_eq!((span.start, span.end), (2, 18));
}

#[test]
fn mistakes_have_their_place() {
    assert_eq!(mistake("A b\nX 'abc").1, 6..10);
    assert_eq!(mistake("X 'a'b").0, "a blank must follow the closing quote");
    assert_eq!(mistake("X =a").1, 2..3);
    assert_eq!(mistake("X a${B c").1, 3..6);
    for wrong in ["${}", "${1}", "${-A}", "${A-}", "${A:+b}"] {
        let expected = "expected `${NAME}`, `${NAME:-default}` or `${NAME:?why}`";
        let expected = format!("`{wrong}` is no variable: {expected}");
        let at = |from: usize| from..from + wrong.len();
        assert_eq!(mistake(&format!("X a{wrong}b")), (expected.clone(), at(3)));
        assert_eq!(mistake(&format!("X 'a{wrong}'")), (expected.clone(), at(4)));
        assert_eq!(mistake(&format!("ROUTE /{wrong}$")), (expected, at(7)));
    }
    assert_eq!(mistake("X a\u{7}b").0, "control character U+0007 in a line");
    assert_eq!(mistake("X a\rb").1, 3..4);
}

#[test]
fn a_line_has_a_greatest_length() {
    assert_eq!(
        words(&format!("X {}", "a".repeat((64 << 10) - 2)))[1].len(),
        (64 << 10) - 2
    );
    let (message, _) = mistake(&format!("X {}", "a".repeat((64 << 10) - 1)));
    assert_eq!(
        message,
        "a line has at most 65536 bytes, this one has 65537"
    );
}

#[test]
fn bytes_that_are_not_utf8_are_told() {
    let decoded = decode(b"X \xff\nY");
    assert_eq!(decoded.text, "X \u{fffd}\nY");
    assert_eq!(decoded.first_wrong, Some(2..5));
    assert_eq!(decode("é".as_bytes()).first_wrong, None);
}

fn check_spans(text: &str) {
    let (lines, diagnostics) = read(text);
    let mut end = 0;
    for line in &lines {
        assert!(line.span.start >= end && line.span.end <= text.len());
        for word in &line.words {
            assert!(word.span.start >= end, "words follow each other");
            end = word.span.end;
            let value = text.get(word.value_span.start..word.value_span.end);
            let value = value.expect("a place is made of whole characters");
            if word.is_verbatim {
                assert_eq!(word.expand(environment), Ok(value.to_owned()));
            }
        }
    }
    for diagnostic in &diagnostics {
        let span = diagnostic.span().expect("a mistake of a line has a place");
        assert!(text.get(span.start..span.end).is_some());
        assert_eq!(span.file, FileId::default());
    }
}

proptest! {
    #[test]
    fn any_bytes_end_in_lines_or_diagnostics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check_spans(&decode(&bytes).text);
    }

    #[test]
    fn any_line_of_telling_characters_does_too(text in r#"(ROUTE )?[a= '"\\#${}:?\-\tX\né]{0,40}"#) {
        check_spans(&text);
    }
}
