//! `micro run --watch` of a module in C: a library that is built anew is served anew, one that is
//! wrong is told of and changes nothing, and whoever waits for an answer gets it of the old one.

#[path = "support/library.rs"]
mod library;
#[path = "support/program.rs"]
mod program;
#[path = "support/watched.rs"]
mod watched;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use program::{DEADLINE, Lines, Process, copy_program, folder, program};
use rustix::process::Signal;
use tempfile::TempDir;
use watched::Watched;

const SOURCE: &str = "tests/modules/rebuilt.c";
const LIBRARY: &str = "librebuilt.so";
const DEFINITION: &str = "SERVER useless 0 host=127.0.0.1
  ROUTE /answer$
    GET rebuilt.answer
  ROUTE /wait$
    GET rebuilt.wait
";
const ARGUMENTS: &[&str] = &["a.micro", "--watch"];

/// Builds the module with this answer, and puts it where it belongs, as compilers do.
#[track_caller]
fn build(folder: &Path, answer: &str, more: &[&str]) {
    let new = folder.join("new");
    build_to(&new, folder, answer, more);
    fs::rename(new, folder.join(LIBRARY)).expect("a file can be renamed");
}

#[track_caller]
fn build_to(library: &Path, folder: &Path, answer: &str, more: &[&str]) {
    let mut arguments = vec![
        format!("-DANSWER=\"{answer}\""),
        format!("-DGATE=\"{}\"", folder.join("gate").display()),
        format!("-DTRACE=\"{}\"", folder.join("trace").display()),
    ];
    arguments.extend(more.iter().map(ToString::to_string));
    library::compile_with(SOURCE, library, &arguments);
}

/// A folder with the definition and the library.
#[track_caller]
fn built(answer: &str, more: &[&str]) -> TempDir {
    let folder = folder(&[("a.micro", DEFINITION)]);
    build(folder.path(), answer, more);
    folder
}

/// The names of the files of a folder that begin with a dot.
fn hidden(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().expect("it can be listed");
    let names = entries.map(|entry| entry.expect("it can be listed").file_name());
    let names = names.filter_map(|name| name.into_string().ok());
    names.filter(|name| name.starts_with('.')).collect()
}

/// What the libraries of a folder have written, once this line is the last.
#[track_caller]
fn traced(folder: &Path, last: &str) -> Vec<String> {
    let begin = Instant::now();
    loop {
        let trace = fs::read_to_string(folder.join("trace")).unwrap_or_default();
        let lines: Vec<String> = trace.lines().map(str::to_owned).collect();
        if lines.last().is_some_and(|line| line == last) {
            return lines;
        }
        assert!(
            begin.elapsed() < DEADLINE,
            "{last} is not the last of:\n{trace}"
        );
        std::thread::yield_now();
    }
}

#[test]
fn a_library_that_is_built_anew_is_served_anew() {
    let watched = Watched::start(built("first", &[]), ARGUMENTS);
    assert_eq!(watched.content("/answer"), "first");
    for answer in (0..12).map(|number| number.to_string()) {
        build(watched.folder.path(), &answer, &[]);
        watched.find_change(LIBRARY);
        assert_eq!(watched.content("/answer"), answer);
    }
    assert_eq!(hidden(watched.folder.path()), [""; 0]);
    watched.end();
}

#[test]
fn the_last_of_quick_builds_is_served() {
    let watched = Watched::start(built("first", &[]), ARGUMENTS);
    let folder = watched.folder.path();
    let names = ["one", "two", "three", "four", "five"];
    for name in names {
        build_to(&watched.path(name), folder, name, &[]);
    }
    for name in names {
        fs::rename(watched.path(name), watched.path(LIBRARY)).expect("a file can be renamed");
    }
    let begin = Instant::now();
    while watched.content("/answer") != "five" {
        assert!(begin.elapsed() < DEADLINE, "the last one is not served");
        std::thread::yield_now();
    }
    watched.end();
}

#[test]
fn a_library_may_be_written_over() {
    let watched = Watched::start(built("first", &[]), ARGUMENTS);
    build_to(&watched.path("new"), watched.folder.path(), "second", &[]);
    fs::copy(watched.path("new"), watched.path(LIBRARY)).expect("a file can be copied");
    watched.find_change(LIBRARY);
    assert_eq!(watched.content("/answer"), "second");
    watched.end();
}

#[test]
fn a_request_at_work_is_finished_by_the_old_library() {
    let watched = Watched::start(built("old", &[]), ARGUMENTS);
    let mut waiting = TcpStream::connect(watched.address).expect("it listens");
    waiting
        .set_read_timeout(Some(DEADLINE))
        .and_then(|()| waiting.write_all(b"GET /wait HTTP/1.1\r\nHost: test\r\n\r\n"))
        .expect("it takes a request");
    build(watched.folder.path(), "new", &[]);
    watched.find_change(LIBRARY);
    assert_eq!(watched.content("/answer"), "new");
    traced(watched.folder.path(), "opened new");
    watched.write("gate", "");
    let mut answer = String::new();
    let mut chunk = [0; 1024];
    while !answer.ends_with("\r\n\r\nold") {
        let length = waiting.read(&mut chunk).expect("it answers");
        assert_ne!(length, 0, "{answer}");
        answer += std::str::from_utf8(&chunk[..length]).expect("it is text");
    }
    traced(watched.folder.path(), "closed old");
    waiting
        .write_all(b"GET /wait HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        .expect("it takes another request");
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).expect("it answers");
    assert!(answer.ends_with("\r\n\r\nnew"), "{answer}");
    watched.end();
}

