//! The program as a process: how it starts, what signals do, and what it does without a log.

#[path = "support/program.rs"]
mod program;

use std::fs::File;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;

use program::{DEADLINE, Lines, PING, Process, folder, free_port, get, program, run_command};
use rustix::process::Signal;

/// Serves `PING`, with the log in a pipe, and says where.
fn serve(arguments: &[&str], folder: &tempfile::TempDir) -> (Process, Lines, SocketAddr) {
    let mut command = program();
    command.args(arguments).current_dir(folder.path());
    let mut process = Process::start(command.stdout(Stdio::piped()));
    let lines = process.lines();
    let address = lines.address();
    (process, lines, address)
}

fn is_pong(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n{\"ping\":\"pong\"}")
}

#[track_caller]
fn assert_pong(address: SocketAddr) {
    let answer = get(address, "/ping");
    assert!(is_pong(&answer), "{answer}");
}

#[test]
fn a_file_is_served_until_a_signal_ends_it() {
    let folder = folder(&[("ping.micro", PING)]);
    for arguments in [&["ping.micro"][..], &["run", "ping.micro"]] {
        for signal in [Signal::TERM, Signal::INT] {
            let (process, lines, address) = serve(arguments, &folder);
            assert_pong(address);
            lines.find("GET /ping 200");
            process.end(signal);
            lines.find(" micro> ended");
            assert!(TcpStream::connect(address).is_err());
        }
    }
}

#[test]
fn the_environment_says_the_port() {
    let folder = folder(&[("ping.micro", &PING.replace("useless 0", "useless 12345"))]);
    let mut command = program();
    command.arg("ping.micro").current_dir(folder.path());
    command
        .env("SERVER_USELESS_PORT", "0")
        .stdout(Stdio::piped());
    let mut process = Process::start(&mut command);
    let address = process.lines().address();
    assert_ne!(address.port(), 12345);
    assert_pong(address);
    process.end(Signal::TERM);
}

#[test]
fn the_definition_may_come_from_the_standard_input() {
    let mut command = program();
    command
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut process = Process::start(&mut command);
    let mut input = process.child.stdin.take().expect("it is piped");
    input.write_all(PING.as_bytes()).expect("it is read");
    drop(input);
    assert_pong(process.lines().address());
    process.end(Signal::TERM);
}

#[test]
fn what_is_at_work_is_finished_within_the_grace_time() {
    let definition = "SERVER later 0 host=127.0.0.1\nROUTE /{seconds:float}$\nGET later.sleep\n";
    let folder = folder(&[("later.micro", definition)]);
    let (mut process, lines, address) = serve(&["later.micro", "--grace", "50ms"], &folder);
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\nGET /60 HTTP/1.1\r\nHost: a\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("it is taken");
    // Requests of a connection are read together, so once one is answered, the other is at work.
    lines.find("GET /nothing 404");
    process.signal(Signal::TERM);
    lines.find("cut 1 connection: ");
    assert_eq!(process.wait().code(), Some(0));
}

#[test]
fn a_second_signal_ends_at_once() {
    let definition = "SERVER later 0 host=127.0.0.1\nROUTE /{seconds:float}$\nGET later.sleep\n";
    let folder = folder(&[("later.micro", definition)]);
    let (mut process, lines, address) = serve(&["later.micro"], &folder);
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\nGET /60 HTTP/1.1\r\nHost: a\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("it is taken");
    lines.find("GET /nothing 404");
    process.signal(Signal::INT);
    lines.find("ending");
    process.signal(Signal::INT);
    assert_eq!(process.wait().code(), Some(0));
}

#[test]
fn a_signal_switches_debug_messages() {
    let folder = folder(&[("ping.micro", PING)]);
    let (process, lines, _) = serve(&["ping.micro"], &folder);
    process.signal(Signal::USR1);
    assert!(
        lines
            .find("log level set to")
            .ends_with("log level set to DEBUG")
    );
    process.signal(Signal::USR1);
    assert!(
        lines
            .find("log level set to")
            .ends_with("log level set to INFO")
    );
    process.end(Signal::TERM);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folder = folder(&[("ping.micro", PING)]);
    let (process, _lines, address) = serve(&["ping.micro"], &folder);
    let mut second = program();
    second.arg("ping.micro").current_dir(folder.path());
    second.env("SERVER_USELESS_PORT", address.port().to_string());
    let (code, _, stderr) = run_command(&mut second);
    let expected = format!(
        "error: server `useless` cannot listen on {address}: Address already in use (os error 98)\n"
    );
    assert_eq!((code, stderr), (1, expected));
    assert_pong(address);
    process.end(Signal::TERM);
}

