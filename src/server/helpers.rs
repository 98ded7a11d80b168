//! Threads for work that blocks: started when there is work, gone when there is none for a while.

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use micro_api::host::contain;

type Work = Box<dyn FnOnce() + Send>;

/// How many threads may block at once; further work waits in line.
pub(super) const THREADS_MAX: usize = 16;
/// How long a thread waits for more work before it ends.
const IDLE: Duration = Duration::from_secs(10);

/// The helper threads of one loop.
#[derive(Clone, Default)]
pub(super) struct Helpers {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    line: Mutex<Line>,
    arrival: Condvar,
}

#[derive(Default)]
struct Line {
    work: VecDeque<Work>,
    threads: usize,
    idle: usize,
}

impl Helpers {
    /// Has the work done by a thread.
    pub(super) fn run(&self, work: Work) {
        let mut line = self.shared.lock();
        line.work.push_back(work);
        if line.idle >= line.work.len() {
            self.shared.arrival.notify_one();
        } else if line.threads < THREADS_MAX {
            match self.start() {
                Ok(()) => line.threads += 1,
                Err(error) if line.threads > 0 => log::warn!("no further helper thread: {error}"),
                Err(error) => {
                    // Dropping the work tells whoever waits for it that it will not be done.
                    log::error!("no helper thread can be started: {error}");
                    let dropped = mem::take(&mut line.work);
                    drop(line);
                    drop(dropped);
                }
            }
        }
    }

    fn start(&self) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let builder = thread::Builder::new().name("micro-helper".to_owned());
        builder.spawn(move || shared.help()).map(drop)
    }
}

impl Shared {
    fn help(&self) {
        let mut line = self.lock();
        loop {
            if let Some(work) = line.work.pop_front() {
                drop(line);
                if let Err(panic) = contain(work) {
                    log::error!("a panic escaped from blocking work: {panic}");
                }
                line = self.lock();
                continue;
            }
            line.idle += 1;
            let (again, wait) = self
                .arrival
                .wait_timeout(line, IDLE)
                .unwrap_or_else(PoisonError::into_inner);
            line = again;
            line.idle -= 1;
            if wait.timed_out() && line.work.is_empty() {
                line.threads -= 1;
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        // Work runs outside of the lock, and nothing under it panics.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
