//! A thread that reads a database, beside the one that changes it.

use crossbeam_channel::Receiver;

use crate::driver::{Access, Connection};
use crate::line::Line;
use crate::work::Work;
use crate::{Error, ErrorKind, Transaction};

/// Does work until nobody can ask for more.
pub(crate) fn run(mut line: Line, queue: &Receiver<Box<dyn Work>>) {
    while let Ok(mut piece) = queue.recv() {
        let result = read(&mut line, piece.as_mut());
        piece.tell(result);
    }
}

/// Does one piece of work; once more, if the connection turns out to be lost.
pub(crate) fn read(line: &mut Line, piece: &mut dyn Work) -> Result<(), Error> {
    match attempt(line, piece) {
        Err(error) if error.kind() == ErrorKind::Unavailable => attempt(line, piece),
        result => result,
    }
}

fn attempt(line: &mut Line, piece: &mut dyn Work) -> Result<(), Error> {
    let connection = line.connection()?;
    let result = see(connection, piece);
    if let Err(error) = &result
        && (connection.rollback().is_err() || error.is_retryable())
    {
        line.hang_up();
    }
    result
}

fn see(connection: &mut dyn Connection, piece: &mut dyn Work) -> Result<(), Error> {
    connection.begin(Access::Read)?;
    match piece.run(&mut Transaction::new(connection)) {
        Err(error) if error.is_retryable() => Err(error),
        // What the work found wrong is its own answer.
        _ => connection.commit(),
    }
}
