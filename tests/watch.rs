//! `micro run --watch`: what is edited is served, what is broken is told and changes nothing.

#[path = "support/program.rs"]
mod program;
#[path = "support/watched.rs"]
mod watched;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use program::{DEADLINE, Lines, PING, Process, folder, free_port, get, program, run};
use rustix::process::Signal;
use watched::Watched;

/// `PING`, at another path.
fn ping(path: &str) -> String {
    PING.replace("/ping$", path)
}

/// Waits until this text can be had at a path, and nothing else.
#[track_caller]
fn wait_for_pong(address: SocketAddr, path: &str) {
    let start = Instant::now();
    while !get(address, path).ends_with("{\"ping\":\"pong\"}") {
        assert!(start.elapsed() < DEADLINE, "{path} does not answer");
        std::thread::yield_now();
    }
}

#[test]
fn an_edited_definition_is_served() {
    for arguments in [&["a.micro", "--watch"][..], &["run", "--watch", "a.micro"]] {
        let watched = Watched::start(folder(&[("a.micro", PING)]), arguments);
        watched.assert_pong("/ping");
        watched.write("a.micro", &ping("/other$"));
        watched.find_change("a.micro");
        watched.assert_pong("/other");
        watched.assert_nothing("/ping");
        // Editors write another file and give it the name.
        watched.write("a.micro~", &ping("/third$"));
        std::fs::rename(watched.path("a.micro~"), watched.path("a.micro"))
            .expect("a file can be renamed");
        watched.find_change("a.micro");
        watched.assert_pong("/third");
        watched.end();
    }
}

#[test]
fn a_broken_definition_is_told_and_the_old_goes_on() {
    let watched = Watched::start(folder(&[("a.micro", PING)]), &["a.micro", "--watch"]);
    watched.write("a.micro", &PING.replace("ping.ping", "ping.pong"));
    watched.find_errors("a.micro changed");
    let (code, _, diagnostics) = run(watched.folder.path(), &["check", "a.micro"]);
    assert_eq!(code, 1);
    assert!(diagnostics.starts_with("error: unknown handler `ping.pong`\n"));
    for line in diagnostics.lines() {
        assert_eq!(watched.complaints.find(line), line);
    }
    watched.assert_pong("/ping");
    std::fs::remove_file(watched.path("a.micro")).expect("a file can be removed");
    watched.find_errors("a.micro removed");
    watched.complaints.find("error: cannot read `a.micro`: ");
    watched.assert_pong("/ping");
    watched.write("a.micro", &ping("/repaired$"));
    watched.find_change("a.micro");
    watched.assert_pong("/repaired");
    watched.end();
}

#[test]
fn a_definition_that_is_broken_from_the_start_is_waited_for() {
    let files = folder(&[(
        "a.micro",
        "SERVER a 0 host=127.0.0.1\nROUTE /ping$\nGET ping.pong\n",
    )]);
    let repair = |folder: &Path, complaints: &Lines| {
        complaints.find("error: unknown handler `ping.pong`");
        complaints.find("nothing is served yet: waiting for a change");
        std::fs::write(folder.join("a.micro"), PING).expect("a file can be written");
    };
    let watched = Watched::start_and(files, &["a.micro", "--watch"], &[], repair);
    watched.assert_pong("/ping");
    watched.end();
}

#[test]
fn a_port_that_is_taken_from_the_start_is_waited_for() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = taken.local_addr().expect("it is bound").port();
    let definition = PING.replace("useless 0", &format!("useless {port}"));
    let change = |folder: &Path, complaints: &Lines| {
        let told = "error: server `useless` cannot listen on ";
        let waiting = "nothing is served yet: waiting for a change";
        complaints.find(told);
        complaints.find(waiting);
        std::fs::write(folder.join("a.micro"), definition.clone() + "# again\n")
            .expect("a file can be written");
        complaints.find(told);
        complaints.find(waiting);
        std::fs::write(folder.join("a.micro"), PING).expect("a file can be written");
    };
    let files = folder(&[("a.micro", &definition)]);
    let watched = Watched::start_and(files, &["a.micro", "--watch"], &[], change);
    watched.assert_pong("/ping");
    watched.write("a.micro", &ping("/other$"));
    watched.find_change("a.micro");
    watched.assert_pong("/other");
    watched.end();
}