#[test]
fn a_state_is_opened_anew_and_closed_once() {
    let mut watched = Watched::start(built("0", &[]), ARGUMENTS);
    for (answer, last) in [("1", "closed 0"), ("2", "closed 1")] {
        build(watched.folder.path(), answer, &[]);
        traced(watched.folder.path(), last);
    }
    watched.process.signal(Signal::TERM);
    assert_eq!(watched.process.wait().code(), Some(0));
    let expected = [
        "loaded 0", "opened 0", "loaded 1", "opened 1", "closed 0", "loaded 2", "opened 2",
        "closed 1", "closed 2",
    ];
    assert_eq!(traced(watched.folder.path(), "closed 2"), expected);
}

#[test]
fn a_library_that_is_wrong_is_told_of_and_the_old_one_goes_on() {
    let watched = Watched::start(built("old", &[]), ARGUMENTS);
    let folder = watched.folder.path();
    let refused = |what: &str, why: &str| {
        watched.log.find(&format!("> {LIBRARY} {what}"));
        watched.complaints.find(why);
        assert_eq!(watched.content("/answer"), "old");
    };
    let changed = "changed, and there are errors";
    watched.write(LIBRARY, "rubbish");
    refused(
        changed,
        "error: module `rebuilt` cannot be used: it is not a library",
    );
    build(folder, "older", &["-DOLD"]);
    refused(
        changed,
        "it is built for version 0 of the C ABI, expected 2",
    );
    build(folder, "other", &["-DOTHER"]);
    refused(changed, "error: unknown handler `rebuilt.answer`");
    fs::remove_file(watched.path(LIBRARY)).expect("it can be removed");
    refused(
        "removed, and there are errors",
        "error: there is no module `rebuilt`",
    );
    // It is there, and the system does not load it.
    build(folder, "lost", &["-DNEIGHBOUR"]);
    refused(
        "changed, but the new service cannot be served",
        "error: module `rebuilt` cannot be used: the system does not load it",
    );
    build(folder, "repaired", &[]);
    watched.find_change(LIBRARY);
    assert_eq!(watched.content("/answer"), "repaired");
    assert_eq!(hidden(folder), [""; 0]);
    watched.end();
}

#[test]
fn a_library_that_cannot_be_loaded_from_the_start_is_waited_for() {
    let repair = |folder: &Path, complaints: &Lines| {
        complaints.find("error: module `rebuilt` cannot be used: the system does not load it");
        complaints.find("nothing is served yet: waiting for a change");
        build(folder, "repaired", &[]);
    };
    let files = built("lost", &["-DNEIGHBOUR"]);
    let watched = Watched::start_and(files, ARGUMENTS, &[], repair);
    assert_eq!(watched.content("/answer"), "repaired");
    watched.end();
}

#[test]
fn a_library_is_not_loaded_again_because_the_definition_has_changed() {
    let watched = Watched::start(built("0", &[]), ARGUMENTS);
    for path in ["/one$", "/two$"] {
        watched.write("a.micro", &DEFINITION.replace("/answer$", path));
        watched.find_change("a.micro");
    }
    assert_eq!(watched.content("/two"), "0");
    build(watched.folder.path(), "1", &[]);
    watched.find_change(LIBRARY);
    assert_eq!(watched.content("/two"), "1");
    let lines = traced(watched.folder.path(), "closed 0");
    let loaded = lines.iter().filter(|line| line.starts_with("loaded "));
    assert_eq!(loaded.collect::<Vec<_>>(), ["loaded 0", "loaded 1"]);
    watched.end();
}

/// Puts a neighbour into a folder, and gives the arguments that have a library look for it there.
#[track_caller]
fn build_neighbour(folder: &Path) -> Vec<String> {
    let source = folder.join("neighbour.c");
    let text =
        "const char *neighbour(void);\nconst char *neighbour(void) { return \"next door\"; }\n";
    fs::write(&source, text).expect("a file can be written");
    let source = source.to_str().expect("it is text");
    library::compile(source, &folder.join("libneighbour.so"));
    vec![
        "-DNEIGHBOUR".to_owned(),
        format!("-L{}", folder.display()),
        "-lneighbour".to_owned(),
        "-Wl,-rpath,$ORIGIN".to_owned(),
    ]
}

