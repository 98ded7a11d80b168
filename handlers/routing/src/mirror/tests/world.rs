//! A database with the tables of the pack, a Redis, and mirrors of the one in the other.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use micro_api::{Config, serde_json};
use micro_store::{Error, Store, Transaction, values};

use super::daemon::{DEADLINE, wait_for};
use super::redis::{Redis, Reply};
use crate::mirror::report::{Report, State, SweepReport};
use crate::mirror::{Mirror, MirrorSettings};
use crate::tables::SCHEMA;

pub(super) const PREFIX: &str = "frontend:";

/// The backends of each domain.
pub(super) type Sets = BTreeMap<String, BTreeSet<String>>;

/// A database and a Redis.
pub(super) struct World {
    pub(super) redis: Redis,
    pub(super) store: Store,
    url: String,
    // Kept until the end.
    _folder: tempfile::TempDir,
}

impl World {
    /// A database in a file. Nothing, if there is no Redis here.
    #[track_caller]
    pub(super) fn start() -> Option<World> {
        World::with(Redis::start()?, None)
    }

    /// The same with this Redis, and a database at this URL, if there is one.
    #[track_caller]
    pub(super) fn with(redis: Redis, url: Option<String>) -> Option<World> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("routing.db");
        let url = url.unwrap_or_else(|| format!("sqlite:{}", path.display()));
        let store = open(&url);
        store.ready().wait().expect("the database opens");
        Some(World {
            redis,
            store,
            url,
            _folder: folder,
        })
    }

    /// A mirror, of a store of its own, as another process has.
    #[track_caller]
    pub(super) fn mirror(&self) -> Mirror {
        mirror(open(&self.url), self.settings())
    }

    /// The same, when it has compared everything for the first time.
    #[track_caller]
    pub(super) fn settled(&self) -> Mirror {
        let mirror = self.mirror();
        swept(&mirror, "the service has started");
        mirror
    }

    pub(super) fn settings(&self) -> MirrorSettings {
        MirrorSettings {
            url: self.redis.url(),
            prefix: PREFIX.to_owned(),
            timeout: Duration::from_millis(300),
            check_every: Duration::from_millis(20),
            sweep_every: Duration::from_secs(3600),
            takes_over: false,
        }
    }

    /// Does something in the database.
    #[track_caller]
    pub(super) fn write<T: Send + 'static>(
        &self,
        job: impl FnMut(&mut Transaction<'_>) -> Result<T, Error> + Send + 'static,
    ) -> T {
        self.store.write(job).wait().expect("it can be written")
    }

    /// Gives a domain these backends; the number of its row in the outbox.
    #[track_caller]
    pub(super) fn put(&self, domain: &str, backends: &[&str]) -> u64 {
        let (domain, backends) = (domain.to_owned(), json(backends));
        self.write(move |transaction| {
            put(transaction, &domain, &backends)?;
            outbox(transaction, &domain)
        })
    }

    /// Takes the mapping of a domain away; the number of its row in the outbox.
    #[track_caller]
    pub(super) fn delete(&self, domain: &str) -> u64 {
        let domain = domain.to_owned();
        self.write(move |transaction| {
            let sql = "DELETE FROM routing_mapping WHERE domain = ?";
            transaction.execute(sql, &values![&domain])?;
            outbox(transaction, &domain)
        })
    }

    /// Gives a mapping another domain.
    #[track_caller]
    pub(super) fn rename(&self, old: &str, new: &str) {
        let (old, new) = (old.to_owned(), new.to_owned());
        self.write(move |transaction| {
            let sql = "UPDATE routing_mapping SET domain = ? WHERE domain = ?";
            transaction.execute(sql, &values![&new, &old])?;
            outbox(transaction, &old)?;
            outbox(transaction, &new)
        });
    }

    /// Gives this many domains a backend each, without a row in the outbox.
    #[track_caller]
    pub(super) fn fill(&self, count: u64) {
        self.write(move |transaction| {
            for number in 0..count {
                let backends = json(&[&format!("http://10.0.0.1:{number}")]);
                put(transaction, &format!("d{number}.example"), &backends)?;
            }
            Ok(())
        });
    }

    /// What is in the database.
    #[track_caller]
    pub(super) fn wanted(&self) -> Sets {
        let sql = "SELECT domain, backends FROM routing_mapping";
        let found = self.store.read(move |transaction| {
            transaction.query(sql, &[], |row| {
                Ok((row.take::<String>(0)?, row.take::<String>(1)?))
            })
        });
        let found = found.wait().expect("it can be read");
        let set = |text: String| serde_json::from_str(&text).expect("it is JSON");
        found
            .into_iter()
            .map(|(domain, text)| (domain, set(text)))
            .collect()
    }

    /// What is in Redis: everything with the prefix, which has to be sets.
    #[track_caller]
    pub(super) fn mirrored(&self) -> Sets {
        let keys = self.redis.keys(&format!("{PREFIX}*"));
        let set = |key: String| {
            let members = match self.redis.command(&["SMEMBERS", &key]) {
                Reply::Error(error) => vec![error],
                members => members.sorted(),
            };
            (
                key[PREFIX.len()..].to_owned(),
                members.into_iter().collect(),
            )
        };
        keys.into_iter().map(set).collect()
    }

    /// How many rows the outbox has.
    #[track_caller]
    pub(super) fn outbox(&self) -> u64 {
        let sql = "SELECT COUNT(*) FROM routing_outbox";
        let count = self
            .store
            .read(move |transaction| transaction.find(sql, &[], |row| row.take(0)));
        count.wait().expect("it can be read").expect("a count")
    }

    /// How often Redis was found to have lost something that is not repaired.
    #[track_caller]
    pub(super) fn open_losses(&self) -> u64 {
        let sql = "SELECT losses - repaired_to FROM routing_mirror";
        let count = self
            .store
            .read(move |transaction| transaction.find(sql, &[], |row| row.take(0)));
        count.wait().expect("it can be read").unwrap_or_default()
    }

    /// Waits until Redis has what the database has, and nothing waits.
    #[track_caller]
    pub(super) fn wait_until_same(&self) {
        wait_for("the mirror to be the same", || {
            self.outbox() == 0 && self.mirrored() == self.wanted()
        });
    }

    /// Asks Redis something, which answers this.
    #[track_caller]
    pub(super) fn answers(&self, words: &[&str], text: &str) {
        assert_eq!(self.redis.command(words), Reply::Text(text.to_owned()));
    }
}