#[test]
fn who_waits_for_a_change_can_be_ended() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = taken.local_addr().expect("it is bound").port();
    let definition = PING.replace("useless 0", &format!("useless {port}"));
    let broken = PING.replace("ping.ping", "ping.pong");
    for definition in [definition, broken] {
        for signal in [Signal::TERM, Signal::INT] {
            let files = folder(&[("a.micro", &definition)]);
            let mut command = program();
            command
                .args(["a.micro", "--watch"])
                .current_dir(files.path());
            let mut process = Process::start(command.stdout(Stdio::null()).stderr(Stdio::piped()));
            let complaints = Lines::of(process.child.stderr.take().expect("it is piped"));
            complaints.find("nothing is served yet: waiting for a change");
            process.signal(signal);
            assert_eq!(process.wait().signal(), Some(signal.as_raw()));
        }
    }
}

#[test]
fn imports_are_watched_also_those_that_are_missing() {
    let with_import = format!("{PING}IMPORT parts.more\n");
    let files = [
        ("a.micro", with_import.as_str()),
        ("parts/more.micro", "ROUTE /more$\nGET ping.ping\n"),
    ];
    let watched = Watched::start(folder(&files), &["a.micro", "--watch"]);
    watched.assert_pong("/more");
    watched.write("parts/more.micro", "ROUTE /edited$\nGET ping.ping\n");
    watched.find_change("parts/more.micro");
    watched.assert_pong("/edited");
    watched.write("a.micro", &format!("{with_import}IMPORT missing\n"));
    watched.find_errors("a.micro changed");
    watched
        .complaints
        .find("error: no file `missing` to import");
    watched.write("missing.micro", "ROUTE /found$\nGET ping.ping\n");
    watched.find_change("missing.micro");
    watched.assert_pong("/found");
    // It comes before `parts/more.micro`.
    watched.write("parts.more.micro", "ROUTE /nearer$\nGET ping.ping\n");
    watched.find_change("parts.more.micro");
    watched.assert_pong("/nearer");
    watched.assert_nothing("/edited");
    watched.end();
}

#[test]
fn files_of_settings_are_watched() {
    let (first, second) = (free_port(), free_port());
    let definition = format!("CONFIG pass.word\n{PING}");
    let port = |port| format!("server.useless.port={port}\n");
    let files = [
        ("a.micro", definition.as_str()),
        ("settings", &port(first)),
        ("secret", "one"),
    ];
    let arguments = ["a.micro", "--config", "settings", "--watch"];
    let variables = [("PASS_WORD_FILE", "secret")];
    let watched = Watched::start_with(folder(&files), &arguments, &variables);
    assert_eq!(watched.address.port(), first);
    watched.write("settings", &port(second));
    watched.find_change("settings");
    let moved = SocketAddr::from(([127, 0, 0, 1], second));
    wait_for_pong(moved, "/ping");
    assert!(TcpStream::connect(watched.address).is_err());
    watched.write("secret", "another");
    watched.find_change("secret");
    watched.write("settings", "server.useless.prot=1\n");
    watched.find_errors("settings changed");
    watched
        .complaints
        .find("error: unknown setting `server.useless.prot`");
    wait_for_pong(moved, "/ping");
    watched.end();
}

#[test]
fn the_last_of_quick_writes_is_served() {
    let watched = Watched::start(folder(&[("a.micro", PING)]), &["a.micro", "--watch"]);
    for version in 0..200 {
        watched.write("a.micro", &ping(&format!("/{version}$")));
    }
    wait_for_pong(watched.address, "/199");
    watched.assert_nothing("/198");
    watched.end();
}

#[test]
fn what_cannot_be_served_is_told() {
    let watched = Watched::start(folder(&[("a.micro", PING)]), &["a.micro", "--watch"]);
    let taken = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = taken.local_addr().expect("it is bound");
    let more = PING.replace("useless 0", &format!("more {}", address.port()));
    watched.write("a.micro", &(PING.to_owned() + &more));
    watched
        .log
        .find("> a.micro changed, but the new service cannot be served: the old one goes on");
    watched.complaints.find(&format!(
        "error: server `more` cannot listen on {address}: "
    ));
    watched.assert_pong("/ping");
    watched.end();
}

