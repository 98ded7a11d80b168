//! The mirror of the mappings in Redis, where nginx reads them.
//!
//! The database is the truth. Who changes a mapping puts a row into the table `routing_outbox` in the
//! same transaction, which says no more than that this domain has to be looked at. A thread looks,
//! and writes what it finds to Redis: for each domain a set of its backends.
//!
//! # Why Redis never goes back
//!
//! Several processes may do that over one database, and each may be slow. What keeps one from
//! overwriting what another wrote later is a *mark* in Redis, which each of them raises together
//! with what it writes. A process remembers the mark, then reads the database, then writes, in a
//! transaction of Redis that is done only if the mark is still the same (WATCH): nobody has written
//! anything since that could be newer than what was read. Else it begins anew. Rows of the outbox go
//! when Redis has what they ask for, so whatever happens, what is not in Redis has a row.
//!
//! # Why Redis loses nothing unseen
//!
//! The number of the mark is kept in the database, too. If the one in Redis is missing or lower,
//! Redis has lost something. That is written down, and stands until a *sweep* has compared
//! everything. There is also one at the start, when Redis was started, and from time to time, for
//! what others did behind our back.
//!
//! A sweep that has found or made everything as it should be sets a key that says so, *filled*, which
//! goes with everything else when Redis is emptied, and with the first thing that is written after a
//! loss. While it is there, a domain that is not in Redis has no mapping; else Redis may not know.
//!
//! # What is done while the database has no room
//!
//! Nothing can be written down then, but Redis can be repaired still. What is applied stays in the
//! outbox, and is applied again. A loss is kept in memory, and the mark stays as it was found, so
//! that every process goes on taking it for a loss until one has noted it.
//!
//! # Why nobody's keys are deleted
//!
//! All keys with the prefix are the mirror's, and those that are no mapping go. So if the mark is
//! that of another database, or there is none though there are keys and this database was never
//! mirrored, the mirror touches nothing and says so, until it is told to take them over.

mod apply;
mod commands;
mod digest;
mod failure;
mod keeper;
mod link;
mod mark;
mod orders;
mod pause;
mod report;
mod rows;
mod runs;
mod status;
mod sweep;
mod target;
#[cfg(test)]
mod tests;
mod unrecorded;
mod worker;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use micro_api::Error;
use micro_store::Store;

use keeper::keep_running;
use orders::Orders;
pub(crate) use report::Report;
#[cfg(test)]
pub(crate) use rows::found;
pub(crate) use rows::is_found;
use status::Status;
use target::Target;
use worker::Worker;

/// Where the mirror is, and how often it looks.
pub(crate) struct MirrorSettings {
    /// `redis://:PASSWORD@HOST:PORT/NUMBER`, or `redis+unix:///PATH`.
    pub(crate) url: String,
    /// What the keys begin with. All keys that begin like this are the mirror's.
    pub(crate) prefix: String,
    /// How long Redis may take to connect, to take something, and to answer.
    pub(crate) timeout: Duration,
    /// How often Redis is asked whether it has lost anything, and the outbox whether others have
    /// left something there.
    pub(crate) check_every: Duration,
    /// How often Redis and the database are compared.
    pub(crate) sweep_every: Duration,
    /// Whether a Redis that shows another database, or somebody's keys, is taken over.
    pub(crate) takes_over: bool,
}

/// The mirror of a database in Redis. It ends when it is dropped; what is not in Redis then is in
/// the outbox.
pub(crate) struct Mirror {
    orders: Arc<Orders>,
    status: Arc<Status>,
}

impl Mirror {
    /// Starts to mirror this database. It need not be ready yet, and Redis need not be there.
    ///
    /// # Errors
    ///
    /// If a setting cannot be right, or a thread cannot be started.
    pub(crate) fn start(store: Store, settings: MirrorSettings) -> Result<Mirror, Error> {
        let target = Target::new(&settings.url, &settings.prefix, settings.timeout)?;
        let mirror = Mirror {
            orders: Arc::default(),
            status: Arc::new(Status::new()),
        };
        let (orders, status) = (Arc::clone(&mirror.orders), Arc::clone(&mirror.status));
        let target = Arc::new(target);
        let thread = thread::Builder::new().name("routing-mirror".to_owned());
        thread.spawn(move || {
            keep_running(&orders, &status, || {
                let (orders, status) = (Arc::clone(&orders), Arc::clone(&status));
                let target = Arc::clone(&target);
                Worker::new(store.clone(), target, &settings, orders, status).run();
            });
        })?;
        Ok(mirror)
    }

    /// Says that something was committed that Redis has to get.
    pub(crate) fn poke(&self) {
        self.orders.poke();
    }

    /// Waits until Redis has got what this row of the outbox is about, or a newer one of its domain,
    /// from whichever process. Who waits for it says how long; it may be for ever.
    pub(crate) fn live(&self, outbox_id: u64, domain: &str) -> impl Future<Output = ()> + use<> {
        let told = self.orders.wait_for(outbox_id, domain);
        async move {
            if told.await.is_err() {
                // The mirror has ended, and nobody will tell.
                std::future::pending::<()>().await;
            }
        }
    }

    /// How the mirror is doing.
    pub(crate) fn report(&self) -> Report {
        self.status.report()
    }

    /// Compares Redis with the database, and repairs what differs. It begins after this is called;
    /// what was committed before is in Redis afterwards.
    ///
    /// # Errors
    ///
    /// If Redis or the database fails meanwhile (503): the sweep that is needed then comes later.
    pub(crate) fn sweep(&self) -> impl Future<Output = Result<Report, Error>> + use<> {
        let told = self.orders.ask();
        async move {
            told.await
                .unwrap_or_else(|_| Err(Error::new(503, "the sweep was broken off, try again")))
        }
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.orders.end();
    }
}
