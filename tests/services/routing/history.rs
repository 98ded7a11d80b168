//! What one client has done to domains that nobody else touches, and what must be there therefore.

use std::collections::BTreeMap;

use super::peer::Told;
use super::service::{line, mapping};
use crate::random::Random;

/// How many domains a client has.
const DOMAINS: usize = 5;
/// How many tenants all clients have together.
pub(super) const TENANTS: usize = 2;

/// Whose each domain is, and its backends.
pub(super) type Mappings = BTreeMap<String, (String, Vec<String>)>;

/// What a client has done.
pub(super) struct History {
    client: usize,
    random: Random,
    turn: usize,
    /// What is there, since it was acknowledged.
    pub(super) known: Mappings,
    /// What is there instead, if the last change was made that nobody acknowledged.
    pub(super) open: Option<Mappings>,
}

/// A change that a client wants.
pub(super) struct Change {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) body: String,
    after: Mappings,
}

impl History {
    pub(super) fn new(client: usize, random: Random) -> History {
        History {
            client,
            random,
            turn: 0,
            known: Mappings::new(),
            open: None,
        }
    }

    /// Whether a domain is one of this client's.
    pub(super) fn has(&self, domain: &str) -> bool {
        (0..DOMAINS).any(|at| self.domain(at) == domain)
    }

    /// Picks a change, which may have been made from now on.
    pub(super) fn begin(&mut self) -> Change {
        self.turn += 1;
        let at = self.random.below(DOMAINS);
        let domain = self.domain(at);
        let change = match self.known.get(&domain).cloned() {
            _ if self.random.below(8) == 0 => self.import(),
            None => self.create(&domain),
            Some((tenant, _)) => match self.random.below(4) {
                0 => self.put(&tenant, &domain),
                1 => self.post(&tenant, &domain),
                2 => self.rename(&tenant, &domain),
                _ => self.delete(&tenant, &domain),
            },
        };
        self.open = Some(change.after.clone());
        change
    }

    /// Takes the answer to the change: whether that is over, or should be asked for again. It may
    /// have been made already by a request that had no other answer.
    #[track_caller]
    pub(super) fn end(&mut self, told: &Told, is_repeated: bool) -> bool {
        match told.status {
            200 | 201 => {}
            404 if is_repeated => {}
            503 if told.is_retry_asked_for => return false,
            _ => panic!("client {}: {told:?}", self.client),
        }
        self.known = self.open.take().expect("it was begun");
        true
    }

    /// Compares what is there with what must be, or may.
    #[track_caller]
    pub(super) fn settle(&mut self, found: Mappings) {
        let is_open = self.open.take().is_some_and(|open| open == found);
        assert!(
            is_open || self.known == found,
            "client {}, turn {}: {found:#?}, expected {:#?} (or after the last change)",
            self.client,
            self.turn,
            self.known
        );
        self.known = found;
    }

    fn domain(&self, at: usize) -> String {
        format!("n{at}.client{}.example.org", self.client)
    }

    fn tenant(&mut self) -> String {
        format!("tenant{}", self.random.below(TENANTS))
    }

    /// Backends that no other change has.
    fn backends(&self) -> Vec<String> {
        let one = format!("http://client{}:1/{}", self.client, self.turn);
        vec![one, format!("http://other:{}/", 1 + self.turn % 60_000)]
    }

    fn with(&self, tenant: &str, domain: &str) -> (String, Mappings) {
        let backends = self.backends();
        let urls: Vec<&str> = backends.iter().map(String::as_str).collect();
        let body = mapping(domain, &urls);
        let mut after = self.known.clone();
        after.insert(domain.to_owned(), (tenant.to_owned(), backends));
        (body, after)
    }

    fn create(&mut self, domain: &str) -> Change {
        let tenant = self.tenant();
        self.put(&tenant, domain)
    }

    fn put(&self, tenant: &str, domain: &str) -> Change {
        let (body, after) = self.with(tenant, domain);
        let path = format!("/v1/{tenant}/mapping");
        Change {
            method: "PUT",
            path,
            body,
            after,
        }
    }

    fn post(&self, tenant: &str, domain: &str) -> Change {
        let path = format!("/v1/{tenant}/mapping/{domain}");
        Change {
            method: "POST",
            path,
            ..self.put(tenant, domain)
        }
    }

    fn rename(&self, tenant: &str, domain: &str) -> Change {
        let free = (0..DOMAINS).map(|at| self.domain(at));
        let mut free = free.filter(|domain| !self.known.contains_key(domain));
        let new = free.next().unwrap_or_else(|| domain.to_owned());
        let (body, mut after) = self.with(tenant, &new);
        if new != domain {
            after.remove(domain);
        }
        let path = format!("/v1/{tenant}/mapping/{domain}");
        Change {
            method: "PUT",
            path,
            body,
            after,
        }
    }

    fn delete(&self, tenant: &str, domain: &str) -> Change {
        let mut after = self.known.clone();
        after.remove(domain);
        Change {
            method: "DELETE",
            path: format!("/v1/{tenant}/mapping/{domain}"),
            body: String::new(),
            after,
        }
    }

    /// Some of the domains at once.
    fn import(&mut self) -> Change {
        let (mut body, mut after) = (String::new(), self.known.clone());
        for at in 0..3 {
            let domain = self.domain(at);
            let tenant = match self.known.get(&domain) {
                Some((tenant, _)) => tenant.clone(),
                None => self.tenant(),
            };
            let backends = self.backends();
            let urls: Vec<&str> = backends.iter().map(String::as_str).collect();
            body += &line(&tenant, &domain, &urls);
            after.insert(domain, (tenant, backends));
        }
        Change {
            method: "POST",
            path: "/v1/import".to_owned(),
            body,
            after,
        }
    }
}