#[test]
fn warnings_are_shown_and_the_level_of_the_log_follows() {
    let watched = Watched::start(folder(&[("a.micro", PING)]), &["a.micro", "--watch"]);
    // The second of two alike routes is never reached.
    let definition = format!("LOG level=debug\n{PING}ROUTE /ping$\nGET ping.ping\n");
    watched.write("a.micro", &definition);
    watched.find_change("a.micro");
    watched.complaints.find("warning: ");
    watched.assert_pong("/ping");
    watched.log.find("[DEBUG]");
    watched.write("a.micro", &format!("LOG name=other level=debug\n{PING}"));
    watched
        .log
        .find("taken from the definition at the start only");
    watched.find_change("a.micro");
    watched.end();
}

/// Makes a pipe with a name.
#[track_caller]
fn make_pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status();
    assert!(made.expect("there is `mkfifo`").success());
}

#[test]
fn a_pipe_is_read_once_and_never_again() {
    for is_watched in [false, true] {
        let files = folder(&[("settings", "")]);
        let pipe = files.path().join("a.micro");
        make_pipe(&pipe);
        let arguments = ["a.micro", "--config", "settings", "--watch"];
        let arguments = &arguments[..if is_watched { 4 } else { 3 }];
        let fill = |_: &Path, _: &Lines| {
            // Whoever writes waits until it is read.
            std::fs::write(&pipe, PING).expect("it can be written");
        };
        let watched = Watched::start_and(files, arguments, &[], fill);
        watched.assert_pong("/ping");
        if is_watched {
            watched.complaints.find(
                "warning: `a.micro` is no regular file: it is not watched, and cannot be read again",
            );
            watched.write("settings", "# edited\n");
            watched.find_errors("settings changed");
            watched
                .complaints
                .find("error: cannot read `a.micro`: it is no regular file");
            watched.assert_pong("/ping");
        }
        watched.end();
    }
}

#[test]
fn what_has_become_a_pipe_is_refused_until_it_is_a_file_again() {
    let with_import = format!("CONFIG pass.word\n{PING}IMPORT more\n");
    let files = [
        ("a.micro", with_import.as_str()),
        ("more", ""),
        ("secret", "one"),
        ("settings", ""),
    ];
    let arguments = ["a.micro", "--config", "settings", "--watch"];
    let variables = [("PASS_WORD_FILE", "secret")];
    let watched = Watched::start_with(folder(&files), &arguments, &variables);
    make_pipe(&watched.path("pipe"));
    for (name, text) in files {
        let path = watched.path(name);
        std::fs::rename(watched.path("pipe"), &path).expect("it can be renamed");
        watched.find_errors(&format!("{name} removed"));
        watched.complaints.find("error: ");
        watched.assert_pong("/ping");
        std::fs::rename(&path, watched.path("pipe")).expect("it can be renamed");
        watched.write(name, text);
        watched.find_change(name);
    }
    watched.end();
}

/// The names of a process's threads.
fn threads(process: &Process) -> Vec<String> {
    let folder = format!("/proc/{}/task", process.child.id());
    let tasks = Path::new(&folder).read_dir().expect("the process is there");
    let names = tasks.filter_map(|task| {
        let name = task.expect("it can be listed").path().join("comm");
        std::fs::read_to_string(name).ok()
    });
    names.map(|name| name.trim().to_owned()).collect()
}

#[test]
fn nobody_looks_unless_asked_to() {
    let watching = "micro-watch".to_owned();
    let watched = Watched::start(folder(&[("a.micro", PING)]), &["a.micro", "--watch"]);
    watched.assert_pong("/ping");
    assert!(threads(&watched.process).contains(&watching));
    watched.end();
    let usual = Watched::start(folder(&[("a.micro", PING)]), &["a.micro"]);
    usual.assert_pong("/ping");
    assert!(!threads(&usual.process).contains(&watching));
    usual.end();
}
