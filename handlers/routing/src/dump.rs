//! The handlers that save and restore a whole database, in lines of JSON.

use std::ops::ControlFlow;
use std::time::Duration;

use micro_api::{BodySender, Error, Reply, Request, blocking, serde_json};
use micro_store::{ErrorKind, Transaction};

use crate::backends::Limits;
use crate::line::Line;
use crate::mappings::{self, Mapping};
use crate::query::Query;
use crate::routing::Routing;

/// How large the pieces of an export are, in bytes.
const PIECE_BYTES: usize = 64 * 1024;
/// How long an import may take: a little less than the definition gives it, so that who asked for it
/// is told what has become of it.
const IMPORT_TIMEOUT: Duration = Duration::from_secs(590);

/// All mappings as they are at one moment, the oldest first, a line each.
pub(crate) async fn export(routing: &Routing, request: Request) -> Result<Reply, Error> {
    Query::read(&request, &[])?;
    let (sender, reply) = Reply::channel("application/x-ndjson");
    let (begin, begun) = oneshot::channel();
    let mut export = Export {
        begin: Some(begin),
        sender: Some(sender),
        piece: Vec::new(),
    };
    let answer = routing
        .store
        .snapshot(move |transaction| export.run(transaction));
    match begun.await {
        Ok(()) => Ok(reply),
        Err(_) => {
            answer.await?;
            Err(Error::internal("an export ended before it began"))
        }
    }
}

struct Export {
    /// Told when the database is there.
    begin: Option<oneshot::Sender<()>>,
    sender: Option<BodySender>,
    piece: Vec<u8>,
}

impl Export {
    fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<(), micro_store::Error> {
        let Some(begin) = self.begin.take() else {
            // What was sent cannot be taken back.
            return Err(broken("the database was lost in the middle of an export"));
        };
        // If nobody waits any more, sending will say so.
        let _ = begin.send(());
        let result = mappings::export(transaction, |mapping| self.add(&mapping));
        let result = result.and_then(|()| self.flush());
        let sender = self.sender.take();
        match (&result, sender) {
            (Ok(()), Some(sender)) => sender.finish(),
            (Err(error), Some(sender)) => sender.fail(Error::internal(error)),
            (_, None) => {}
        }
        result
    }

    fn add(&mut self, mapping: &Mapping) -> Result<ControlFlow<()>, micro_store::Error> {
        serde_json::to_writer(&mut self.piece, &mapping.exported())
            .map_err(|error| broken(&error.to_string()))?;
        self.piece.push(b'\n');
        if self.piece.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn flush(&mut self) -> Result<(), micro_store::Error> {
        let piece = std::mem::take(&mut self.piece);
        let Some(sender) = &mut self.sender else {
            return Ok(());
        };
        pollster::block_on(sender.send(piece)).map_err(|error| broken(&error.to_string()))
    }
}

fn broken(why: &str) -> micro_store::Error {
    micro_store::Error::new(ErrorKind::Broken, why)
}

/// Maps what the lines say, all of them or none. With `replace=true` nothing else stays.
pub(crate) async fn import(routing: &Routing, request: Request) -> Result<Reply, Error> {
    let query = Query::read(&request, &["replace", "wait"])?;
    let is_whole = expect_replace(&query)?;
    let wait = routing.expect_wait(&query)?;
    let (limits, most) = (routing.settings.limits, routing.settings.import_lines_max);
    let body = request.body().to_vec();
    // Others are answered while many lines are read.
    let lines = blocking(move || read_lines(&body, limits, most)).await??;
    if is_whole && lines.is_empty() {
        return Err(Error::new(400, EVERYTHING_GONE));
    }
    let changes = routing.changes(wait);
    let (imported, last) = routing
        .store
        .write_alone(move |transaction| mappings::import(transaction, changes, &lines, is_whole))
        .within(IMPORT_TIMEOUT)
        .await?;
    let is_live = routing.see_through(last.as_slice(), wait).await;
    let status = if is_live { 200 } else { 202 };
    Ok(Reply::json(&imported).with_status(status))
}

// It would rather be a file that was not found than what somebody wants.
const EVERYTHING_GONE: &str =
    "there are no lines: with `replace=true` nothing at all would be left";

fn expect_replace(query: &Query) -> Result<bool, Error> {
    match query.find("replace") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Error::new(
            400,
            "`replace` is unknown, expected `true` or `false`",
        )),
    }
}

fn read_lines(body: &[u8], limits: Limits, most: usize) -> Result<Vec<(u64, Line)>, Error> {
    let mut lines = Vec::new();
    for (number, line) in (1_u64..).zip(body.split(|b| *b == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        if lines.len() == most {
            let why = format!(
                "there are more than {most} lines, as many as an import may have \
                 (`routing.import_lines_max`)"
            );
            return Err(Error::new(413, why));
        }
        let line = Line::read(line, limits)
            .map_err(|malformed| malformed.within(format_args!("line {number}")))?;
        lines.push((number, line));
    }
    Ok(lines)
}
