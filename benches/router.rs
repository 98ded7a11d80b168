//! How long it takes to find a route among few and among many: `cargo bench --bench router`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use micro::router::{Pattern, Router, find_shadowed};

/// A kind of route: its name, its pattern, and a path for it.
type Kind = (&'static str, fn(usize) -> String, fn(usize) -> String);

const KINDS: &[Kind] = &[
    (
        "literal",
        |n| format!("/api/v1/resource{n}/items$"),
        |n| format!("/api/v1/resource{n}/items"),
    ),
    (
        "param",
        |n| format!("/api/v1/resource{n}/{{id}}$"),
        |n| format!("/api/v1/resource{n}/4711"),
    ),
    (
        "two params",
        |n| format!(r"/(\d+)/resource{n}/([^/]+)/x$"),
        |n| format!("/17/resource{n}/some/x"),
    ),
    (
        "regex",
        |n| format!("/api/(?:v1|v2)/resource{n}/(one|two)$"),
        |n| format!("/api/v2/resource{n}/two"),
    ),
    (
        "automaton",
        |n| format!("/api/resource{n}/((?:[a-z]+-)+)x$"),
        |n| format!("/api/resource{n}/one-two-x"),
    ),
    (
        "shared",
        |n| format!("/api/(?:[a-z]+-)+x/resource{n}/([a-z]+)$"),
        |n| format!("/api/one-x/resource{n}/two"),
    ),
    (
        "miss",
        |n| format!("/api/v1/resource{n}/{{id:int}}$"),
        |n| format!("/api/v1/resource{n}/x"),
    ),
];

const COUNTS: [usize; 3] = [10, 1_000, 10_000];

fn main() {
    println!(
        "{:<12}{:>8}{:>10}{:>10}{:>12}{:>10}",
        "kind", "routes", "parse", "build", "shadowed", "find"
    );
    for (name, pattern, path) in KINDS {
        for count in COUNTS {
            measure(name, count, *pattern, *path);
        }
    }
}

fn measure(name: &str, count: usize, pattern: fn(usize) -> String, path: fn(usize) -> String) {
    let texts: Vec<String> = (0..count).map(pattern).collect();
    let (patterns, parse) = timed(|| {
        texts
            .iter()
            .map(|text| Pattern::parse(text).expect("a pattern"))
            .collect::<Vec<_>>()
    });
    let (mut router, build) = timed(|| Router::new(&patterns));
    let (shadows, shadowed) = timed(|| find_shadowed(&patterns));
    assert!(shadows.is_empty());

    let paths: Vec<String> = (0..count).map(|n| path(n * 7919 % count)).collect();
    let find = per_lookup(&mut router, &paths);
    println!(
        "{name:<12}{count:>8}{:>7.1} ms{:>7.1} ms{:>9.1} ms{find:>7.1} ns",
        millis(parse),
        millis(build),
        millis(shadowed),
    );
}

fn per_lookup(router: &mut Router, paths: &[String]) -> f64 {
    let mut groups = Vec::new();
    let rounds = 200_000usize.div_ceil(paths.len());
    let mut round = || {
        for path in paths {
            black_box(router.find(black_box(path.as_bytes()), &mut groups));
        }
    };
    round();
    let best = (0..5)
        .map(|_| timed(|| (0..rounds).for_each(|_| round())).1)
        .min();
    best.unwrap_or_default().as_nanos() as f64 / (rounds * paths.len()) as f64
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    (work(), start.elapsed())
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
