//! The program with modules in Rust and in C under valgrind: no invalid access, nothing lost, and
//! nothing that grows with the number of requests. Functions that leak on purpose are left out.
//!
//! A file of its own, because it needs a program that not every machine has: `scripts/test` installs
//! it and asks for this test with `MICRO_TEST_ALL`.

#[path = "support/library.rs"]
mod library;
#[path = "support/program.rs"]
mod program;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use program::{DEADLINE, Process, folder};
use rustix::process::Signal;

/// What valgrind ends with if it has found something.
const FOUND: &str = "99";
/// How often everything is asked for.
const ROUNDS: usize = 8;

/// How much larger buffers may be after more rounds: far below the bytes of all requests.
const GROWN_MAX: usize = 64 << 10;

const HEAD: &str = "\
CONFIG faults.name default=name
CONFIG faults.close default=panic
CONFIG faults.task default=bomb
CONFIG faults.turn default=panic
CONFIG service.color default=red
CONFIG spawning.name default=name
SETUP faults.setup
SETUP service.ready_later
TASK panics faults.task
TASK busy service.fails_busy
TASK pending service.pending
TASK done service.done_busy
TASK unknown service.unknown
USER service.turn
USER faults.turn
TEARDOWN faults.teardown
TEARDOWN service.ready_later
WRAP mark faults.mark
WRAP before faults.before
WRAP after faults.after
WRAP cancel faults.cancel
WRAP made_up faults.made_up
WRAP promises faults.promises
WRAP stamp service.stamp
WRAP user service.user
WRAP closed_door service.closed_door
WRAP lost service.lost
WRAP shortcut service.shortcut
SERVER test 0 host=127.0.0.1
";

/// Functions that are asked for, and what else stands on their lines.
const FUNCTIONS: &[&str] = &[
    "faults.plain",
    "faults.later",
    "faults.count",
    "faults.count_later",
    "faults.fields",
    "faults.echo",
    "faults.user wrap=mark",
    "faults.thread",
    "faults.spawned",
    "faults.blocked",
    "faults.attach",
    "faults.dropped",
    "faults.twice",
    "faults.plain wrap=before",
    "faults.later wrap=after",
    "faults.hold wrap=cancel",
    "faults.promise wrap=cancel",
    "faults.hold timeout=5ms",
    "faults.promise timeout=5ms",
    "faults.keep_promises",
    "faults.keep wrap=mark",
    "faults.keep wrap=user",
    "faults.kept",
    "faults.thread_local",
    "faults.outlive",
    "faults.path wrap=made_up",
    "faults.tested",
    "faults.panic_waking",
    "answers.plain",
    "answers.twice",
    "answers.nothing",
    "answers.pending",
    "answers.pending_answered",
    "answers.unknown",
    "answers.status_0",
    "answers.status_huge",
    "answers.split",
    "answers.name_empty",
    "answers.framing",
    "answers.type_bytes",
    "answers.value_bytes",
    "answers.problem_bytes",
    "answers.failure_bytes",
    "answers.body_unknown",
    "answers.body_null",
    "answers.owned_null",
    "answers.stream_null",
    "answers.origin_unknown",
    "answers.problem_200",
    "answers.bare",
    "answers.bare_split",
    "answers.long_copy",
    "answers.long_static",
    "answers.long_owned",
    "answers.long_problem",
    "answers.long_type",
    "answers.long_type_static",
    "answers.long_name",
    "answers.long_value",
    "answers.long_headers",
    "bodies.echo",
    "bodies.stream",
    "bodies.stream_length",
    "bodies.stream_short",
    "bodies.stream_long",
    "bodies.stream_fails",
    "bodies.stream_fails_first",
    "bodies.stream_waits",
    "bodies.stream_unknown",
    "bodies.stream_huge",
    "service.color wrap=stamp",
    "service.settings",
    "service.peer",
    "service.whoami wrap=user",
    "service.attached",
    "service.color wrap=closed_door",
    "service.color wrap=lost",
    "service.color wrap=shortcut",
    "waiting.thread",
    "waiting.after",
    "waiting.blocking",
    "waiting.promised",
    "waiting.broken",
    "waiting.future",
    "waiting.future_at_once",
    "waiting.future_nothing",
    "waiting.future_unknown",
    "waiting.future_never timeout=5ms",
    "waiting.future_undroppable",
    "waiting.future_promises",
    "waiting.nested",
    "waiting.call",
    "spawning.name",
    "hello.echo",
];

