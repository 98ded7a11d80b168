//! Clients that change mappings without a pause, each those of its own.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use micro_api::Value;

use super::history::{Change, History, Mappings, TENANTS};
use super::peer::{Peer, Told};
use super::service::{Service, of_tenant};
use crate::random::Random;

/// Clients, each with its history.
pub(super) struct Clients(Vec<History>);

/// How far clients have come.
#[derive(Default)]
pub(super) struct Progress {
    /// How many changes were acknowledged.
    pub(super) done: AtomicUsize,
    /// How many requests were told to come again.
    pub(super) turned_away: AtomicUsize,
    is_over: AtomicBool,
}

impl Progress {
    pub(super) fn done(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }

    pub(super) fn turned_away(&self) -> usize {
        self.turned_away.load(Ordering::Relaxed)
    }
}

impl Clients {
    pub(super) fn new(count: usize, random: &mut Random) -> Clients {
        let history = |client| History::new(client, random.branch());
        Clients((0..count).map(history).collect())
    }

    /// Has them change mappings, each at one of these services, until `during` is over or their
    /// service is gone; gives what `during` does. No answer may take longer than this.
    pub(super) fn work<T>(
        &mut self,
        services: &[SocketAddr],
        slowest: Duration,
        during: impl FnOnce(&Progress) -> T,
    ) -> T {
        let progress = Progress::default();
        thread::scope(|scope| {
            let over = Over(&progress);
            for (at, history) in self.0.iter_mut().enumerate() {
                let address = services[at % services.len()];
                let progress = &progress;
                // That the service is gone is no failure.
                scope.spawn(move || change(history, address, slowest, progress).unwrap_or(()));
            }
            let done = during(&progress);
            drop(over);
            done
        })
    }

    /// Checks that what is there is what must be there, and that nothing was done by halves.
    #[track_caller]
    pub(super) fn check(&mut self, service: &Service) {
        let exported = service.export();
        let mut left = read(&exported);
        for history in &mut self.0 {
            let (ours, others) = left.into_iter().partition(|(name, _)| history.has(name));
            history.settle(ours);
            left = others;
        }
        assert!(left.is_empty(), "{left:?}");
        for tenant in (0..TENANTS).map(|at| format!("tenant{at}")) {
            let ours = of_tenant(&exported, &tenant);
            assert_eq!(service.pages(&tenant, 4), ours, "{tenant}");
        }
    }
}

/// Ends the work of clients, also if their test fails.
struct Over<'a>(&'a Progress);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }
}

fn change(
    history: &mut History,
    address: SocketAddr,
    slowest: Duration,
    progress: &Progress,
) -> std::io::Result<()> {
    let mut peer = Peer::connect(address)?;
    while !progress.is_over.load(Ordering::Relaxed) {
        let change = history.begin();
        let mut is_repeated = false;
        while !history.end(&ask(&mut peer, &change, slowest)?, is_repeated) {
            progress.turned_away.fetch_add(1, Ordering::Relaxed);
            is_repeated = true;
            if progress.is_over.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
        progress.done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

fn ask(peer: &mut Peer, change: &Change, slowest: Duration) -> std::io::Result<Told> {
    let begin = Instant::now();
    let told = peer.ask(change.method, &change.path, &change.body)?;
    let took = begin.elapsed();
    assert!(took < slowest, "{took:?}: {told:?}");
    Ok(told)
}

/// The mappings of an export.
pub(super) fn read(exported: &str) -> Mappings {
    let line = |line: &str| {
        let line: Value = micro_api::serde_json::from_str(line).expect("a line is JSON");
        let text = |value: &Value| value.as_str().expect("it is a text").to_owned();
        let backends = line["backends"].as_array().expect("it is an array");
        let backends = backends.iter().map(text).collect();
        (text(&line["domain"]), (text(&line["tenant"]), backends))
    };
    exported.lines().map(line).collect()
}
