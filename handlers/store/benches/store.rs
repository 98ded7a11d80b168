//! What durable writes and reads cost with 1, 8 and 64 requests at a time, beside one commit for each
//! request: `cargo bench -p micro-store --bench store`, and with the URL of an empty database behind
//! `--` on a server of MySQL as well.
//!
//! CPU time is that of the whole process: of who asks, and of the database's threads.

use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

use micro_api::Config;
use micro_store::{Answer, Error, Limits, Migration, Schema, Sql, Store, values};

const SCHEMA: Schema = Schema {
    pack: "bench",
    migrations: &[Migration {
        name: "entries",
        statements: &[Sql::each(
            "CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, name TEXT, backends TEXT)",
            "CREATE TABLE IF NOT EXISTS entry (
                id BIGINT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(100), backends TEXT
            )",
        )],
    }],
};

const INSERT: &str = "INSERT INTO entry (name, backends) VALUES (?, ?)";
const FIND: &str = "SELECT name, backends FROM entry WHERE id = ?";
const NAME: &str = "some.domain.example.org";
const BACKENDS: &str = r#"["http://127.0.0.1:8080","http://127.0.0.1:8081"]"#;

const AT_ONCE: [usize; 3] = [1, 8, 64];
const ROUND: Duration = Duration::from_secs(1);
const ROUNDS: usize = 3;

/// What something costs: how often it was done in a second, and microseconds of CPU time for it.
#[derive(Clone, Copy)]
struct Cost {
    rate: f64,
    cpu: f64,
}

fn main() {
    // Cargo adds options of its own.
    let url = std::env::args()
        .skip(1)
        .find(|argument| argument.starts_with("mysql:"));
    // On a disk, as the target folder is: where temporary files go may be memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"));
    let folder = folder.expect("a temporary folder can be made in the target folder");
    compare(folder.path());
    measure_reads(
        "sqlite",
        &open(&sqlite_url(&folder.path().join("reads.db"))),
    );
    if let Some(url) = url {
        let store = open(&url);
        for at_once in AT_ONCE {
            print(
                "mysql, write",
                at_once,
                median(|| write_for(&store, at_once)),
            );
        }
        measure_reads("mysql", &store);
    }
}

fn sqlite_url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

fn open(url: &str) -> Store {
    open_with(url, Limits::default().group_max)
}

/// A database that commits at most so many changes together.
fn open_with(url: &str, group_max: usize) -> Store {
    let config = Config::new([
        ("database.bench.url", url.to_owned()),
        ("database.bench.group_max", group_max.to_string()),
    ]);
    let store = Store::open(&config, "bench", SCHEMA).expect("its threads start");
    store.ready().wait().expect("it opens");
    store
}

/// Group commit, and beside it a commit for each request, round by round.
fn compare(folder: &Path) {
    let store = open(&sqlite_url(&folder.join("groups.db")));
    let single = open_with(&sqlite_url(&folder.join("single.db")), 1);
    for at_once in AT_ONCE {
        let mut grouped = Vec::new();
        let mut alone = Vec::new();
        for _ in 0..ROUNDS {
            grouped.push(write_for(&store, at_once));
            alone.push(write_for(&single, at_once));
        }
        let (grouped, alone) = (middle(grouped), middle(alone));
        print("sqlite, group commit", at_once, grouped);
        print("sqlite, one commit each", at_once, alone);
        let (rate, cpu) = (grouped.rate / alone.rate, alone.cpu / grouped.cpu);
        println!("{:<26}{at_once:>5}{rate:>11.1}x{cpu:>9.1}x", "  the ratio");
    }
}

fn measure_reads(name: &str, store: &Store) {
    store
        .write(|transaction| transaction.execute(INSERT, &values![NAME, BACKENDS]))
        .wait()
        .expect("it is done");
    for at_once in AT_ONCE {
        let cost = median(|| measure(at_once, || read(store), wait));
        print(&format!("{name}, read"), at_once, cost);
    }
}

fn write_for(store: &Store, at_once: usize) -> Cost {
    let write = || store.write(|transaction| transaction.insert(INSERT, &values![NAME, BACKENDS]));
    measure(at_once, write, wait)
}

fn read(store: &Store) -> Answer<Option<(String, String)>> {
    store.read(|transaction| {
        transaction.find(FIND, &values![1], |row| Ok((row.take(0)?, row.take(1)?)))
    })
}

fn wait<T>(answer: Answer<T>) {
    let done: Result<T, Error> = answer.wait();
    done.expect("it is done");
}

/// Asks for so many at once, for a while.
fn measure<A>(at_once: usize, ask: impl Fn() -> A, wait: impl Fn(A)) -> Cost {
    let (begin, cpu) = (Instant::now(), cpu_seconds());
    let mut asked: VecDeque<A> = (0..at_once).map(|_| ask()).collect();
    let mut count = 0;
    while begin.elapsed() < ROUND {
        wait(asked.pop_front().expect("something was asked for"));
        asked.push_back(ask());
        count += 1;
    }
    count += asked.len();
    asked.into_iter().for_each(wait);
    Cost {
        rate: count as f64 / begin.elapsed().as_secs_f64(),
        cpu: (cpu_seconds() - cpu) * 1e6 / count as f64,
    }
}

fn median(measure: impl Fn() -> Cost) -> Cost {
    middle((0..ROUNDS).map(|_| measure()).collect())
}

fn middle(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    costs[costs.len() / 2]
}

fn print(what: &str, at_once: usize, cost: Cost) {
    println!(
        "{what:<26}{at_once:>5}{:>10.0}/s{:>8.1} us",
        cost.rate, cost.cpu
    );
}

/// CPU time of all threads of this process.
fn cpu_seconds() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").expect("there are tasks");
    let used = tasks.filter_map(|task| {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    used.sum::<f64>() / 1e9
}