#[test]
fn a_neighbour_of_a_library_is_found() {
    let files = folder(&[("a.micro", DEFINITION), ("lib/empty", "")]);
    let libraries = files.path().join("lib");
    let arguments = build_neighbour(&libraries);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    build(&libraries, "alone", &arguments);
    // Also where a link leads to it.
    symlink(libraries.join(LIBRARY), files.path().join(LIBRARY)).expect("a link can be made");
    let watched = Watched::start(files, ARGUMENTS);
    assert_eq!(watched.content("/answer"), "next door");
    build(&libraries, "alone", &[]);
    watched.find_change(LIBRARY);
    assert_eq!(watched.content("/answer"), "alone");
    build(&libraries, "alone", &arguments);
    watched.find_change(LIBRARY);
    assert_eq!(watched.content("/answer"), "next door");
    watched.end();
}

/// A user who may not write into our folders.
const NOBODY: u32 = 65534;

/// A library with a neighbour in a folder that nobody can write into, and a program for those who
/// cannot.
struct Unwritable {
    files: TempDir,
}

impl Unwritable {
    #[track_caller]
    fn new() -> Unwritable {
        let files = folder(&[("a.micro", DEFINITION), ("libraries/empty", "")]);
        let unwritable = Unwritable { files };
        let libraries = unwritable.path("libraries");
        let arguments = build_neighbour(&libraries);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        build(&libraries, "alone", &arguments);
        copy_program(&unwritable.path("micro"));
        fs::create_dir(unwritable.path("temporary")).expect("a folder can be made");
        for (name, mode) in [("", 0o755), ("libraries", 0o555), ("temporary", 0o777)] {
            let permissions = fs::Permissions::from_mode(mode);
            fs::set_permissions(unwritable.path(name), permissions).expect("it is ours");
        }
        unwritable
    }

    fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn run(&self, temporary: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path("micro"));
        command
            .env_clear()
            .env("TMPDIR", temporary)
            .args(["a.micro", "--modules", "libraries"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .current_dir(self.files.path());
        if rustix::process::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// Checks that this is told with `--watch`.
    #[track_caller]
    fn assert_told(&self, temporary: &Path, why: &str, help: &str) {
        let mut process = Process::start(&mut self.run(temporary, &["--watch"]));
        let complaints = Lines::of(process.child.stderr.take().expect("it is piped"));
        let what = "error: module `rebuilt` cannot be used: ";
        let told = complaints.find(what);
        assert!(told.starts_with(&format!("{what}{why}")), "{told}");
        assert_eq!(complaints.find(" = help: "), format!("   = help: {help}"));
    }
}

impl Drop for Unwritable {
    fn drop(&mut self) {
        // Else the folder cannot be removed.
        let permissions = fs::Permissions::from_mode(0o755);
        let _ = fs::set_permissions(self.path("libraries"), permissions);
    }
}

#[test]
fn where_a_copy_was_made_is_told_if_it_is_not_loaded_from_there() {
    let unwritable = Unwritable::new();
    let temporary = unwritable.path("temporary");
    let mut usual = Process::start(&mut unwritable.run(&temporary, &[]));
    usual.lines().address();
    usual.end(Signal::TERM);
    let help = format!(
        "it was loaded from a copy in the temporary folder `{}`, because none can be made beside \
         it (Permission denied (os error 13)): from there its neighbours are not found, and \
         programs must be allowed to run there",
        temporary.display()
    );
    unwritable.assert_told(
        &temporary,
        "the system does not load it: libneighbour.so: ",
        &help,
    );
    assert_eq!(hidden(&temporary), [""; 0]);
}

#[test]
fn a_library_that_cannot_be_copied_is_told_of() {
    let why = "it cannot be copied, neither beside itself (Permission denied (os error 13)), nor \
               to the temporary folder `/nowhere` (No such file or directory (os error 2))";
    let help = "make room there, or start anew: libraries that were loaded before still take \
                theirs, until the program ends";
    Unwritable::new().assert_told(Path::new("/nowhere"), why, help);
}

#[test]
fn what_a_killed_process_has_left_is_removed() {
    let files = built("stuck", &["-DSTUCK"]);
    // It waits for input that does not come.
    let mut command = program();
    command.args(ARGUMENTS).current_dir(files.path());
    let mut killed = Process::start(command.stdin(Stdio::piped()));
    traced(files.path(), "loaded stuck");
    let left = hidden(files.path());
    assert_eq!(left.len(), 1, "{left:?}");
    killed.child.kill().expect("it runs");
    killed.wait();
    assert_eq!(hidden(files.path()), left);
    // It would have been there, if not beside the library.
    let temporary = files.path().join("temporary");
    fs::create_dir(&temporary).expect("a folder can be made");
    fs::copy(files.path().join(&left[0]), temporary.join(&left[0])).expect("it can be copied");

    build(files.path(), "first", &[]);
    let variables = [("TMPDIR", temporary.to_str().expect("it is text"))];
    let watched = Watched::start_with(files, ARGUMENTS, &variables);
    assert_eq!(watched.content("/answer"), "first");
    assert_eq!(hidden(watched.folder.path()), [""; 0]);
    assert_eq!(hidden(&temporary), [""; 0]);
    watched.end();
}
