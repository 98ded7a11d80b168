//! Keys with a prefix.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redis::cmd;

use super::lines::Line;
use super::users::escaped;
use crate::provisioner::{Failure, Label};

/// How many keys Redis looks at before it answers.
const SLICE: u32 = 1000;

/// Deletions that were not done in time, and go on where they have stopped: among many keys of others,
/// they would not come to an end otherwise.
#[derive(Default)]
pub(super) struct Deletions(Mutex<BTreeMap<String, Stop>>);

/// Where the keys have been looked through to.
struct Stop {
    /// The run of the server: after another start, its cursors mean other keys.
    run: String,
    cursor: u64,
}

impl Deletions {
    /// Deletes all keys that begin so. What is not done in time is done the next times. Nobody may
    /// write such keys any more.
    pub(super) fn delete(&self, line: &mut Line, prefix: &str) -> Result<(), Failure> {
        let run = run(line)?;
        let stop = self.stops().remove(prefix);
        let stop = stop.filter(|stop| stop.run == run);
        let mut cursor = stop.map_or(0, |stop| stop.cursor);
        let done = scan(line, prefix, &mut cursor, |line, keys| {
            if !keys.is_empty() {
                line.ask::<()>(cmd("UNLINK").arg(keys))?;
            }
            Ok(ControlFlow::Continue(()))
        });
        if done.is_err() {
            self.stops().insert(prefix.to_owned(), Stop { run, cursor });
        }
        done
    }

    fn stops(&self) -> MutexGuard<'_, BTreeMap<String, Stop>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many keys begin so, unless there are too many to count.
pub(super) fn count(line: &mut Line, prefix: &str, most: usize) -> Result<Option<usize>, Failure> {
    let mut count = 0;
    scan(line, prefix, &mut 0, |_, keys| {
        count += keys.len();
        Ok(match count > most {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })
    })?;
    Ok((count <= most).then_some(count))
}

/// The instances that have keys, and whose names begin so.
pub(super) fn owners(line: &mut Line, prefix: &str) -> Result<BTreeSet<String>, Failure> {
    let mut owners = BTreeSet::new();
    scan(line, prefix, &mut 0, |_, keys| {
        let names = keys.iter().filter_map(|key| {
            let end = key.iter().position(|&byte| byte == b':')?;
            str::from_utf8(&key[..end]).ok()
        });
        let names = names.filter(|name| Label::new(name).is_some());
        owners.extend(names.map(str::to_owned));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(owners)
}

/// What tells this run of the server from others.
fn run(line: &mut Line) -> Result<String, Failure> {
    let told: String = line.ask(cmd("INFO").arg("server"))?;
    let run = told.lines().find_map(|line| line.strip_prefix("run_id:"));
    let run = run.ok_or_else(|| Failure::for_now("it does not tell its `run_id`"))?;
    Ok(run.to_owned())
}

/// Shows `see` the keys that begin so, slice by slice; some perhaps twice. The cursor is left at the
/// first slice that has not been seen.
fn scan(
    line: &mut Line,
    prefix: &str,
    cursor: &mut u64,
    mut see: impl FnMut(&mut Line, &[Vec<u8>]) -> Result<ControlFlow<()>, Failure>,
) -> Result<(), Failure> {
    let pattern = format!("{}*", escaped(prefix));
    loop {
        let mut command = cmd("SCAN");
        command
            .arg(*cursor)
            .arg("MATCH")
            .arg(&pattern)
            .arg("COUNT")
            .arg(SLICE);
        let (next, keys): (u64, Vec<Vec<u8>>) = line.ask(&command)?;
        if see(line, &keys)?.is_break() || next == 0 {
            return Ok(());
        }
        *cursor = next;
    }
}
