use proptest::prelude::*;

use super::Domain;

#[track_caller]
fn parsed(text: &str) -> String {
    Domain::parse(text).expect(text).as_str().to_owned()
}

#[track_caller]
fn refusal(text: &str) -> String {
    Domain::parse(text).expect_err(text).to_string()
}

/// A name of this length, whose labels are as long as they may be.
fn name_of(bytes: usize) -> String {
    let mut name = "a".repeat(bytes);
    for dot in (63..bytes - 1).step_by(64) {
        name.replace_range(dot..=dot, ".");
    }
    name
}

#[test]
fn names_take_the_form_in_which_they_are_stored() {
    let cases = [
        ("example.org", "example.org"),
        ("EXAMPLE.org.", "example.org"),
        ("localhost", "localhost"),
        ("a", "a"),
        ("a.b.c.d.e", "a.b.c.d.e"),
        ("1.example", "1.example"),
        ("1.2.3.4a", "1.2.3.4a"),
        ("3com.4-u", "3com.4-u"),
        ("r3---sn.example.org", "r3---sn.example.org"),
        ("*.example.org", "*.example.org"),
        ("*.EXAMPLE.org.", "*.example.org"),
        ("*.a.b.c", "*.a.b.c"),
    ];
    for (text, stored) in cases {
        assert_eq!(parsed(text), stored);
    }
}

