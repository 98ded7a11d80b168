//! The thread that changes a database: what waits together is committed together.
//!
//! A commit has to reach the disk, which takes as long for one change as for many. So all work that
//! came in while the last commit was on its way is done in one transaction, each piece behind a
//! savepoint of its own; it is acknowledged when the commit is. If the transaction as a whole fails,
//! its pieces are done one by one, so that none of them costs the others.

use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use crate::driver::{Access, Connection};
use crate::line::Line;
use crate::work::Work;
use crate::{Error, ErrorKind, Transaction};

/// How many pieces of work are committed together.
const GROUP_MAX: usize = 256;
/// For how long work is tried again whose rows somebody else was changing.
const TRY_FOR: Duration = Duration::from_secs(2);

type Piece = Box<dyn Work>;

/// Does work until nobody can ask for more.
pub(crate) fn run(mut line: Line, queue: &Receiver<Piece>) {
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        group.extend(queue.try_iter().take(GROUP_MAX - 1));
        commit(&mut line, group);
    }
}

fn commit(line: &mut Line, mut group: Vec<Piece>) {
    let mut result = attempt(line, &mut group);
    if is_lost(&result) {
        // The server may have been started anew since we last spoke to it.
        result = attempt(line, &mut group);
    }
    match result {
        Ok(()) => tell_all(group, &Ok(())),
        Err(ref error) if group.len() == 1 && error.kind() != ErrorKind::Busy => {
            tell_all(group, &result);
        }
        // One by one would take as long for each, and might be done already.
        Err(ref error) if is_nobody_there(error) => tell_all(group, &result),
        Err(_) => commit_each(line, group),
    }
}

fn commit_each(line: &mut Line, group: Vec<Piece>) {
    let mut result = Ok(());
    for piece in group {
        let mut alone = vec![piece];
        if !matches!(&result, Err(error) if is_nobody_there(error)) {
            result = persist(line, &mut alone);
        }
        tell_all(alone, &result);
    }
}

/// Tries as long as others are at the same rows.
fn persist(line: &mut Line, group: &mut [Piece]) -> Result<(), Error> {
    let start = Instant::now();
    loop {
        match attempt(line, group) {
            Err(error) if error.kind() == ErrorKind::Busy && start.elapsed() < TRY_FOR => {}
            result => return result,
        }
    }
}

fn is_lost(result: &Result<(), Error>) -> bool {
    matches!(result, Err(error) if error.kind() == ErrorKind::Unavailable)
}

fn is_nobody_there(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Uncertain)
}

/// Does all of the group in one transaction.
fn attempt(line: &mut Line, group: &mut [Piece]) -> Result<(), Error> {
    let connection = line.connection()?;
    let result = transact(connection, group);
    if let Err(error) = &result
        && (connection.rollback().is_err() || is_nobody_there(error))
    {
        line.hang_up();
    }
    result
}

fn transact(connection: &mut dyn Connection, group: &mut [Piece]) -> Result<(), Error> {
    connection.begin(Access::Write)?;
    for piece in group {
        connection.execute("SAVEPOINT piece", &[])?;
        match piece.run(&mut Transaction::new(connection)) {
            Ok(()) => connection.execute("RELEASE SAVEPOINT piece", &[])?,
            Err(error) if connection.survives(error.kind()) => {
                connection.execute("ROLLBACK TO SAVEPOINT piece", &[])?
            }
            Err(error) => return Err(error),
        };
    }
    connection.commit()
}

fn tell_all(group: Vec<Piece>, result: &Result<(), Error>) {
    for piece in group {
        piece.tell(result.as_ref().copied().map_err(Error::share));
    }
}
