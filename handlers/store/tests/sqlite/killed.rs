//! A process that is killed while it writes: what it acknowledged is there.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::Place;

/// Says in which folder this process shall write, if it is the one that is killed.
const FOLDER: &str = "MICRO_TEST_FOLDER";
/// What names begin with in this round.
const ROUND: &str = "MICRO_TEST_ROUND";
const ROUNDS: u64 = 50;
const CLIENTS: u64 = 8;

/// Writes names, and says each one that was acknowledged, until it is killed.
#[test]
fn writes_until_it_is_killed() {
    let (Some(folder), Ok(round)) = (std::env::var_os(FOLDER), std::env::var(ROUND)) else {
        return;
    };
    let names = Place::sqlite_in(Path::new(&folder)).names();
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (names, round) = (&names, &round);
            scope.spawn(move || {
                for index in 0.. {
                    let name = format!("{round}-{client}-{index}");
                    names.insert(&name).wait().expect("it is new");
                    // In one piece, and at once.
                    let mut out = std::io::stdout();
                    let said = out.write_all(format!("\ndone {name}\n").as_bytes());
                    said.and_then(|()| out.flush()).expect("it is heard");
                }
            });
        }
    });
}

/// Kills a process that writes after so many names, and a while: the names that it acknowledged.
fn kill_one(folder: &Path, round: u64) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().expect("it is known"));
    command.args([
        "--exact",
        "killed::writes_until_it_is_killed",
        "--nocapture",
    ]);
    command.env(FOLDER, folder).env(ROUND, round.to_string());
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut done = Vec::new();
    let mut hear = |line: Option<std::io::Result<String>>| {
        let line = line?.ok()?;
        done.extend(line.strip_prefix("done ").map(str::to_owned));
        Some(done.len() as u64)
    };
    while hear(lines.next()).is_some_and(|count| count < round * 7 % 50 + 1) {}
    // Somewhere within the next commits.
    std::thread::park_timeout(Duration::from_micros(round * 7919 % 5000));
    child.kill().expect("it is our child");
    while hear(lines.next()).is_some() {}
    child.wait().expect("it is our child");
    done
}

#[test]
fn what_was_acknowledged_is_there() {
    let place = Place::sqlite();
    let folder = place.folder.as_ref().expect("it is a file").path();
    let mut acknowledged = Vec::new();
    for round in 1..=ROUNDS {
        let done = kill_one(folder, round);
        assert!(!done.is_empty(), "it wrote");
        acknowledged.extend(done);
        let all: HashSet<String> = place.names().all().into_iter().collect();
        let lost: Vec<_> = acknowledged
            .iter()
            .filter(|name| !all.contains(*name))
            .collect();
        assert!(lost.is_empty(), "round {round}: {lost:?}");
    }
    let file = rusqlite::Connection::open(folder.join("test.db")).expect("it is there");
    let sound: String = file
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("it can be checked");
    assert_eq!(sound, "ok");
}
