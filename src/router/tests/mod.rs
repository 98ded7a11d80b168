//! The router against the plainest of routers: one expression after the other.

mod arguments;
mod shadows;

use proptest::prelude::*;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, meta};

use super::{Pattern, Router};

type Places = Vec<Option<(usize, usize)>>;

/// Pieces of patterns: in the language of routes, and as plain expressions. `N` becomes a name.
const PIECES: &[(&str, &str)] = &[
    ("/", "/"),
    ("/a", "/a"),
    ("/ab", "/ab"),
    ("a", "a"),
    ("b", "b"),
    ("-", "-"),
    ("/{N}", "/(?P<N>[^/]+)"),
    ("{N}", "(?P<N>[^/]+)"),
    ("/{N:int}", "/(?P<N>[+-]?[0-9]+)"),
    ("{N:count}", "(?P<N>[0-9]+)"),
    ("/{N:bool}", "/(?P<N>(?i:true|false|1|0))"),
    ("/{N:path}", "/(?P<N>.*)"),
    (r"/(\d+)", r"/(\d+)"),
    (r"(?P<N>\d+)", r"(?P<N>\d+)"),
    (r"(?<N>[^/]*)", r"(?P<N>[^/]*)"),
    ("([^/]+)", "([^/]+)"),
    ("[ab]*", "[ab]*"),
    (r"\d{1,2}", r"\d{1,2}"),
    (r"[ab]{2}", r"[ab]{2}"),
    ("(a|b)", "(a|b)"),
    ("(?:ab|a)", "(?:ab|a)"),
    ("(/a)?", "(/a)?"),
    ("(?:(a)|b)+", "(?:(a)|b)+"),
    ("a+?", "a+?"),
    ("([ab]+?)", "([ab]+?)"),
    (r"\b", r"\b"),
    (r"\B", r"\B"),
    ("(?:/|$)", "(?:/|$)"),
    (".", "."),
    ("(.*)", "(.*)"),
    ("^", "^"),
    ("$", "$"),
    ("((a)(b?))", "((a)(b?))"),
    ("(?i:A)", "(?i:A)"),
    ("(?s:.)", "(?s:.)"),
    ("()", "()"),
];

/// A pattern, and the same as a plain expression.
fn route() -> impl Strategy<Value = (String, String)> {
    let pieces = prop::collection::vec(prop::sample::select(PIECES), 1..5);
    (any::<bool>(), pieces, any::<bool>()).prop_map(|(has_slash, pieces, has_end)| {
        let mut route = (String::new(), String::new());
        if has_slash {
            route.0.push('/');
            route.1.push('/');
        }
        for (number, (pattern, regex)) in pieces.iter().enumerate() {
            let name = format!("n{number}");
            route.0.push_str(&pattern.replace('N', &name));
            route.1.push_str(&regex.replace('N', &name));
        }
        if has_end {
            route.0.push('$');
            route.1.push('$');
        }
        route
    })
}

const PATH_PIECES: &[&str] = &[
    "/", "/a", "/ab", "a", "b", "1", "23", "-", "/b/", "true", "A", "+5",
];

fn path() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(prop::sample::select(PATH_PIECES), 0..6);
    pieces.prop_map(|pieces| format!("/{}", pieces.concat()))
}

/// One expression after the other, in order.
struct Naive(Vec<meta::Regex>);

impl Naive {
    fn new<'r>(regexes: impl Iterator<Item = &'r str>) -> Naive {
        let syntax = syntax::Config::new().unicode(false).utf8(false);
        let mut builder = meta::Regex::builder();
        let builder = builder
            .syntax(syntax)
            .configure(meta::Config::new().utf8_empty(false));
        Naive(
            regexes
                .map(|regex| builder.build(regex).expect("an expression"))
                .collect(),
        )
    }

    fn find(&self, path: &[u8]) -> Option<(usize, Places)> {
        self.0.iter().enumerate().find_map(|(index, regex)| {
            let mut captures = regex.create_captures();
            let input = Input::new(path).anchored(Anchored::Yes);
            regex.captures(input, &mut captures);
            let groups = captures
                .iter()
                .skip(1)
                .map(|group| group.map(|at| (at.start, at.end)));
            captures.is_match().then(|| (index, groups.collect()))
        })
    }
}

