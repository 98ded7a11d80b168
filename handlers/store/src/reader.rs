//! A thread that reads a database, beside the one that changes it.

use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use crate::driver::{Access, Connection};
use crate::line::{Line, is_lost, is_nobody_there, turn_away};
use crate::term::Term;
use crate::work::Work;
use crate::{Error, ErrorKind, Transaction};

/// Does work until nobody can ask for more.
pub(crate) fn run(mut line: Line, queue: &Receiver<Box<dyn Work>>) {
    while let Ok(mut piece) = queue.recv() {
        if !piece.stage().is_wanted() {
            continue;
        }
        let begin = Instant::now();
        let result = read(&mut line, piece.as_mut(), None);
        if let Err(error) = &result
            && is_nobody_there(error)
        {
            turn_away(queue, error, begin);
        }
        piece.tell(result);
    }
}

/// Does one piece of work; once more, if the connection turns out to be lost.
pub(crate) fn read(
    line: &mut Line,
    piece: &mut dyn Work,
    term: Option<&Term>,
) -> Result<(), Error> {
    let begin = Instant::now();
    let result = attempt(line, piece, term);
    if is_lost(&result, begin) {
        return attempt(line, piece, term);
    }
    result
}

fn attempt(line: &mut Line, piece: &mut dyn Work, term: Option<&Term>) -> Result<(), Error> {
    let long_query = line.long_query();
    let connection = line.connection()?;
    let result = see(connection, piece, long_query, term);
    if let Err(error) = &result
        && (is_nobody_there(error) || connection.rollback().is_err())
    {
        line.hang_up();
    }
    result
}

fn see(
    connection: &mut dyn Connection,
    piece: &mut dyn Work,
    long_query: Duration,
    term: Option<&Term>,
) -> Result<(), Error> {
    connection.begin(Access::Read)?;
    if !piece.stage().begin() {
        return connection.rollback();
    }
    let mut transaction = Transaction::new(connection, long_query).with_term(term);
    // What the work found wrong is its own answer.
    let _ = piece.run(&mut transaction);
    transaction.end()?;
    connection.commit().map_err(certain)
}

// Nothing was changed that could be there or not.
fn certain(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Uncertain => Error::new(ErrorKind::Unavailable, error.to_string()),
        _ => error,
    }
}
