//! Reading arguments, content and settings.

use std::path::PathBuf;
use std::time::Duration;

use micro_api::testing::{self, TestRequest};
use micro_api::{Config, Error, FromArgument, Value, json};
use proptest::prelude::*;

fn read<T: for<'r> FromArgument<'r>>(value: impl Into<Value>) -> Result<T, String> {
    let request = testing::get("/").arg("x", value).build();
    request
        .arg("x")
        .map_err(|error| format!("{} {}", error.status(), error.message()))
}

fn invalid<T>(expected: &str) -> Result<T, String> {
    Err(format!("400 invalid value for 'x': must be {expected}"))
}

#[test]
fn numbers_from_numbers_and_from_text() {
    assert_eq!(read::<i64>(-5), Ok(-5));
    assert_eq!(read::<i64>("-5"), Ok(-5));
    assert_eq!(read::<u64>("18446744073709551615"), Ok(u64::MAX));
    assert_eq!(read::<f64>(1), Ok(1.0));
    assert_eq!(read::<f64>("1.5"), Ok(1.5));
    assert_eq!(read::<u16>(65535), Ok(65535));
    assert_eq!(read::<usize>(0), Ok(0));
}

#[test]
fn numbers_that_are_none() {
    assert_eq!(read::<i64>("5.0"), invalid("an int"));
    assert_eq!(read::<i64>(5.5), invalid("an int"));
    assert_eq!(read::<i64>(""), invalid("an int"));
    assert_eq!(read::<u64>(-1), invalid("an int of 0 or more"));
    assert_eq!(read::<u16>(65536), invalid("an int of 16 bits, 0 or more"));
    assert_eq!(read::<i32>(1_u64 << 31), invalid("an int of 32 bits"));
    for text in ["nan", "inf", "-infinity", "1e999", "x"] {
        assert_eq!(read::<f64>(text), invalid("a number"), "{text}");
    }
    assert_eq!(
        read::<u32>(json!([1])),
        invalid("an int of 32 bits, 0 or more")
    );
}

#[test]
fn text_booleans_and_values() {
    assert_eq!(read::<String>("é"), Ok("é".to_owned()));
    assert_eq!(read::<String>(5), invalid("text"));
    assert_eq!(read::<bool>(true), Ok(true));
    assert_eq!(read::<bool>("F"), Ok(false));
    assert_eq!(read::<bool>(1), invalid("`true` or `false`"));
    assert_eq!(read::<Value>(json!({"a": [1]})), Ok(json!({"a": [1]})));
    let request = testing::get("/").arg("x", "borrowed").build();
    assert_eq!(request.arg::<&str>("x").expect("text"), "borrowed");
}

#[test]
fn what_may_be_absent() {
    let request = testing::get("/")
        .arg("a", 1)
        .absent("b")
        .arg("c", Value::Null)
        .build();
    assert_eq!(
        request.arg::<Option<u64>>("a").expect("it is there"),
        Some(1)
    );
    assert_eq!(
        request.arg::<Option<u64>>("b").expect("it may be absent"),
        None
    );
    assert_eq!(
        request.arg::<Option<u64>>("c").expect("null is absent"),
        None
    );
    let error = request.arg::<u64>("b").unwrap_err();
    assert_eq!(
        (error.status(), error.message()),
        (400, "missing required content: 'b'")
    );
}