fn parse(text: &str) -> Pattern {
    Pattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn find(router: &mut Router, path: &str) -> Option<(usize, Places)> {
    let mut groups = vec![Some((7, 9))];
    let route = router.find(path.as_bytes(), &mut groups)?;
    Some((route, groups))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn router_agrees_with_a_walk(
        routes in prop::collection::vec(route(), 1..24),
        paths in prop::collection::vec(path(), 1..24),
    ) {
        let patterns: Vec<Pattern> = routes.iter().map(|route| parse(&route.0)).collect();
        let naive = Naive::new(routes.iter().map(|route| route.1.as_str()));
        let mut router = Router::new(&patterns);
        for path in paths {
            let expected = naive.find(path.as_bytes());
            prop_assert_eq!(find(&mut router, &path), expected, "path {}", path);
        }
    }

    #[test]
    fn any_text_is_a_pattern_or_a_mistake_inside_of_it(text in any::<String>()) {
        check_parse(&text)?;
    }

    #[test]
    fn any_signs_are_a_pattern_or_a_mistake_inside_of_it(text in r"[()\[\]{}?P<>=!:|*+\\a-cé,0-3ZiX_$^]{0,24}") {
        check_parse(&text)?;
    }
}

fn check_parse(text: &str) -> Result<(), TestCaseError> {
    if let Err(error) = Pattern::parse(text) {
        prop_assert!(text.get(error.span.clone()).is_some(), "{error:?}");
        prop_assert!(!error.message.is_empty());
    }
    Ok(())
}

fn router(patterns: &[&str]) -> Router {
    Router::new(&patterns.iter().map(|text| parse(text)).collect::<Vec<_>>())
}

#[test]
fn first_match_in_order_wins() {
    let mut router = router(&["/a/{x}$", "/a/b$", "/a/b", "/", "/a/b/c$"]);
    assert_eq!(find(&mut router, "/a/b"), Some((0, vec![Some((3, 4))])));
    assert_eq!(find(&mut router, "/a/b/c"), Some((2, vec![])));
    assert_eq!(find(&mut router, "/x"), Some((3, vec![])));
    assert_eq!(find(&mut router, ""), None);
}

#[test]
fn end_is_only_where_it_is_written() {
    let mut router = router(&["/ping$", "/pong"]);
    assert_eq!(find(&mut router, "/ping"), Some((0, vec![])));
    assert_eq!(find(&mut router, "/pings"), None);
    assert_eq!(find(&mut router, "/pongs"), Some((1, vec![])));
    assert_eq!(find(&mut router, "/pon"), None);
}

#[test]
fn groups_that_take_no_part_are_none() {
    let mut router = router(&["/a(/b)?(c)?$"]);
    assert_eq!(
        find(&mut router, "/ac"),
        Some((0, vec![None, Some((2, 3))]))
    );
}

#[test]
fn many_expressions_at_one_place() {
    let patterns: Vec<String> = (0..300).map(|n| format!("/(a|bb){n}(x)?$")).collect();
    let mut router = Router::new(&patterns.iter().map(|text| parse(text)).collect::<Vec<_>>());
    let expected = Some((217, vec![Some((1, 3)), Some((6, 7))]));
    assert_eq!(find(&mut router, "/bb217x"), expected);
    assert_eq!(find(&mut router, "/bb300"), None);
    assert_eq!(
        find(&mut router, "/a0"),
        Some((0, vec![Some((1, 2)), None]))
    );
}

#[test]
fn placeholders_take_what_their_type_says() {
    let mut router = router(&["/{a:uuid}$", "/{b:bool}$", "/{c:float}$", "/{d:path}"]);
    let mut winner = |path| find(&mut router, path).map(|found| found.0);
    assert_eq!(winner("/67e55044-10b1-426f-9247-bb680e5fe0c8"), Some(0));
    assert_eq!(winner("/FALSE"), Some(1));
    assert_eq!(winner("/-1.5e3"), Some(2));
    assert_eq!(winner("/a/b/c"), Some(3));
    assert_eq!(winner("/"), Some(3));
}

#[test]
fn braces_that_are_no_placeholders() {
    for text in [
        r"/a{2,3}$",
        r"/\{a}",
        r"/[{a}]",
        r"/[]{a}]",
        r"/\x{61}$",
        "/a{,2}",
    ] {
        assert_eq!(parse(text).groups(), [], "{text}");
    }
}

#[test]
fn names_of_groups() {
    let pattern = parse(r"/(?P<a>x)/(?<b>y)/{c:int}/(z)");
    let names: Vec<_> = pattern
        .groups()
        .iter()
        .map(|group| group.name.as_deref())
        .collect();
    assert_eq!(names, [Some("a"), Some("b"), Some("c"), None]);
    let kinds: Vec<_> = pattern.groups().iter().map(|group| group.kind).collect();
    assert_eq!(kinds, [None, None, Some(super::SegmentKind::Int), None]);
}

#[test]
fn patterns_that_match_no_path() {
    assert!(!parse("users$").starts_with_slash());
    assert!(!parse("^x/").starts_with_slash() && !parse("(?:a|b)").starts_with_slash());
    assert!(parse("(?:a|/b)").starts_with_slash() && parse(".*x").starts_with_slash());
}

/// A mistake: what the caret stands under, what is said, and what helps.
fn mistake(text: &str) -> (&str, String, String) {
    let error = Pattern::parse(text).expect_err(text);
    (
        &text[error.span],
        error.message,
        error.help.unwrap_or_default(),
    )
}

#[test]
fn mistakes_point_at_what_is_wrong() {
    let cases = [
        ("/a(?!b)", "(?!", "look-around is not supported"),
        ("/a(?<=b)c", "(?<=", "look-around is not supported"),
        (r"/(a)\1", r"\1", "back-references are not supported"),
        (
            "/(?P<q>a)(?P=q)",
            "(?P=q)",
            "back-references are not supported",
        ),
        (r"/a\Z", r"\Z", r"unknown escape `\Z`"),
        ("/{id}/{id}", "id", "there is a group `id` already"),
        ("/{id:itn}/x", "itn", "unknown type `itn`"),
        (r"/{id:\d+}/x", r"\d+", r"unknown type `\d+`"),
        ("/{id/x", "{id/x", "this `{` is never closed"),
        ("/{id-no}", "id-no", "`id-no` is no name"),
        ("/{a}(b", "(", "this `(` is never closed"),
        ("/{a:int}[b", "[", "this `[` is never closed"),
        ("/(?>a)b", "(?>a)", "atomic groups"),
        ("", "", "a pattern must not be empty"),
        (
            "/(?:a{1000}){1000}",
            "/(?:a{1000}){1000}",
            "this pattern is too large",
        ),
        (r"/{a}\p{L}", r"\p{L}", "a path is ASCII"),
        ("/(?La)", "L", "unknown flag `L`"),
    ];
    for (text, caret, message) in cases {
        let (found, said, _) = mistake(text);
        assert_eq!(found, caret, "{text}");
        assert!(said.starts_with(message), "{text}: {said}");
    }
}

#[test]
fn mistakes_come_with_help() {
    assert_eq!(mistake(r"/a\Z").2, "write `$` for the end of the path");
    assert_eq!(mistake("/{id:itn}").2, "did you mean `{id:int}`?");
    assert_eq!(
        mistake(r"/{id:\d+}").2,
        r"an expression of your own is written `(?P<id>\d+)`"
    );
}