/// The database at a URL.
#[track_caller]
pub(super) fn open(url: &str) -> Store {
    let config = Config::new([("database.routing.url", url)]);
    Store::open(&config, "routing", SCHEMA).expect("there is such a database")
}

#[track_caller]
pub(super) fn mirror(store: Store, settings: MirrorSettings) -> Mirror {
    Mirror::start(store, settings).expect("the settings are right")
}

/// Waits until the mirror has completed a sweep for this reason, and nothing is wrong.
#[track_caller]
pub(super) fn swept(mirror: &Mirror, why: &str) -> SweepReport {
    let mut found = None;
    wait_for(why, || {
        let report = mirror.report();
        found = report.last_sweep.filter(|sweep| sweep.why == why);
        found.is_some() && report.state == State::Live
    });
    found.expect("it was found")
}

/// Sweeps.
#[track_caller]
pub(super) fn sweep(mirror: &Mirror) -> Report {
    wait(mirror.sweep()).expect("nothing is wrong")
}

/// What a sweep has found: missing, wrong, extra.
pub(super) fn found(sweep: &SweepReport) -> (u64, u64, u64) {
    assert_eq!(sweep.repaired, sweep.missing + sweep.wrong + sweep.extra);
    (sweep.missing, sweep.wrong, sweep.extra)
}

/// Waits for a future.
#[track_caller]
pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    let begin = Instant::now();
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        assert!(begin.elapsed() < DEADLINE, "it takes too long");
        thread::park_timeout(DEADLINE);
    }
}

/// Whether a future is there already.
pub(super) fn is_there<T>(future: &mut (impl Future<Output = T> + Unpin)) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    std::pin::Pin::new(future).poll(&mut context).is_ready()
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn json(backends: &[&str]) -> String {
    serde_json::to_string(backends).expect("texts are JSON")
}

fn put(transaction: &mut Transaction<'_>, domain: &str, backends: &str) -> Result<(), Error> {
    let sql = "UPDATE routing_mapping SET backends = ?, version = version + 1 WHERE domain = ?";
    if transaction.execute(sql, &values![backends, domain])? == 0 {
        let sql = "INSERT INTO routing_mapping (tenant, number, domain, backends, version) \
                   SELECT 'ann', COALESCE(MAX(id), 0) + 1, ?, ?, 1 FROM routing_mapping";
        transaction.execute(sql, &values![domain, backends])?;
    }
    Ok(())
}

/// A row in the outbox, in the place of an older one.
pub(super) fn outbox(transaction: &mut Transaction<'_>, domain: &str) -> Result<u64, Error> {
    let sql = "DELETE FROM routing_outbox WHERE domain = ?";
    transaction.execute(sql, &values![domain])?;
    let sql = "INSERT INTO routing_outbox (domain) VALUES (?)";
    transaction.insert(sql, &values![domain])
}
