//! Apps that write all the time, while their file is made read-only and writable again.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::super::until;
use super::Bound;
use crate::tools;

// Writes until its input ends. Says when it can and when it cannot, and how often it could.
const PROGRAM: &str = r#"
import sqlite3, sys, threading, time

def connect():
    return sqlite3.connect(sys.argv[1], isolation_level=None, timeout=1)

is_over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), is_over.set())).start()
database = connect()
count, is_let = 0, False
while not is_over.is_set():
    # Others have to have a chance.
    time.sleep(0.001)
    try:
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO t (x) VALUES (randomblob(2000))")
        database.execute("DELETE FROM t WHERE rowid BETWEEN 2 AND last_insert_rowid() - 50")
        database.execute("UPDATE counted SET n = n + 1")
        database.execute("COMMIT")
        count += 1
        if not is_let:
            print("let", flush=True)
        is_let = True
    except sqlite3.OperationalError as error:
        if "readonly" in str(error):
            if is_let:
                print("refused", flush=True)
            is_let = False
        elif "locked" not in str(error):
            raise
        database.close()
        database = connect()
print(count)
"#;

struct Writer {
    process: Child,
    output: BufReader<ChildStdout>,
}

impl Writer {
    fn start(path: &Path) -> Writer {
        let mut command = Command::new("python3");
        command.args(["-c", PROGRAM]).arg(path);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("it is there");
        let output = process.stdout.take().expect("it is piped");
        Writer {
            process,
            output: BufReader::new(output),
        }
    }

    fn next(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it is text");
        line.trim_end().to_owned()
    }

    /// How often it has written.
    fn end(mut self) -> u64 {
        drop(self.process.stdin.take());
        self.next().parse().expect("it is a number")
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn what_apps_write_meanwhile_stays_whole() {
    for mode in ["DELETE", "PERSIST", "WAL"] {
        if !tools::has("python3", &["--version"]) {
            return;
        }
        let bound = Bound::make();
        let mut app = bound.app().expect("there is a Python");
        app.run(&format!("PRAGMA journal_mode = {mode}"));
        assert_eq!(app.run("CREATE TABLE t (x BLOB)"), "");
        assert_eq!(app.run("CREATE TABLE counted (n INT)"), "");
        assert_eq!(app.run("INSERT INTO counted VALUES (0)"), "");
        assert_eq!(app.run("INSERT INTO t VALUES (zeroblob(70000))"), "");
        let path = bound.path(&bound.bind);
        let mut writers: Vec<Writer> = (0..3).map(|_| Writer::start(&path)).collect();
        let (small, large) = (bound.provisioner("64KiB"), bound.provisioner("1GiB"));
        let is_closed = || {
            let trouble = bound.find_trouble(&*small);
            trouble.is_some_and(|why| why.contains(": it is read-only until"))
        };
        for _ in 0..10 {
            assert_eq!(bound.find_trouble(&*large), None);
            for writer in &mut writers {
                assert_eq!(writer.next(), "let", "{mode}");
            }
            until(is_closed);
            for writer in &mut writers {
                assert_eq!(writer.next(), "refused", "{mode}");
            }
        }
        let count: u64 = writers.into_iter().map(Writer::end).sum();
        assert_eq!(app.run("SELECT n FROM counted"), count.to_string());
        assert_eq!(app.run("PRAGMA integrity_check"), "ok", "{mode}");
    }
}
