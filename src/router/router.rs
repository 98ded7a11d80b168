//! The router: from a path to the first route that takes it.

use regex_syntax::hir::Hir;

use super::expression::{Expression, Expressions};
use super::literals::Literals;
use super::marks::{MarkSpan, Marks};
use super::pattern::Pattern;
use super::steps::{Ending, Places, Steps};
use super::trie::{Leaf, Trie, TrieBuilder};

/// Finds the route for a path: the first in the definition's order whose pattern matches.
#[derive(Debug)]
pub struct Router {
    literals: Literals,
    trie: Trie,
    routes: Vec<Route>,
    marks: Marks,
    sets: Vec<Set>,
}

/// A route that was found.
struct Found {
    route: usize,
    /// Whether its automaton knows already what its groups take.
    is_captured: bool,
}

/// How the groups of a route are found.
#[derive(Debug)]
struct Route {
    group_count: usize,
    kind: RouteKind,
}

#[derive(Debug)]
enum RouteKind {
    /// Along its only way.
    Marks(MarkSpan),
    /// Along the first of its ways that matches.
    Ways(Box<[Steps]>),
    /// By its automaton.
    Expression(Box<LazyExpression>),
}

/// An automaton that is made when it is first needed.
#[derive(Debug)]
struct LazyExpression {
    hir: Hir,
    expression: Option<Expression>,
}

/// Routes that share their steps, and part where only automata can tell.
#[derive(Debug)]
struct Set {
    /// Their indices, in order.
    routes: Vec<usize>,
    /// All of them in one, unless there is only one; made when it is first needed.
    together: Option<Box<Expressions>>,
}

impl Router {
    /// A router for these patterns, in this order.
    #[must_use]
    pub fn new(patterns: &[Pattern]) -> Router {
        let mut literals = Literals::default();
        let mut builder = TrieBuilder::new();
        for (index, pattern) in patterns.iter().enumerate() {
            for way in pattern.ways() {
                match (way.find_literal(), way.ending) {
                    (Some(literal), _) => literals.insert(literal, index),
                    (None, Ending::Exact) => builder.insert(&way.steps, Leaf::Exact, index),
                    (None, Ending::Prefix) => builder.insert(&way.steps, Leaf::Prefix, index),
                    (None, Ending::Automaton) => builder.insert(&way.steps, Leaf::Automaton, index),
                }
            }
        }
        let (trie, sets) = builder.build();
        let mut marks = Marks::default();
        let routes = patterns
            .iter()
            .map(|pattern| Route::new(pattern, &mut marks))
            .collect();
        let sets = sets
            .into_iter()
            .map(|routes| Set {
                routes,
                together: None,
            })
            .collect();
        Router {
            literals,
            trie,
            routes,
            marks,
            sets,
        }
    }

    /// How many routes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.routes.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty()
    }

    /// The index of the first route that takes `path`. Its groups' places in the path go to
    /// `groups`, with `None` for those that took no part.
    pub fn find(&mut self, path: &[u8], groups: &mut Vec<Option<(usize, usize)>>) -> Option<usize> {
        groups.clear();
        let found = self.search(path)?;
        let route = &mut self.routes[found.route];
        if route.group_count > 0 {
            groups.resize(route.group_count, None);
            route.capture(path, found.is_captured, &self.marks, groups);
        }
        Some(found.route)
    }

    /// The same, without the groups.
    pub(super) fn find_route(&mut self, path: &[u8]) -> Option<usize> {
        self.search(path).map(|found| found.route)
    }

    fn search(&mut self, path: &[u8]) -> Option<Found> {
        let mut captured = None;
        let best = self.literals.find(path).unwrap_or(usize::MAX);
        let best = self.trie.find(path, best, &mut |set, best| {
            let set = &mut self.sets[set];
            match set.find(&mut self.routes, path, best) {
                Some(route) if set.routes.len() == 1 => *captured.insert(route),
                Some(route) => route,
                None => best,
            }
        });
        let is_captured = captured == Some(best);
        (best != usize::MAX).then_some(Found {
            route: best,
            is_captured,
        })
    }

    /// Whether this route would take a path if there were no others.
    ///
    /// Only automata are asked: `path` is to be one along the route's steps.
    pub(super) fn takes(&mut self, route: usize, path: &[u8]) -> bool {
        self.routes[route]
            .expression()
            .is_none_or(|expression| expression.is_match(path))
    }
}

impl Route {
    fn new(pattern: &Pattern, marks: &mut Marks) -> Route {
        let needs_automaton = |way: &Steps| way.ending == Ending::Automaton;
        let kind = match pattern.ways() {
            ways if ways.iter().any(needs_automaton) => {
                let hir = pattern.hir().clone();
                RouteKind::Expression(Box::new(LazyExpression {
                    hir,
                    expression: None,
                }))
            }
            [only] => RouteKind::Marks(marks.add(only)),
            ways => RouteKind::Ways(ways.into()),
        };
        Route {
            group_count: pattern.groups().len(),
            kind,
        }
    }

    fn find_hir(&self) -> Option<&Hir> {
        match &self.kind {
            RouteKind::Marks(_) | RouteKind::Ways(_) => None,
            RouteKind::Expression(lazy) => Some(&lazy.hir),
        }
    }

    fn expression(&mut self) -> Option<&mut Expression> {
        match &mut self.kind {
            RouteKind::Marks(_) | RouteKind::Ways(_) => None,
            RouteKind::Expression(lazy) => {
                let LazyExpression { hir, expression } = &mut **lazy;
                Some(expression.get_or_insert_with(|| Expression::new(hir)))
            }
        }
    }

    fn capture(&mut self, path: &[u8], is_captured: bool, marks: &Marks, groups: &mut Places) {
        match &self.kind {
            RouteKind::Marks(span) => return marks.capture(*span, path, groups),
            RouteKind::Ways(ways) => return capture_first(ways, path, groups),
            RouteKind::Expression(_) => {}
        }
        if let Some(expression) = self.expression()
            && (is_captured || expression.is_match(path))
        {
            expression.copy_places(groups);
        }
    }
}

fn capture_first(ways: &[Steps], path: &[u8], groups: &mut Places) {
    for way in ways {
        if way.capture(path, groups) {
            return;
        }
        groups.fill(None);
    }
}

impl Set {
    /// The first of these routes that takes `path`, if it comes before `best`.
    fn find(&mut self, routes: &mut [Route], path: &[u8], best: usize) -> Option<usize> {
        if self.routes[0] >= best {
            return None;
        }
        if let [alone] = *self.routes {
            let is_match = routes[alone]
                .expression()
                .is_some_and(|one| one.is_match(path));
            return is_match.then_some(alone);
        }
        let together = self.together.get_or_insert_with(|| {
            let hirs = self
                .routes
                .iter()
                .filter_map(|route| routes[*route].find_hir());
            Box::new(Expressions::new(&hirs.collect::<Vec<_>>()))
        });
        together
            .find(path)
            .map(|place| self.routes[place])
            .filter(|route| *route < best)
    }
}