/// Functions of one argument, its type, and values for it.
const ASKED: &[(&str, &str, &[&str])] = &[
    ("faults.panic", "", HOW),
    ("faults.panic_first", "", HOW),
    ("faults.panic_slept", "", HOW),
    ("faults.panic_woken", "", HOW),
    ("faults.panic_blocked", "", HOW),
    ("faults.panic_spawned", "", HOW),
    (
        "faults.stream",
        "",
        &[
            "well",
            "slow",
            "sized",
            "panic_first",
            "panic",
            "bomb",
            "error",
        ],
    ),
    ("faults.stream", "", &["drop", "length"]),
    (
        "faults.later wrap=promises",
        "",
        &["after", "between", "before", "half-way"],
    ),
    (
        "faults.converted",
        "faults.kind",
        &["good", "bad", "words:x", "number:x", "bomb:x"],
    ),
    ("service.setting", "", &["service.color", "none"]),
    ("service.argument", "service.even", &["4", "5"]),
    ("service.argument", "service.upper", &["word"]),
    ("service.argument", "service.halves", &["5", "nan"]),
    ("service.argument", "service.speechless", &["x"]),
    ("service.argument", "service.wordy", &["x"]),
    ("service.argument", "service.garbled", &["x"]),
    ("hello.greet", "", &["ann"]),
];
const HOW: &[&str] = &["words", "number", "bomb"];

/// The names of the arguments that some functions read.
fn argument(function: &str) -> &'static str {
    match function {
        "service.setting" | "hello.greet" => "name",
        "faults.converted" | "service.argument" => "value",
        _ => "how",
    }
}

fn definition() -> String {
    let mut lines = HEAD.to_owned();
    for (at, function) in FUNCTIONS.iter().enumerate() {
        lines += &format!("ROUTE /{at}$\nPOST {function}\n");
    }
    for (at, (function, kind, _)) in ASKED.iter().enumerate() {
        let argument = argument(function);
        lines += &format!("ROUTE /asked/{at}/{{{argument}}}$\n");
        if !kind.is_empty() {
            lines += &format!("ARG {kind}\n");
        }
        lines += &format!("POST {function}\n");
    }
    lines
}

fn paths() -> Vec<String> {
    let plain = (0..FUNCTIONS.len()).map(|at| format!("/{at}"));
    let asked = ASKED.iter().enumerate().flat_map(|(at, (_, _, values))| {
        let values = values.iter();
        values.map(move |value| format!("/asked/{at}/{value}"))
    });
    plain.chain(asked).collect()
}

fn request(path: &str, more: &str) -> String {
    let body = "{\"a\": [1, \"two\"]}";
    format!(
        "POST {path} HTTP/1.1\r\nHost: test\r\nX-User: ann\r\nContent-Type: \
         application/json\r\nContent-Length: {}\r\n{more}\r\n{body}",
        body.len()
    )
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the service listens");
    let set = stream.set_read_timeout(Some(DEADLINE));
    set.expect("a timeout can be set");
    stream
}

/// Asks for everything once, one after another: answers whole and cut, and then for peers that go.
fn ask_for_everything(address: SocketAddr) {
    for path in paths() {
        let mut stream = connect(address);
        let asked = request(&path, "Connection: close\r\n");
        let sent = stream.write_all(asked.as_bytes());
        sent.expect("the service takes it");
        let mut answer = Vec::new();
        // Those that are cut end with an error.
        if stream.read_to_end(&mut answer).is_ok() {
            let answer = String::from_utf8_lossy(&answer);
            assert!(answer.starts_with("HTTP/1.1 "), "{path}: {answer}");
        }
    }
    let pipeline = ["/0", "/1", "/0"].map(|path| request(path, "")).concat();
    let streams = paths().into_iter().map(|path| {
        let mut stream = connect(address);
        let asked = pipeline.clone() + &request(&path, "");
        let sent = stream.write_all(asked.as_bytes());
        sent.expect("the service takes it");
        let socket = socket2::SockRef::from(&stream);
        let set = socket.set_linger(Some(Duration::ZERO));
        set.expect("a socket may be reset");
        stream
    });
    streams.for_each(drop);
}