#[test]
fn what_was_killed_starts_again_at_the_same_port() {
    let folder = folder(&[("ping.micro", PING)]);
    let (mut process, _lines, address) = serve(&["ping.micro"], &folder);
    let _open = TcpStream::connect(address).expect("it listens");
    assert_pong(address);
    process.signal(Signal::KILL);
    assert_eq!(process.wait().code(), None);
    let mut command = program();
    command.arg("ping.micro").current_dir(folder.path());
    command.env("SERVER_USELESS_PORT", address.port().to_string());
    let mut process = Process::start(command.stdout(Stdio::piped()));
    assert_eq!(process.lines().address(), address);
    assert_pong(address);
    process.end(Signal::TERM);
}

/// Serves with standard output and error arranged by a line of shell, at a port that is asked for
/// because nobody may read it.
#[track_caller]
fn serves_behind(redirection: &str) {
    // The unused name makes a warning, which is written before the first request.
    let definition = format!("CONFIG unused.name\n{PING}");
    let folder = folder(&[("ping.micro", &definition)]);
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let mut command = std::process::Command::new("sh");
    let script = format!("exec \"$0\" ping.micro -v {redirection}");
    command.args(["-c", &script]).arg(program().get_program());
    command.env_clear().current_dir(folder.path());
    command.env("SERVER_USELESS_PORT", address.port().to_string());
    let process = Process::start(command.stdin(Stdio::null()));
    for _ in 0..10 {
        assert_pong(address);
    }
    process.end(Signal::TERM);
}

#[test]
fn a_closed_output_does_not_end_it() {
    serves_behind(">&-");
    serves_behind("2>&-");
    serves_behind(">&- 2>&- <&-");
}

#[test]
fn a_full_disk_does_not_end_it() {
    serves_behind(">/dev/full");
    serves_behind(">/dev/full 2>/dev/full");
}

#[test]
fn a_reader_that_has_read_enough_does_not_end_it() {
    let folder = folder(&[("ping.micro", PING)]);
    let mut command = program();
    command.args(["ping.micro"]).current_dir(folder.path());
    let mut process = Process::start(command.stdout(Stdio::piped()));
    let mut output = process.child.stdout.take().expect("it is piped");
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        let mut byte = [0];
        std::io::Read::read_exact(&mut output, &mut byte).expect("a line comes");
        line.extend(byte);
    }
    drop(output);
    let address = Lines::of(std::io::Cursor::new(line)).address();
    for _ in 0..10 {
        assert_pong(address);
    }
    process.end(Signal::TERM);
}

#[test]
fn a_reader_that_does_not_read_holds_nobody() {
    let folder = folder(&[("ping.micro", PING)]);
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let mut command = program();
    command.args(["ping.micro"]).current_dir(folder.path());
    command.env("SERVER_USELESS_PORT", address.port().to_string());
    let process = Process::start(command.stdout(Stdio::piped()));
    assert_pong(address);
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream
        .set_write_timeout(Some(DEADLINE))
        .expect("it can be set");
    // More lines than the 64 KiB that the pipe takes.
    let request = "GET /ping HTTP/1.1\r\nHost: test\r\n\r\n";
    let mut reader = std::io::BufReader::new(stream.try_clone().expect("a second handle"));
    reader
        .get_ref()
        .set_read_timeout(Some(DEADLINE))
        .expect("it can be set");
    for _ in 0..2000 {
        stream.write_all(request.as_bytes()).expect("it is taken");
        read_answer(&mut reader);
    }
    process.end(Signal::TERM);
}

fn read_answer(reader: &mut impl std::io::BufRead) {
    let mut answer = String::new();
    while !answer.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut answer).expect("a line comes"), 0);
    }
    let mut body = [0; "{\"ping\":\"pong\"}".len()];
    reader.read_exact(&mut body).expect("the body is whole");
}

#[test]
fn the_log_may_go_to_a_file() {
    let folder = folder(&[("ping.micro", PING)]);
    let path = folder.path().join("log");
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let mut command = program();
    command.args(["ping.micro"]).current_dir(folder.path());
    command.env("SERVER_USELESS_PORT", address.port().to_string());
    command.stdout(File::create(&path).expect("a file can be made"));
    let process = Process::start(&mut command);
    assert_pong(address);
    process.end(Signal::TERM);
    let log = std::fs::read_to_string(&path).expect("the log is there");
    assert!(log.contains("GET /ping 200"), "{log}");
    assert!(
        log.ends_with("ended\n"),
        "the last line is written, too:\n{log}"
    );
}