#[test]
fn names_of_other_scripts_become_ascii() {
    let cases = [
        ("Bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("bu\u{308}cher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("*.bücher.example", "*.xn--bcher-kva.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("faß.example", "xn--fa-hia.example"),
        ("ｅｘａｍｐｌｅ．ｏｒｇ", "example.org"),
        ("ex\u{ad}ample.org", "example.org"),
        ("مثال.example", "xn--mgbh0fb.example"),
    ];
    for (text, stored) in cases {
        assert_eq!(parsed(text), stored);
    }
}

#[test]
fn refusals_say_what_was_found_and_what_was_expected() {
    let cases = [
        (
            "",
            "the domain is empty: expected a name such as `example.org`",
        ),
        (
            ".",
            "the domain `.` has an empty label: expected something before each dot",
        ),
        (
            "example.org:80",
            "the domain `example.org:80` has a port: expected it without the port, `example.org`",
        ),
        (
            "http://example.org/",
            "the domain `http://example.org/` has a scheme: expected the name alone, such as \
             `example.org`",
        ),
        (
            "192.0.2.1",
            "the domain `192.0.2.1` is an address: expected a name whose last label is not a number",
        ),
        (
            "*.org",
            "the domain `*.org` has one label behind `*.`: expected at least two, as in \
             `*.example.org`",
        ),
        (
            "a.*.org",
            "the domain `a.*.org` has a `*` where none can be: expected it in a leading `*.` only",
        ),
        (
            "a b.org",
            "the domain `a b.org` has a ` `: expected letters, digits and hyphens between dots",
        ),
        (
            "a\n.org",
            r"the domain `a\n.org` has a `\n`: expected letters, digits and hyphens between dots",
        ),
        (
            "-a.org",
            "the domain `-a.org` has a hyphen at the border of a label: expected a letter or digit \
             there",
        ),
        (
            "xn--a.org",
            "the domain `xn--a.org` is no internationalized name: expected labels that IDNA (UTS \
             46) allows",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(refusal(text), message);
    }
}

#[test]
fn each_kind_of_mistake_is_named() {
    let cases = [
        (
            "has an empty label",
            &["..", ".a", "a..b", "a.b..", "*.", "*..", "*..a.b"][..],
        ),
        (
            "has a port",
            &["a:80", "a:", "例え:80", "*.a.b:80", "1.2.3.4:80"],
        ),
        ("has a scheme", &["https://a", "://", "a://b"]),
        (
            "is an address",
            &[
                "1",
                "1.2.3.4",
                "a.1",
                "1.2.3.4.",
                "::1",
                "2001:db8::1",
                "[::1]",
                "[::1]:80",
                "１.２",
                "*.1.2",
            ],
        ),
        ("has one label behind `*.`", &["*.a", "*.a.", "*.例え"]),
        (
            "has a `*`",
            &["*", "**", "*a.b.c", "a.*", "a*.b.c", "*.*.b.c", "*.a*.b"],
        ),
        (
            "expected letters, digits and hyphens",
            &[
                "a_b.org", "a/b", "a@b", "a%2eb", "a\0", "a\\b", "a,b", " a.org", "a.org ", "a:b",
                "a\tb",
            ],
        ),
        (
            "hyphen at the border",
            &["a-.org", "a.-", "-", "a.b-c-.d", "-ü.a", "xn--.a"],
        ),
        (
            "no internationalized name",
            &[
                "xn----eha.a",
                "－a.b",
                "xn--ü.a",
                "xn--999999999.a",
                "a\u{202e}b.c",
                "a＊.b",
                "a／b",
                "\u{308}a.b",
                "аא.b",
            ],
        ),
    ];
    for (part, texts) in cases {
        for text in texts {
            let message = refusal(text);
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}

#[test]
fn a_label_has_at_most_63_bytes() {
    for length in [62, 63] {
        let name = format!("a.{}.b", "a".repeat(length));
        assert_eq!(parsed(&name), name);
    }
    let message = refusal(&format!("a.{}.b", "a".repeat(64)));
    let end = "has a label of 64 bytes: expected at most 63";
    assert!(message.ends_with(end), "{message}");
}

#[test]
fn a_label_of_another_script_is_as_long_as_its_ascii_form() {
    // `xn--` and 59 more.
    let fits = format!("{}ü.a", "a".repeat(55));
    assert_eq!(parsed(&fits).len(), 63 + ".a".len());
    let message = refusal(&format!("{}ü.a", "a".repeat(56)));
    assert!(message.contains("has a label of 64 bytes"), "{message}");
}

#[test]
fn a_name_has_at_most_253_bytes() {
    for length in [252, 253] {
        let name = name_of(length);
        assert_eq!(parsed(&name), name);
        assert_eq!(parsed(&(name.clone() + ".")), name);
    }
    let message = refusal(&name_of(254));
    let end = "is 254 bytes long: expected at most 253";
    assert!(message.ends_with(end), "{message}");
}

#[test]
fn a_wildcard_counts() {
    for length in [250, 251] {
        let name = format!("*.{}", name_of(length));
        assert_eq!(parsed(&name), name);
    }
    let message = refusal(&format!("*.{}", name_of(252)));
    assert!(message.contains("is 254 bytes long"), "{message}");
}

#[test]
fn a_long_text_is_refused_in_few_words() {
    let message = refusal(&"ü.".repeat(1_000_000));
    assert!(message.contains("is 3000000 bytes long"), "{message}");
    assert!(message.len() < 300, "{message}");
}

/// Names, and what is nearly one.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zA-Z0-9*._:-]{0,40}",
        "(\\*\\.)?([a-cA-C0-3-]{1,4}\\.){0,3}[a-z0-9]{1,3}\\.?",
        "(xn--)?[a-z0-9-]{0,12}\\.[a-z]{1,3}",
        "[äöüßéñαβгд例え。．\u{300}\u{308}a-c.-]{1,20}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_stored_is_read_as_itself(text in text()) {
        if let Ok(domain) = Domain::parse(&text) {
            prop_assert_eq!(Domain::parse(domain.as_str()), Ok(domain.clone()));
            prop_assert_eq!(Domain::parse(&format!("{domain}.")), Ok(domain.clone()));
            prop_assert_eq!(Domain::parse(&domain.as_str().to_ascii_uppercase()), Ok(domain));
        }
    }

    #[test]
    fn what_is_stored_is_a_name_of_hosts(text in text()) {
        if let Ok(domain) = Domain::parse(&text) {
            let name = domain.as_str().strip_prefix("*.").unwrap_or(domain.as_str());
            prop_assert!(domain.as_str().len() <= 253);
            for label in name.split('.') {
                prop_assert!((1..=63).contains(&label.len()));
                prop_assert!(label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            }
        }
    }
}