/// What is left at the end: bytes and blocks by the way in which they are.
#[derive(Debug, Default)]
struct Left {
    lost: [usize; 2],
    reachable: [usize; 2],
}

impl Left {
    fn parse(told: &str) -> Left {
        let mut left = Left::default();
        for line in told.lines() {
            let Some((_, rest)) = line.split_once("== ") else {
                continue;
            };
            let Some((kind, numbers)) = rest.trim().split_once(": ") else {
                continue;
            };
            let numbers = || {
                let words = numbers.split(' ').map(|word| word.replace(',', ""));
                let mut numbers = words.filter_map(|word| word.parse::<usize>().ok());
                [(); 2].map(|()| numbers.next().expect("bytes and blocks"))
            };
            let into = match kind {
                "definitely lost" | "indirectly lost" => &mut left.lost,
                "possibly lost" | "still reachable" => &mut left.reachable,
                _ => continue,
            };
            let [bytes, blocks] = numbers();
            into[0] += bytes;
            into[1] += blocks;
        }
        left
    }
}

/// Serves everything so many times, under valgrind.
fn serve(folder: &Path, modules: &Path, rounds: usize) -> Left {
    let told = folder.join(format!("{rounds}.valgrind"));
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=memcheck", "--leak-check=full", "--num-callers=30"])
        .args(["--errors-for-leak-kinds=definite,indirect"])
        .arg(format!("--error-exitcode={FOUND}"))
        .arg(format!("--log-file={}", told.display()))
        .arg(env!("CARGO_BIN_EXE_micro"))
        .args(["a.micro", "--modules"])
        .arg(modules)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut process = Process::start(&mut command);
    let log = process.lines();
    let address = log.address();
    for _ in 0..rounds {
        ask_for_everything(address);
    }
    wait_for_threads(process.child.id());
    process.signal(Signal::TERM);
    let ended = process.wait();
    let told = std::fs::read_to_string(told).expect("valgrind says what it has found");
    assert_eq!(ended.code(), Some(0), "{told}");
    assert!(told.contains("ERROR SUMMARY: 0 errors"), "{told}");
    let left = Left::parse(&told);
    assert_eq!(left.lost, [0, 0], "{told}");
    left
}

/// Waits until a process has no threads but that of the loop and that of the log: what others have
/// left depends on how many there happened to be. Those of the program wait 10 seconds for work.
fn wait_for_threads(process: u32) {
    let begin = Instant::now();
    let threads = || std::fs::read_dir(format!("/proc/{process}/task"));
    while threads().expect("the process is there").count() > 2 {
        assert!(begin.elapsed() < DEADLINE, "threads that never end");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn modules_touch_and_lose_no_memory_that_is_not_theirs() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        let is_asked_for = std::env::var_os("MICRO_TEST_ALL").is_some();
        assert!(!is_asked_for, "there is no valgrind");
        // Not with `eprintln`, which a test that passes keeps to itself.
        let said = "left out: modules_touch_and_lose_no_memory_that_is_not_theirs, \
                    because there is no valgrind\n";
        std::io::stderr()
            .write_all(said.as_bytes())
            .expect("it can be said");
        return;
    }
    let modules = library::all_of_c("valgrind");
    std::fs::copy(library::faults(), modules.join("libfaults.so")).expect("it can be copied");
    let definition = definition();
    let folder = folder(&[("a.micro", &definition)]);
    // One beside the other, if there are two cores.
    let (few, many) = std::thread::scope(|scope| {
        let few = scope.spawn(|| serve(folder.path(), &modules, ROUNDS));
        let many = serve(folder.path(), &modules, 3 * ROUNDS);
        (few.join().expect("it has found nothing"), many)
    });
    println!("{few:?}, {many:?}");
    assert!(few.reachable[1] > 0, "the log, at least, is left");
    // What each round leaves makes as many blocks more as there are rounds more. Buffers of the
    // log and the loop may have grown to another size.
    let [bytes, blocks] = [0, 1].map(|at| many.reachable[at].saturating_sub(few.reachable[at]));
    assert!(
        blocks < 2 * ROUNDS,
        "{blocks} blocks more: {few:?}, {many:?}"
    );
    assert!(bytes < GROWN_MAX, "{bytes} bytes more: {few:?}, {many:?}");
}
