//! A database that handlers use, and the threads that work in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use micro_api::Config;

use crate::address::Database;
use crate::alarms::Alarms;
use crate::answer::Answer;
use crate::driver::Access;
use crate::limits::Limits;
use crate::line::Line;
use crate::patience::Patience;
use crate::term::Term;
use crate::work::{Work, work};
use crate::{Error, ErrorKind, Schema, Transaction, reader, writer};

type Queue = Sender<Box<dyn Work>>;

/// A database that handlers use. Clones are the same database; when the last of them goes, what
/// somebody waits for is still done.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    database: Database,
    writes: Queue,
    reads: Queue,
    snapshots: Arc<AtomicUsize>,
    alarms: Arc<Alarms>,
    limits: Limits,
}

impl Store {
    /// The database with this name in the definition, with these tables in it. Nothing waits for it
    /// to be opened: see [`ready`](Store::ready).
    ///
    /// # Errors
    ///
    /// If there is no such DATABASE line, or a thread cannot be started.
    pub fn open(config: &Config, name: &str, schema: Schema) -> Result<Store, Error> {
        let database = Database::of(config, name)?;
        let limits = Limits::of(config, name)?;
        let (writes, queue) = bounded(limits.waiting_max);
        let line = Line::new(database.clone(), Access::Write, Some(schema));
        start(name, "writer", move || {
            writer::run(line, &queue, limits.group_max);
        })?;
        let (reads, queue) = bounded(limits.waiting_max);
        for _ in 0..limits.readers_max {
            let line = Line::new(database.clone(), Access::Read, None);
            let queue: Receiver<_> = queue.clone();
            start(name, "reader", move || reader::run(line, &queue))?;
        }
        Ok(Store {
            shared: Arc::new(Shared {
                name: name.to_owned(),
                database,
                writes,
                reads,
                snapshots: Arc::default(),
                alarms: Alarms::start(name)?,
                limits,
            }),
        })
    }

    /// Opens the database, if it is not open yet, and brings its tables up to date. A service asks
    /// for it in SETUP, and does not start without. It may be awaited for as long as that takes.
    pub fn ready(&self) -> Answer<()> {
        self.write(|_| Ok(())).within(Duration::MAX)
    }

    /// Changes something. The answer comes when the change is on the disk. The work may be done
    /// several times until then, if others are at the same rows, or if other work that is committed
    /// with it fails; only the last time counts. If it returns an error, nothing was changed. If the
    /// answer is dropped before the work is begun, it is not done.
    ///
    /// All changes are made on one thread, one after another: work does not wait for anything but its
    /// statements, and does nothing that makes changes final by itself, as changes of tables do on a
    /// server.
    pub fn write<T, F>(&self, job: F) -> Answer<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_>) -> Result<T, Error> + Send + 'static,
    {
        let (piece, answer) = work(self.patience(true), false, job);
        ask(&self.shared.writes, piece);
        answer
    }

    /// Changes much, as [`write`](Store::write) does, but in a transaction with nothing else: for work
    /// that takes long, which should not be done again because of others, nor they because of it.
    pub fn write_alone<T, F>(&self, job: F) -> Answer<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_>) -> Result<T, Error> + Send + 'static,
    {
        let (piece, answer) = work(self.patience(true), true, job);
        ask(&self.shared.writes, piece);
        answer
    }

    /// Reads something, as it was at one moment after this was called. What was acknowledged before
    /// is seen.
    pub fn read<T, F>(&self, job: F) -> Answer<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_>) -> Result<T, Error> + Send + 'static,
    {
        let (piece, answer) = work(self.patience(false), false, job);
        ask(&self.shared.reads, piece);
        answer
    }

    /// Reads as [`read`](Store::read) does, on a thread and a connection of its own: for work that
    /// takes long, or waits for others between its statements. [`Limits::snapshots_max`] at once, each
    /// for [`Limits::snapshot_timeout`]: after that the next row or statement fails. It is awaited for
    /// as long.
    pub fn snapshot<T, F>(&self, job: F) -> Answer<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_>) -> Result<T, Error> + Send + 'static,
    {
        let limit = self.shared.limits.snapshot_timeout;
        let (mut piece, answer) = work(self.patience(false), false, job);
        let answer = answer.within(limit);
        let Some(turn) = Turn::take(&self.shared.snapshots, self.shared.limits.snapshots_max)
        else {
            piece.tell(Err(busy("several snapshots are being read already")));
            return answer;
        };
        let mut line = Line::new(self.shared.database.clone(), Access::Read, None);
        let term = Term::of_snapshot(&self.shared.name, limit);
        let started = start("snapshot", "reader", move || {
            let _turn = turn;
            let result = reader::read(&mut line, piece.as_mut(), Some(&term));
            piece.tell(result);
        });
        if let Err(error) = started {
            // The answer says that the database was closed; this says why.
            log::warn!("{error}");
        }
        answer
    }

    fn patience(&self, is_change: bool) -> Patience {
        Patience {
            limit: self.shared.limits.answer_timeout,
            is_change,
            alarms: Arc::clone(&self.shared.alarms),
        }
    }
}

/// Puts work in a queue, if there is room.
fn ask(queue: &Queue, piece: Box<dyn Work>) {
    match queue.try_send(piece) {
        Ok(()) => {}
        Err(TrySendError::Full(piece)) => {
            piece.tell(Err(busy("too much work is waiting for the database")));
        }
        // A thread that ended has dropped its end.
        Err(TrySendError::Disconnected(piece)) => {
            let why = "the threads of the database have ended";
            piece.tell(Err(Error::new(ErrorKind::Broken, why)));
        }
    }
}

fn busy(why: &str) -> Error {
    Error::new(ErrorKind::Busy, why)
}

fn start(name: &str, role: &str, run: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let thread = thread::Builder::new().name(format!("{name}-{role}"));
    thread.spawn(run).map(drop).map_err(|error| {
        let why = format!("no thread for the database `{name}` can be started: {error}");
        Error::new(ErrorKind::Busy, why)
    })
}

/// One of the snapshots that may be read at once.
struct Turn(Arc<AtomicUsize>);

impl Turn {
    fn take(count: &Arc<AtomicUsize>, most: usize) -> Option<Turn> {
        if count.fetch_add(1, Ordering::Relaxed) < most {
            return Some(Turn(Arc::clone(count)));
        }
        count.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
