//! What becomes of a path, and why.

use super::super::{NearMiss, explain};
use super::parse;

fn nearest(patterns: &[&str], path: &str) -> (Option<usize>, Vec<usize>, Vec<NearMiss>) {
    let patterns: Vec<_> = patterns.iter().map(|text| parse(text)).collect();
    let explanation = explain(&patterns, path);
    (explanation.winner, explanation.later, explanation.nearest)
}

fn miss(route: usize, agreed: usize, found: &str, expected: &str) -> NearMiss {
    NearMiss {
        route,
        agreed,
        found: found.to_owned(),
        expected: expected.to_owned(),
    }
}

#[test]
fn winner_and_those_that_come_later() {
    let (winner, later, misses) = nearest(&["/b$", "/a", "/{x}$"], "/a");
    assert_eq!((winner, later), (Some(1), vec![2]));
    assert_eq!(misses, [miss(0, 1, "`a`", "`b`")]);
}

#[test]
fn nearest_first_with_what_is_missing() {
    let patterns = [
        "/x",
        "/api/items$",
        r"/api/it(\d+)$",
        "/api/itms/x/y",
        "/api/itms/{n:int}$",
    ];
    let (winner, _, misses) = nearest(&patterns, "/api/itms/q/r");
    let expected = [
        miss(3, 10, "`q`", "`x/y`"),
        miss(4, 10, "`q`", "`[0-9]`"),
        miss(1, 7, "`ms`", "`ems`"),
    ];
    assert_eq!((winner, misses), (None, expected.to_vec()));
}

#[test]
fn too_long_and_too_short() {
    let (_, _, misses) = nearest(&["/ping$"], "/ping/pong/x");
    assert_eq!(misses, [miss(0, 5, "`/pong`", "the end of the path")]);
    let (_, _, misses) = nearest(&["/users/{id}$"], "/users/");
    assert_eq!(
        misses,
        [miss(0, 7, "the end of the path", "anything but `/`")]
    );
}

#[test]
fn expressions_tell_how_far_they_agree() {
    let pattern = "/x/(?:ab)+/y$";
    let (_, _, misses) = nearest(&[pattern], "/x/abac/y");
    assert_eq!(misses, [miss(0, 6, "`c`", "what `/x/(?:ab)+/y$` says")]);
    assert_eq!(nearest(&[pattern], "/x/abab/y").0, Some(0));
}
