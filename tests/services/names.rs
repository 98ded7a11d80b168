//! Names whose addresses change, or are not told: in a namespace of its own, where a test may write
//! `/etc/hosts` and `/etc/resolv.conf`.

use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use micro::Micro;
use micro_api::{CallErrorKind, blocking, join_all};

use super::caller::Caller;
use super::nginx::Nginx;
use super::program::{Process, folder};
use super::tools;

/// Says that this process is the one in the namespace.
const INSIDE: &str = "MICRO_TEST_HAS_OWN_NAMES";

#[test]
fn a_name_that_gets_another_address() {
    if tools::has("nginx", &["-v"]) {
        inside("names::a_name_that_gets_another_address", call_by_name);
    }
}

#[test]
fn names_that_nobody_tells_hold_up_nothing_else() {
    inside(
        "names::names_that_nobody_tells_hold_up_nothing_else",
        call_by_names_that_hang,
    );
}

#[test]
fn an_address_that_was_known_serves_while_its_name_hangs() {
    inside(
        "names::an_address_that_was_known_serves_while_its_name_hangs",
        call_by_a_name_that_hangs_later,
    );
}

/// Runs the rest of a test in a namespace where it has an `/etc/hosts` and an `/etc/resolv.conf` of
/// its own.
fn inside(test: &str, rest: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return rest();
    }
    // What is lacking may be the right to do that, which nobody can install.
    if !tools::succeeds("unshare", &["--mount", "--pid", "--fork", "true"]) {
        return tools::leave_out("this process may not have an `/etc/hosts` of its own");
    }
    let folder = folder(&[("hosts", ""), ("resolv.conf", "")]);
    let program = std::env::current_exe().expect("a process has a program");
    let mut command = Command::new("unshare");
    command
        // Whatever it has started ends with it.
        .args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-c"])
        .arg(
            "mount --bind \"$0/hosts\" /etc/hosts \
             && mount --bind \"$0/resolv.conf\" /etc/resolv.conf \
             && exec \"$1\" --exact \"$2\" --nocapture",
        )
        .arg(folder.path())
        .arg(program)
        .arg(test)
        .env(INSIDE, "1")
        .stdin(Stdio::null())
        // Its count of tests is not one of this process.
        .stdout(Stdio::null());
    let mut process = Process::start(&mut command);
    assert!(process.wait().success());
}

/// A server of names that takes questions, and never answers. Each test has its own.
fn silent_names(address: &str) -> UdpSocket {
    let silent = UdpSocket::bind((address, 53)).expect("the address is free");
    let server = format!("nameserver {address}\noptions timeout:30 attempts:1\n");
    std::fs::write("/etc/resolv.conf", server).expect("it is ours");
    silent
}

fn call_by_a_name_that_hangs_later() {
    let _silent = silent_names("127.0.0.8");
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let port = listener.local_addr().expect("it has one").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("it is there");
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nhere");
        }
    });
    let hosts = |text: &str| std::fs::write("/etc/hosts", text).expect("it is ours");
    hosts("127.0.0.1 backend.test\n");
    let url = format!("http://backend.test:{port}");
    let mut caller = Caller::with(&url, &["RESOURCE where /"], &[("name_ttl", "0")]);
    assert_eq!(caller.text("where"), "here");
    hosts("");
    let begin = Instant::now();
    assert_eq!(caller.text("where"), "here");
    let took = begin.elapsed();
    assert!(took >= Duration::from_millis(400), "it is known: {took:?}");
    // Nobody waits for the thread that still asks.
    std::process::exit(0);
}

fn call_by_names_that_hang() {
    let _silent = silent_names("127.0.0.9");
    const COUNT: usize = 40;
    let connections = (0..COUNT).flat_map(|number| {
        let url = format!("http://name{number}.test");
        let line = format!("CONNECTION c{number} {url} timeout=200ms");
        [line, "RESOURCE get /".to_owned()]
    });
    let lines: Vec<String> = connections
        .chain(["SERVER test 0 host=127.0.0.1".to_owned()])
        .collect();
    let micro = Micro::new().lines(lines.iter().map(String::as_str));
    let mut running = micro.start().expect("it starts");
    let calls = (0..COUNT).map(|number| {
        let connection = running.connection(&format!("c{number}"));
        let get = connection.and_then(|connection| connection.resource("get"));
        get.expect("it is declared").call(())
    });
    let calls: Vec<_> = calls.collect();
    let begin = Instant::now();
    let failed = running.wait(join_all(calls)).expect("the loop goes on");
    for failed in failed {
        let failed = failed.expect_err("it has no address");
        assert_eq!(failed.kind(), CallErrorKind::Timeout, "{failed}");
    }
    let done = running.wait(blocking(|| 7)).expect("the loop goes on");
    assert_eq!(done.ok(), Some(7));
    // The names are still being asked for.
    assert!(begin.elapsed() < Duration::from_secs(15));
    // Nobody waits for the threads that do.
    std::process::exit(0);
}

fn call_by_name() {
    // Connections are kept, and lead nowhere else than they did.
    let server = "server { listen @host:@port; return 200 @host; }";
    let first = start("127.0.0.2", server, None);
    let port = first.port();
    let second = start("127.0.0.3", server, Some(first.ports()));
    let hosts = |address| {
        let text = format!("127.0.0.1 localhost\n{address} backend.test\n");
        std::fs::write(Path::new("/etc/hosts"), text).expect("it is ours");
    };
    let url = format!("http://backend.test:{port}");
    let lines = ["RESOURCE where /"];
    let mut each_time = Caller::with(&url, &lines, &[("name_ttl", "0")]);
    let mut soon = Caller::with(&url, &lines, &[("name_ttl", "100ms")]);
    let mut late = Caller::with(&url, &lines, &[("name_ttl", "1h")]);
    hosts("127.0.0.2");
    for caller in [&mut each_time, &mut soon, &mut late] {
        assert_eq!(caller.text("where"), "127.0.0.2");
    }
    hosts("127.0.0.3");
    assert_eq!(each_time.text("where"), "127.0.0.3");
    let begin = std::time::Instant::now();
    while soon.text("where") != "127.0.0.3" {
        assert!(
            begin.elapsed() < super::program::DEADLINE,
            "it is still the first"
        );
    }
    assert_eq!(late.text("where"), "127.0.0.2");
    drop((first, second));
}

fn start(host: &str, server: &str, ports: Option<[u16; 3]>) -> Nginx {
    let pick = || ports.unwrap_or_else(|| [(); 3].map(|()| super::program::free_port()));
    Nginx::at(host, pick, server, &[]).expect("it was looked for")
}
