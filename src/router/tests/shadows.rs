//! Routes that can never be reached.

use super::super::find_shadowed;
use super::*;

fn shadows(patterns: &[&str]) -> Vec<(usize, usize, String)> {
    let patterns: Vec<Pattern> = patterns.iter().map(|text| parse(text)).collect();
    let shadows = find_shadowed(&patterns).into_iter();
    shadows
        .map(|shadow| (shadow.route, shadow.by, shadow.witness))
        .collect()
}

#[test]
fn literals_are_exact() {
    let found = shadows(&["/a$", "/a/{x}$", "/a$", "/a/b$", "/a/b/c$"]);
    assert_eq!(found, [(2, 0, "/a".to_owned()), (3, 1, "/a/b".to_owned())]);
}

#[test]
fn prefixes_take_everything_below() {
    let found: Vec<_> = shadows(&["/api", "/api/x$", r"/api/(\d+)", "/apx", "/ap"]);
    let found: Vec<_> = found
        .into_iter()
        .map(|shadow| (shadow.0, shadow.1))
        .collect();
    assert_eq!(found, [(1, 0), (2, 0)]);
}

#[test]
fn types_that_include_others() {
    let found = |patterns: &[&str]| !shadows(patterns).is_empty();
    assert!(found(&["/u/{name}$", r"/u/(\d+)$"]));
    assert!(!found(&[r"/u/(\d+)$", "/u/{name}$"]));
    assert!(found(&["/{all:path}$", "/x/{y}/(?:a|b)+$"]));
    assert!(found(&["/(?:a|b)+$", "/(?:a|b){3}$"]));
    assert!(!found(&["/(?:a|b){3}$", "/(?:a|b)+$"]));
    assert!(!found(&[r"/(\d+)$", r"/(\d+)"]));
    assert!(found(&[r"/(\d+)", r"/(\d+)$"]));
}

#[test]
fn a_lucky_literal_does_not_hide_the_real_shadow() {
    let found = shadows(&["/u/b$", "/u/{name}$", "/u/{id}$"]);
    assert_eq!(
        found
            .iter()
            .map(|shadow| (shadow.0, shadow.1))
            .collect::<Vec<_>>(),
        [(2, 1)]
    );
}

#[test]
fn samples_are_of_every_byte_of_a_small_class() {
    let found = |patterns: &[&str]| {
        let shadows = shadows(patterns).into_iter();
        shadows
            .map(|shadow| (shadow.0, shadow.1))
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&["/a$", "/(a|b)$", "/[ab]$"]), [(2, 1)]);
    assert_eq!(found(&["/b$", "/(a|b)$", "/[ab]$"]), [(2, 1)]);
    assert_eq!(found(&["/q$", "/(p|q)$", "/[pq]$"]), [(2, 1)]);
    assert_eq!(
        found(&["/a$", "/b$", "/c$", "/(a|b|c|d)$", "/[a-d]$"]),
        [(4, 3)]
    );
    assert_eq!(found(&["/a$", "/(a|b)$", "/[abc]$"]), []);
}

#[test]
fn patterns_without_paths_are_no_shadows() {
    assert_eq!(shadows(&["/", r"/a\bb", "x$"]), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_path_reaches_a_shadowed_route(
        routes in prop::collection::vec(route(), 2..12),
        paths in prop::collection::vec(path(), 40),
    ) {
        let patterns: Vec<Pattern> = routes.iter().map(|route| parse(&route.0)).collect();
        let naive = Naive::new(routes.iter().map(|route| route.1.as_str()));
        for shadow in find_shadowed(&patterns) {
            prop_assert!(shadow.by < shadow.route);
            for route in [shadow.by, shadow.route] {
                let alone = Naive::new(std::iter::once(routes[route].1.as_str()));
                prop_assert!(alone.find(shadow.witness.as_bytes()).is_some(), "{:?}", shadow);
            }
            for path in &paths {
                let reached = naive.find(path.as_bytes()).map(|found| found.0);
                prop_assert!(reached != Some(shadow.route), "{:?} {}", shadow, path);
            }
        }
    }
}
