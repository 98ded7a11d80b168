use micro_api::testing::{self, TestRequest};
use proptest::prelude::*;

use super::{Outcome, Precondition, Tags};
use crate::revision::Revision;

const CURRENT: Revision = Revision { id: 7, version: 3 };

fn reading(name: &str, value: &str) -> TestRequest {
    testing::get("/").header(name, value)
}

fn changing(name: &str, value: &str) -> TestRequest {
    testing::put("/").header(name, value)
}

#[track_caller]
fn check(request: &TestRequest, current: Option<Revision>) -> Outcome {
    let precondition = Precondition::of(&request.build()).expect("it is well formed");
    precondition.check(current)
}

#[test]
fn without_conditions_everything_goes_on() {
    for request in [testing::get("/"), testing::put("/"), testing::delete("/")] {
        assert_eq!(check(&request, Some(CURRENT)), Outcome::GoOn);
        assert_eq!(check(&request, None), Outcome::GoOn);
    }
}

#[test]
fn if_match_wants_the_current_tag() {
    let cases = [
        ("\"7-3\"", Outcome::GoOn),
        ("\"7-2\"", Outcome::Failed),
        ("\"6-3\"", Outcome::Failed),
        ("\"\"", Outcome::Failed),
        ("\"7-2\", \"7-3\"", Outcome::GoOn),
        ("\"7-2\",\"7-3\",\"7-4\"", Outcome::GoOn),
        (" , \"7-3\" ,, ", Outcome::GoOn),
        ("\"a,b\", \"7-3\"", Outcome::GoOn),
        ("\",\"", Outcome::Failed),
        ("\"W/\", \"7-3\"", Outcome::GoOn),
        ("*", Outcome::GoOn),
        (" * ", Outcome::GoOn),
        ("\"*\"", Outcome::Failed),
    ];
    for (value, outcome) in cases {
        assert_eq!(
            check(&changing("If-Match", value), Some(CURRENT)),
            outcome,
            "{value}"
        );
        assert_eq!(
            check(&reading("If-Match", value), Some(CURRENT)),
            outcome,
            "{value}"
        );
    }
}

#[test]
fn if_match_is_not_met_where_there_is_nothing() {
    for value in ["*", "\"7-3\"", "W/\"7-3\""] {
        assert_eq!(check(&changing("If-Match", value), None), Outcome::Failed);
    }
}

#[test]
fn a_weak_tag_never_meets_if_match() {
    for value in ["W/\"7-3\"", "W/\"7-3\", \"7-2\""] {
        assert_eq!(
            check(&changing("If-Match", value), Some(CURRENT)),
            Outcome::Failed
        );
    }
    let both = "W/\"7-3\", \"7-3\"";
    assert_eq!(
        check(&changing("If-Match", both), Some(CURRENT)),
        Outcome::GoOn
    );
}

#[test]
fn if_none_match_wants_another_tag() {
    for value in ["\"7-3\"", "W/\"7-3\"", "\"1-1\", W/\"7-3\"", "*"] {
        let (read, change) = (
            reading("If-None-Match", value),
            changing("If-None-Match", value),
        );
        assert_eq!(check(&read, Some(CURRENT)), Outcome::NotModified, "{value}");
        assert_eq!(check(&change, Some(CURRENT)), Outcome::Failed, "{value}");
        assert_eq!(check(&read, None), Outcome::GoOn, "{value}");
        assert_eq!(check(&change, None), Outcome::GoOn, "{value}");
    }
    for value in ["\"7-2\"", "W/\"7-4\"", "\"*\""] {
        let (read, change) = (
            reading("If-None-Match", value),
            changing("If-None-Match", value),
        );
        assert_eq!(check(&read, Some(CURRENT)), Outcome::GoOn, "{value}");
        assert_eq!(check(&change, Some(CURRENT)), Outcome::GoOn, "{value}");
    }
}

#[test]
fn a_head_is_answered_as_a_get() {
    let request = testing::request(micro_api::Method::Head, "/").header("If-None-Match", "\"7-3\"");
    assert_eq!(check(&request, Some(CURRENT)), Outcome::NotModified);
}

#[test]
fn if_match_goes_first() {
    let request = reading("If-None-Match", "\"7-3\"");
    let unmet = request.clone().header("If-Match", "\"7-2\"");
    assert_eq!(check(&unmet, Some(CURRENT)), Outcome::Failed);
    let met = request.header("If-Match", "\"7-3\"");
    assert_eq!(check(&met, Some(CURRENT)), Outcome::NotModified);
}

#[test]
fn fields_of_a_name_are_one_list() {
    let request = changing("If-Match", "\"7-2\"").header("if-match", "\"7-3\"");
    assert_eq!(check(&request, Some(CURRENT)), Outcome::GoOn);
}

#[test]
fn dates_are_no_conditions() {
    let request = changing("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT");
    assert_eq!(check(&request, Some(CURRENT)), Outcome::GoOn);
}

#[test]
fn what_is_neither_a_star_nor_tags_is_refused() {
    let values = [
        "",
        ",",
        " , ,",
        "7-3",
        "\"7-3",
        "7-3\"",
        "w/\"7-3\"",
        "W/7-3",
        "W/",
        "W/ \"7-3\"",
        "\"7-3\" \"7-4\"",
        "\"7-3\"\"7-4\"",
        "*, \"7-3\"",
        "\"7-3\", *",
        "**",
        "\"a b\"",
        "\"a\tb\"",
        "\"7-3\";",
        "'7-3'",
    ];
    for name in ["If-Match", "If-None-Match"] {
        for value in values {
            let error = Precondition::of(&changing(name, value).build()).expect_err(value);
            let expected = "expected `*`, or entity-tags such as `\"1-2\"` between commas";
            assert_eq!(error.status(), 400);
            let found = value.trim().replace('\t', "\\t");
            assert_eq!(
                error.message(),
                format!("`{name}` is `{found}`: {expected}")
            );
        }
    }
    let twice = changing("If-Match", "*").header("If-Match", "*");
    assert!(Precondition::of(&twice.build()).is_err());
}

#[test]
fn tags_may_have_bytes_beyond_ascii() {
    let request = testing::put("/").header("If-Match", b"\"\xff\xfe\", \"7-3\"");
    assert_eq!(check(&request, Some(CURRENT)), Outcome::GoOn);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(list in prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        "[W/\"*, a]{0,20}".prop_map(String::into_bytes),
    ]) {
        let tags = Tags::read(&list);
        for end in 0..list.len() {
            // Cut anywhere, it is read or refused as well.
            let _ = Tags::read(&list[..end]);
        }
        if let Some(Tags::These(tags)) = tags {
            prop_assert!(tags.iter().all(|tag| tag.text.len() >= 2));
        }
    }
}
