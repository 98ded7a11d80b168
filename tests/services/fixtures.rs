//! The servers that other tests rely upon: they end, come back, and keep what they should.

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::daemon::wait_for;
use super::mariadb::Mariadb;
use super::nginx::Nginx;
use super::program::{Process, free_port};
use super::redis::{Redis, Reply};

/// Has a test of this program keep its servers until it is killed.
const HELD: &str = "MICRO_TEST_HELD";

fn text(text: &str) -> Reply {
    Reply::Text(text.to_owned())
}

#[test]
fn nginx_leaves_a_port_that_somebody_has() {
    let somebody = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let taken = somebody.local_addr().expect("it is bound").port();
    let mut tries = 0;
    let pick = || {
        tries += 1;
        let first = if tries < 3 { taken } else { free_port() };
        [first, free_port(), free_port()]
    };
    let Some(nginx) = Nginx::at("127.0.0.1", pick, "server { listen @host:@port; }", &[]) else {
        return;
    };
    assert_ne!(nginx.port(), taken);
}

#[test]
fn redis_answers_what_it_has() {
    let Some(redis) = Redis::with_password("a secret") else {
        return;
    };
    assert_eq!(redis.command(&["SADD", "set", "b", "a"]), Reply::Number(2));
    assert_eq!(redis.members("set"), ["a", "b"]);
    assert_eq!(redis.keys("s*"), ["set"]);
    assert_eq!(redis.command(&["GET", "nothing"]), Reply::Nil);
    let Reply::Error(error) = redis.command(&["GET", "set"]) else {
        panic!("it has the wrong type");
    };
    assert!(error.starts_with("WRONGTYPE "), "{error}");
    assert_eq!(
        redis.url(),
        format!("redis://:a secret@127.0.0.1:{}", redis.port())
    );
}

#[test]
fn redis_comes_back_with_what_was_saved() {
    let Some(mut redis) = Redis::start() else {
        return;
    };
    let port = redis.port();
    redis.command(&["SET", "kept", "1"]);
    redis.save();
    redis.command(&["SET", "lost", "1"]);
    redis.stop();
    redis.start_again();
    assert_eq!(redis.keys("*"), ["kept"]);
    redis.pause();
    redis.kill();
    redis.start_empty();
    assert!(redis.keys("*").is_empty());
    redis.pause();
    redis.resume();
    assert_eq!(redis.command(&["PING"]), text("PONG"));
    assert_eq!(redis.port(), port);
}

#[test]
fn mariadb_comes_back_with_what_was_committed() {
    let Some(mut mariadb) = Mariadb::start() else {
        return;
    };
    let url = mariadb.create_database("things");
    let port = mariadb.port();
    assert_eq!(url, format!("mysql://root@127.0.0.1:{port}/things"));
    mariadb.execute("CREATE TABLE things.one (a INT, b TEXT); INSERT things.one VALUES (1, 'x')");
    mariadb.kill();
    mariadb.start_again();
    assert_eq!(mariadb.execute("SELECT * FROM things.one"), "1\tx\n");
    mariadb.pause();
    mariadb.resume();
    mariadb.stop();
    mariadb.start_again();
    assert_eq!(mariadb.execute("SELECT COUNT(*) FROM things.one"), "1\n");
}

#[test]
fn mariadb_lets_root_in_over_tcp() {
    let Some(mariadb) = Mariadb::shared() else {
        return;
    };
    let port = mariadb.port().to_string();
    let mut command = Command::new("mariadb");
    command.args(["--no-defaults", "--host=127.0.0.1", "--port", &port]);
    command.args(["--user=root", "--batch", "--skip-column-names"]);
    let done = command.args(["--execute", "SELECT USER()"]).output();
    let done = done.expect("there is `mariadb`");
    assert_eq!(String::from_utf8_lossy(&done.stdout), "root@127.0.0.1\n");
}

#[test]
fn servers_end_with_a_test_that_is_killed() {
    let (Some(redis), Some(mariadb)) = (Redis::start(), Mariadb::shared()) else {
        return;
    };
    if std::env::var_os(HELD).is_some() {
        hold(&redis, mariadb);
    }
    // The process alone, and it with all that it has started.
    for (signal, minus) in [("KILL", ""), ("TERM", "-")] {
        let mut command = Command::new(std::env::current_exe().expect("it runs"));
        let this = "fixtures::servers_end_with_a_test_that_is_killed";
        command.args(["--exact", this, "--nocapture"]).env(HELD, "");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut test = Process::start(command.process_group(0));
        let line = test.lines().find("held: ");
        let kill = format!("kill -{signal} {minus}{}", test.child.id());
        let killed = Command::new("sh").args(["-c", &kill]).status();
        assert!(killed.is_ok_and(|status| status.success()), "{kill}");
        let folders = line["held: ".len()..].split_once('\t').expect("two");
        for folder in [folders.0, folders.1] {
            wait_for("the servers to end", || !processes_name(folder));
            wait_for("their folders to go", || !Path::new(folder).exists());
        }
    }
}

/// Tells of the servers, and waits to be killed.
fn hold(redis: &Redis, mariadb: &Mariadb) -> ! {
    // What hangs hears of nothing but being killed.
    redis.pause();
    let (redis, mariadb) = (redis.folder(), mariadb.folder());
    println!("\nheld: {}\t{}", redis.display(), mariadb.display());
    std::io::stdout().flush().expect("it can be told");
    let _ = std::io::stdin().read_line(&mut String::new());
    panic!("it was not killed");
}

/// Whether a process has this in its command line.
fn processes_name(text: &str) -> bool {
    let processes = std::fs::read_dir("/proc").expect("there is /proc");
    processes.flatten().any(|process| {
        // It may have ended meanwhile.
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(text)
    })
}