#[test]
fn positions_count_from_0() {
    let request = testing::get("/").arg("a", "x").arg("b", "y").build();
    assert_eq!(request.argument_names().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(request.arg::<&str>(1).expect("it is there"), "y");
    let detail = |error: Error| (error.status(), error.detail().map(str::to_owned));
    let expected = "no argument number 2: the definition gives this handler a, b";
    assert_eq!(
        detail(request.arg::<&str>(2).unwrap_err()),
        (500, Some(expected.to_owned()))
    );
    let request = testing::get("/").build();
    let expected = "no argument `a`: the definition gives this handler none";
    assert_eq!(
        detail(request.arg::<&str>("a").unwrap_err()),
        (500, Some(expected.to_owned()))
    );
    // What may be absent need not be declared.
    assert_eq!(request.arg::<Option<u64>>("a").expect("it is absent"), None);
}

#[test]
fn groups_without_a_name_are_counted_from_1_for_peers() {
    let request = testing::get("/").absent("0").arg("1", "x").build();
    let said = |position: usize| request.arg::<u64>(position).unwrap_err();
    assert_eq!(
        said(0).message(),
        "missing required content: group 1 of the path"
    );
    assert_eq!(
        said(1).message(),
        "invalid value for group 2 of the path: must be an int of 0 or more"
    );
    let error = request.arg::<u64>("1").unwrap_err();
    assert_eq!(error.message(), said(1).message());
    let request = testing::get("/").arg("7", "x").build();
    let error = request.arg::<u64>("7").unwrap_err();
    assert_eq!(
        error.message(),
        "invalid value for '7': must be an int of 0 or more"
    );
}

#[test]
fn content_in_three_readings() {
    let request = testing::post("/").body(br#"{"a": [1, 2]}"#).build();
    assert_eq!(
        request.json::<Value>().expect("it is JSON"),
        json!({"a": [1, 2]})
    );
    let request = testing::post("/").body("a=1&a=%C3%A9+b&c").build();
    let pairs: Vec<_> = request.form_pairs().collect();
    assert_eq!(
        pairs,
        [("a", "1"), ("a", "é b"), ("c", "")].map(|(n, v)| (n.into(), v.into()))
    );
    let status = |request: TestRequest| {
        let request = request.build();
        let json = request
            .json::<Value>()
            .map(drop)
            .map_err(|error| error.status());
        (
            request.text().map(str::len).map_err(|error| error.status()),
            json,
        )
    };
    assert_eq!(
        status(testing::post("/").body(b"\xff")),
        (Err(400), Err(400))
    );
    assert_eq!(status(testing::post("/").body("{} x")), (Ok(4), Err(400)));
    assert_eq!(status(testing::post("/")), (Ok(0), Err(400)));
}

#[test]
fn attachments_are_found_by_their_type() {
    let request = testing::get("/").build();
    assert!(request.attached::<String>().is_none());
    request.attach("one".to_owned());
    request.attach(2_u8);
    request.clone().attach("two".to_owned());
    assert_eq!(
        request.attached::<String>().as_deref().map(String::as_str),
        Some("two")
    );
    assert_eq!(request.attached::<u8>().as_deref(), Some(&2));
}

#[test]
fn settings_of_every_type() {
    let config = Config::new([
        ("text", "a b"),
        ("on", "True"),
        ("time", "1.5m"),
        ("size", "2KiB"),
        ("number", "-2.5"),
        ("port", "65535"),
        ("nan", "nan"),
    ]);
    assert_eq!(
        config.get::<PathBuf>("text").expect("a path"),
        PathBuf::from("a b")
    );
    assert!(config.get::<bool>("on").expect("a boolean"));
    assert_eq!(
        config
            .get::<Duration>("time")
            .expect("a duration")
            .as_secs(),
        90
    );
    assert_eq!(config.get::<u64>("size").expect("a size"), 2048);
    assert_eq!(config.get::<f64>("number").expect("a number"), -2.5);
    assert_eq!(config.get::<u16>("port").expect("a port"), 65535);
    let detail = |error: Error| error.detail().map(str::to_owned);
    let expected = "setting `nan` is not a number";
    assert_eq!(
        detail(config.get::<f64>("nan").unwrap_err()),
        Some(expected.to_owned())
    );
    let expected = "setting `none` has no value";
    assert_eq!(
        detail(config.get::<bool>("none").unwrap_err()),
        Some(expected.to_owned())
    );
    assert_eq!(
        config.iter().next(),
        Some(("nan", "nan")),
        "in the order of their names"
    );
}

#[test]
fn nothing_secret_is_shown_in_debug() {
    let config = Config::new([("database.password", "hidden")]);
    assert_eq!(format!("{config:?}"), r#"{"database.password"}"#);
    let request = testing::post("/orders?token=hidden")
        .setting("database.password", "hidden")
        .header("Authorization", "hidden")
        .arg("card", "hidden")
        .body("hidden")
        .build();
    assert_eq!(format!("{request:?}"), "POST /orders (0000000000000001)");
    assert_eq!(
        format!("{:?}", request.config()),
        r#"{"database.password"}"#
    );
}

proptest! {
    #[test]
    fn an_int_means_the_same_as_text_and_as_number(number: i64) {
        prop_assert_eq!(read::<i64>(number), read::<i64>(number.to_string()));
        prop_assert_eq!(read::<i32>(number).is_ok(), i32::try_from(number).is_ok());
        prop_assert_eq!(read::<u16>(number).ok(), read::<u16>(number.to_string()).ok());
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".*") {
        prop_assert_eq!(read::<String>(text.clone()), Ok(text.clone()));
        let _ = (read::<i64>(text.clone()), read::<f64>(text.clone()), read::<bool>(text));
    }
}
