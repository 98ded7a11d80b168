//! What `micro new` makes is a service that works, as it is; or a module that does.

#[path = "support/program.rs"]
mod program;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use program::{Process, folder, get, program, run};
use rustix::process::Signal;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// Where Cargo puts what it makes of the new services.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("starter")
}

/// Cargo in the new service, with the crates that this workspace has already and its versions.
fn cargo(folder: &Path, arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(arguments).current_dir(folder);
    cargo
        .env("CARGO_TARGET_DIR", target())
        .env("CARGO_NET_OFFLINE", "true");
    // The crates are compiled once more for it; without their debug information, that is quick.
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "0");
    cargo.env_remove("RUSTFLAGS").stdin(Stdio::null());
    cargo
}

fn take_versions(folder: &Path) {
    std::fs::copy(
        Path::new(HERE).join("Cargo.lock"),
        folder.join("Cargo.lock"),
    )
    .expect("the versions can be copied");
}

#[track_caller]
fn assert_passes(folder: &Path, tests: usize) {
    let tested = cargo(folder, &["test"]).output().expect("cargo runs");
    let told = [tested.stdout, tested.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    assert!(tested.status.success(), "{told}");
    let passed = format!("{tests} passed; 0 failed");
    assert!(told.contains(&passed), "{told}");
    assert!(!told.contains("warning"), "{told}");
}

#[test]
fn a_new_service_passes_its_tests_and_serves() {
    let folder = folder(&[]);
    let (code, stdout, stderr) = run(folder.path(), &["new", "demo"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let commands =
        "    cd demo\n    cargo test\n    cargo run\n    curl localhost:12345/hello/you\n";
    assert!(stdout.ends_with(commands), "{stdout}");
    let demo = folder.path().join("demo");
    take_versions(&demo);
    assert_passes(&demo, 2);

    let listed = cargo(&demo, &["run", "--quiet", "--", "routes", "/hello/you"]).output();
    let listed = String::from_utf8(listed.expect("cargo runs").stdout).expect("it is text");
    let expected = "\
SERVER demo 12345 host=0.0.0.0
  ROUTE /hello/{who}$ (demo.micro:4) takes /hello/you
    GET hello.greet
";
    assert_eq!(listed, expected);

    // The program itself rather than `cargo run`, which would not pass a signal on.
    let mut service = Command::new(target().join("debug/demo"));
    service.current_dir(&demo).stdout(Stdio::piped());
    service
        .env("SERVER_DEMO_PORT", "0")
        .env("SERVER_DEMO_HOST", "127.0.0.1");
    let mut service = Process::start(&mut service);
    let answer = get(service.lines().address(), "/hello/you");
    assert!(answer.ends_with("\r\n\r\n{\"hello\":\"you\"}"), "{answer}");
    service.end(Signal::TERM);
}

#[test]
fn a_new_module_passes_its_tests_and_is_served_by_the_program() {
    let folder = folder(&[]);
    // Compilers put an underscore into the name of the library.
    let (code, stdout, stderr) = run(folder.path(), &["new", "--module", "my-greet"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let commands = "    cd my-greet\n    cargo test\n    cargo build\n    \
                    micro my-greet.micro --modules target/debug --watch\n    \
                    curl localhost:12345/hello/you\n";
    assert!(stdout.ends_with(commands), "{stdout}");
    let made = folder.path().join("my-greet");
    take_versions(&made);
    assert_passes(&made, 1);
    let built = cargo(&made, &["build", "--quiet"]).output();
    let built = built.expect("cargo runs");
    let told = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success() && told.is_empty(), "{told}");

    let libraries = target().join("debug");
    let libraries = libraries.to_str().expect("it is text");
    let arguments = ["modules", "my-greet.micro", "--modules", libraries];
    let expected = format!(
        "my-greet  0.1.0  {libraries}/libmy_greet.so\n  \
         greet(who str)  handler  says hello to who asks\n"
    );
    assert_eq!(run(&made, &arguments), (0, expected, String::new()));

    let mut service = program();
    service.current_dir(&made).stdout(Stdio::piped());
    service
        .args(["my-greet.micro", "--modules", libraries])
        .env("SERVER_MY_GREET_PORT", "0")
        .env("SERVER_MY_GREET_HOST", "127.0.0.1");
    let mut service = Process::start(&mut service);
    let answer = get(service.lines().address(), "/hello/you");
    assert!(answer.ends_with("\r\n\r\n{\"hello\":\"you\"}"), "{answer}");
    service.end(Signal::TERM);
}

#[test]
fn a_name_that_is_none_is_refused() {
    let folder = folder(&[]);
    for name in ["", "A", "1a", "a b", "a/b", "../a", "a.b", "é"] {
        let (code, stdout, stderr) = run(folder.path(), &["new", name]);
        let expected = format!(
            "error: `{name}` is no name for a service, \
             expected lower-case letters, digits, `-` and `_`, a letter first\n"
        );
        assert_eq!((code, stdout, stderr), (2, String::new(), expected));
    }
    for name in ["micro", "micro-api", "match", "test", "std"] {
        let (code, stdout, stderr) = run(folder.path(), &["new", name]);
        let expected =
            format!("error: a service cannot be called `{name}`: Rust or Cargo uses this name\n");
        assert_eq!((code, stdout, stderr), (2, String::new(), expected));
    }
    let (code, _, stderr) = run(folder.path(), &["new", "--module", "static"]);
    let expected = "error: a module cannot be called `static`: Rust or Cargo uses this name\n";
    assert_eq!((code, stderr.as_str()), (2, expected));
    let made = std::fs::read_dir(folder.path()).expect("it is there");
    assert_eq!(
        made.count(),
        0,
        "nothing is made for a name that is refused"
    );
}

#[test]
fn what_is_there_already_is_left_alone() {
    let folder = folder(&[("demo/mine", "my work"), ("file", "my work")]);
    for name in ["demo", "file"] {
        let (code, stdout, stderr) = run(folder.path(), &["new", name]);
        let expected = format!("error: `{name}` exists already\n");
        assert_eq!((code, stdout, stderr), (1, String::new(), expected));
    }
    let made = std::fs::read_dir(folder.path().join("demo")).expect("it is there");
    assert_eq!(made.count(), 1);
}

#[test]
fn a_service_is_built_with_the_checkout_that_is_named() {
    let folder = folder(&[("empty/file", "")]);
    let (code, stdout, stderr) = run(folder.path(), &["new", "demo", "--micro", "empty"]);
    let expected = "error: no checkout of micro in `empty`\n  = help: name the folder of one with `--micro FOLDER`\n";
    assert_eq!(
        (code, stdout, stderr.as_str()),
        (1, String::new(), expected)
    );
    assert!(!folder.path().join("demo").exists());

    let (code, _, stderr) = run(folder.path(), &["new", "demo", "--micro", HERE]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let manifest = std::fs::read_to_string(folder.path().join("demo/Cargo.toml"));
    let manifest = manifest.expect("it is made");
    assert!(
        manifest.contains(&format!("micro = {{ path = \"{HERE}\" }}\n")),
        "{manifest}"
    );
}
