//! The thread that changes a database: what waits together is committed together.
//!
//! A commit has to reach the disk, which takes as long for one change as for many. So all work that
//! came in while the last commit was on its way is done in one transaction, and acknowledged when the
//! commit is. If a piece fails that has changed something, all are done again, each behind a savepoint
//! of its own. If the transaction as a whole fails, its pieces are done one by one, so that none of
//! them costs the others. Large work is alone from the start. A piece that nobody waits for any more is not begun.

use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use crate::driver::{Access, Connection};
use crate::line::{Line, is_lost, is_nobody_there, turn_away};
use crate::work::Work;
use crate::{Error, ErrorKind, Transaction};

/// For how long work is tried again whose rows somebody else was changing.
const TRY_FOR: Duration = Duration::from_secs(2);
/// How long it waits before it tries again, at first; each time twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);
/// For how long one piece after another of a group is tried, if others are in its way.
const GROUP_TRY_FOR: Duration = Duration::from_secs(10);

type Piece = Box<dyn Work>;

/// Does work until nobody can ask for more, at most so many pieces together.
pub(crate) fn run(mut line: Line, queue: &Receiver<Piece>, group_max: usize) {
    let mut next = None;
    while let Some(first) = next.take().or_else(|| queue.recv().ok()) {
        let mut group = vec![first];
        next = gather(&mut group, queue, group_max);
        group.retain(|piece| piece.stage().is_wanted());
        if !group.is_empty() {
            commit(&mut line, group, queue);
        }
    }
}

/// Adds what may be done together with the first; gives what has to be done next, and alone.
fn gather(group: &mut Vec<Piece>, queue: &Receiver<Piece>, group_max: usize) -> Option<Piece> {
    if group[0].is_alone() {
        return None;
    }
    for piece in queue.try_iter().take(group_max - 1) {
        if piece.is_alone() {
            return Some(piece);
        }
        group.push(piece);
    }
    None
}

/// Does the work, and tells the results.
fn commit(line: &mut Line, mut group: Vec<Piece>, queue: &Receiver<Piece>) {
    let begin = Instant::now();
    let mut result = attempt(line, &mut group);
    if is_lost(&result, begin) {
        result = attempt(line, &mut group);
    }
    match result {
        Err(error) if is_nobody_there(&error) => {
            turn_away(queue, &error, begin);
            tell_all(group, Err(&error));
        }
        // One by one would find the same.
        Err(error) if group.len() == 1 && error.kind() != ErrorKind::Busy => {
            tell_all(group, Err(&error));
        }
        Err(_) => commit_each(line, group, begin),
        Ok(()) => tell_all(group, Ok(())),
    }
}

fn commit_each(line: &mut Line, group: Vec<Piece>, begin: Instant) {
    let mut result = Ok(());
    for piece in group {
        let mut alone = vec![piece];
        if goes_on(&result, begin) {
            result = persist(line, &mut alone);
        }
        tell_all(alone, result.as_ref().copied());
    }
}

/// Whether the next piece of a group is worth an attempt, after the last went like this.
fn goes_on(last: &Result<(), Error>, begin: Instant) -> bool {
    match last {
        Err(error) if is_nobody_there(error) => false,
        Err(error) if error.kind() == ErrorKind::Busy => begin.elapsed() < GROUP_TRY_FOR,
        _ => true,
    }
}

/// Tries as long as others are at the same rows.
fn persist(line: &mut Line, group: &mut [Piece]) -> Result<(), Error> {
    let begin = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        match attempt(line, group) {
            Err(error) if error.kind() == ErrorKind::Busy && begin.elapsed() < TRY_FOR => {
                thread::sleep(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            result => return result,
        }
    }
}

/// Does all of the group in one transaction.
fn attempt(line: &mut Line, group: &mut [Piece]) -> Result<(), Error> {
    let long_query = line.long_query();
    let connection = line.connection()?;
    let result = transact(connection, group, long_query);
    if let Err(error) = &result
        && (is_nobody_there(error) || connection.rollback().is_err())
    {
        line.hang_up();
    }
    result
}

fn transact(
    connection: &mut dyn Connection,
    group: &mut [Piece],
    long_query: Duration,
) -> Result<(), Error> {
    connection.begin(Access::Write)?;
    if run_together(connection, group, long_query)? {
        return connection.commit();
    }
    connection.rollback()?;
    if group.len() == 1 {
        return Ok(());
    }
    connection.begin(Access::Write)?;
    run_apart(connection, group, long_query)?;
    connection.commit()
}

/// Whether nothing has to be undone.
fn run_together(
    connection: &mut dyn Connection,
    group: &mut [Piece],
    long_query: Duration,
) -> Result<bool, Error> {
    for piece in group {
        if run_piece(connection, piece.as_mut(), long_query)? == Then::Undo {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Each piece may be undone alone, for which the database has to do more.
fn run_apart(
    connection: &mut dyn Connection,
    group: &mut [Piece],
    long_query: Duration,
) -> Result<(), Error> {
    for piece in group {
        connection.begin_piece()?;
        match run_piece(connection, piece.as_mut(), long_query)? {
            Then::Keep => connection.keep_piece()?,
            Then::Undo => connection.undo_piece()?,
        }
    }
    Ok(())
}

/// What shall be done with what a piece changed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Keep,
    Undo,
}

/// Fails if the transaction is over, or should be.
fn run_piece(
    connection: &mut dyn Connection,
    piece: &mut dyn Work,
    long_query: Duration,
) -> Result<Then, Error> {
    if !piece.stage().begin() {
        return Ok(Then::Keep);
    }
    let mut transaction = Transaction::new(connection, long_query);
    let result = piece.run(&mut transaction);
    let is_changed = transaction.end()?;
    match result {
        // What the work has found was overtaken by others: it wants to look again.
        Err(error) if error.kind() == ErrorKind::Busy => Err(error),
        Err(_) if is_changed => Ok(Then::Undo),
        _ => Ok(Then::Keep),
    }
}

fn tell_all(group: Vec<Piece>, result: Result<(), &Error>) {
    for piece in group {
        piece.tell(result.map_err(Error::share));
    }
}
