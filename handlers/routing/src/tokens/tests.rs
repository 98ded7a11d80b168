use micro_api::testing::{self, TestRequest};

use super::Tokens;
use crate::verdict::Verdict;

const OLD: &str = "0123456789abcdef";
const NEW: &str = "a-longer~token.of_today+with/all==";
const WRONG: &str = "0123456789abcdeF";

fn read(text: &str) -> Result<Vec<String>, String> {
    let tokens = Tokens::read(text);
    tokens
        .map(|tokens| tokens.0)
        .map_err(|malformed| malformed.to_string())
}

fn judge(request: &TestRequest) -> Verdict {
    let tokens = Tokens::read(&format!("{OLD},{NEW}")).expect("they are well formed");
    tokens.judge(&request.build())
}

fn with(fields: &[(&str, &str)]) -> Verdict {
    let request = testing::get("/");
    judge(&fields.iter().fold(request, |request, (name, value)| {
        request.header(name, value)
    }))
}

#[test]
fn tokens_stand_between_blanks_commas_and_line_ends() {
    let both = vec![OLD.to_owned(), NEW.to_owned()];
    for between in [" ", ",", "\n", "\r\n", ", ", " ,, \t\n"] {
        for (before, after) in [("", ""), ("\n", "\n"), (", ", " ,")] {
            let text = format!("{before}{OLD}{between}{NEW}{after}");
            assert_eq!(read(&text).as_ref(), Ok(&both), "{text}");
        }
    }
}

#[test]
fn without_a_token_there_is_none() {
    for text in ["", " ", "\n", ",,"] {
        let why = "there is no admin token: expected 16 to 256 characters";
        assert_eq!(read(text), Err(why.into()));
    }
}

#[test]
fn a_token_has_16_to_256_characters() {
    for length in [16, 17, 255, 256] {
        let token = "x".repeat(length);
        assert_eq!(read(&token), Ok(vec![token]));
    }
    for length in [1, 15, 257] {
        let text = format!("{OLD} {}", "x".repeat(length));
        let why = format!("admin token 2 of 2: has {length} characters: expected 16 to 256");
        assert_eq!(read(&text), Err(why));
    }
}

#[test]
fn a_token_is_visible_ascii() {
    for token in [
        "0123456789abcdeü",
        "0123456789\u{1}abcdef",
        "0123456789abcde\u{7f}",
    ] {
        let why = "admin token 1 of 2: has a character that a header field cannot carry: \
                   expected visible ASCII";
        assert_eq!(read(&format!("{token}\n{OLD}")), Err(why.into()));
    }
}

#[test]
fn each_token_grants_in_either_field() {
    for token in [OLD, NEW] {
        let bearer = format!("Bearer {token}");
        assert_eq!(with(&[("X-Auth-Token", token)]), Verdict::Granted);
        assert_eq!(with(&[("x-auth-token", token)]), Verdict::Granted);
        assert_eq!(with(&[("Authorization", &bearer)]), Verdict::Granted);
    }
}

#[test]
fn the_scheme_ignores_case_and_may_be_far_from_the_token() {
    for scheme in ["bearer", "BEARER", "Bearer", "bEaReR  "] {
        let value = format!("{scheme} {OLD}");
        assert_eq!(with(&[("authorization", &value)]), Verdict::Granted);
    }
}

#[test]
fn without_a_token_it_is_missing() {
    let basic = format!("Basic {OLD}");
    assert_eq!(with(&[]), Verdict::Missing);
    assert_eq!(with(&[("X-Auth-Token", "")]), Verdict::Missing);
    assert_eq!(with(&[("Authorization", "")]), Verdict::Missing);
    assert_eq!(with(&[("Authorization", "Bearer")]), Verdict::Missing);
    assert_eq!(with(&[("Authorization", "Bearer ")]), Verdict::Missing);
    assert_eq!(with(&[("Authorization", OLD)]), Verdict::Missing);
    assert_eq!(with(&[("Authorization", &basic)]), Verdict::Missing);
    assert_eq!(with(&[("X-Token", OLD)]), Verdict::Missing);
}

#[test]
fn a_wrong_token_is_wrong() {
    let both = format!("{OLD},{NEW}");
    let (shorter, longer) = (&OLD[1..], format!("{OLD}0"));
    for token in [WRONG, "x", shorter, &longer, &both, "0123456789ABCDEF"] {
        let bearer = format!("Bearer {token}");
        assert_eq!(with(&[("X-Auth-Token", token)]), Verdict::Wrong, "{token}");
        assert_eq!(with(&[("Authorization", &bearer)]), Verdict::Wrong);
    }
    let request = testing::get("/").header("X-Auth-Token", [0xff; 16]);
    assert_eq!(judge(&request), Verdict::Wrong);
}

#[test]
fn of_several_each_must_be_right() {
    let (right, wrong) = (format!("Bearer {NEW}"), format!("Bearer {WRONG}"));
    let basic = "Basic dXNlcjpwYXNzd29yZA==";
    let cases = [
        (
            &[("X-Auth-Token", OLD), ("Authorization", &*right)],
            Verdict::Granted,
        ),
        (
            &[("X-Auth-Token", OLD), ("Authorization", &*wrong)],
            Verdict::Wrong,
        ),
        (
            &[("X-Auth-Token", WRONG), ("Authorization", &*right)],
            Verdict::Wrong,
        ),
        (
            &[("X-Auth-Token", OLD), ("X-Auth-Token", WRONG)],
            Verdict::Wrong,
        ),
        (
            &[("X-Auth-Token", WRONG), ("X-Auth-Token", OLD)],
            Verdict::Wrong,
        ),
        (
            &[("X-Auth-Token", OLD), ("Authorization", basic)],
            Verdict::Granted,
        ),
    ];
    for (fields, verdict) in cases {
        assert_eq!(with(fields), verdict, "{fields:?}");
    }
}

#[test]
fn tokens_do_not_show() {
    let tokens = Tokens::read(&format!("{OLD} {NEW}")).expect("they are well formed");
    assert_eq!(format!("{tokens:?}"), "Tokens(2)");
}
