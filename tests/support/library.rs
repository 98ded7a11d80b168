//! Modules in libraries that tests load: made of C, or of Rust by Cargo.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use micro_api::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Makes a library of a source in C, which lies below the root of the project.
#[track_caller]
pub fn compile(source: &str, library: &Path) {
    compile_with(source, library, &[]);
}

/// The same with more arguments.
#[track_caller]
pub fn compile_with(source: &str, library: &Path, arguments: &[String]) {
    let mut command = Command::new("cc");
    command
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-g", "-O1"])
        .args(["-shared", "-fPIC", "-pthread"])
        .args(["-I", "handlers/api/include", "-o"])
        .arg(library)
        .arg(source)
        .args(arguments)
        .current_dir(ROOT);
    let done = command.output().expect("there is a C compiler");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}\n{said}");
}

/// Makes the modules in C that there are, in a folder of this name.
#[track_caller]
pub fn all_of_c(folder: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    for source in [
        "tests/c/answers.c",
        "tests/c/bodies.c",
        "tests/c/service.c",
        "tests/c/spawning.c",
        "tests/c/waiting.c",
        "examples/c/hello.c",
    ] {
        let name = Path::new(source).file_stem().expect("it has a name");
        let name = name.to_str().expect("it is text");
        compile(source, &folder.join(format!("lib{name}.so")));
    }
    folder
}

/// The library that Cargo makes of an example of a package, with what is built already for this test.
#[track_caller]
pub fn example(package: &str, name: &str) -> PathBuf {
    // `TARGET/PROFILE/deps/TEST-1234`
    let test = std::env::current_exe().expect("a test is a program");
    let built = test.ancestors().nth(2).expect("it is in a target folder");
    let profile = built.file_name().and_then(|name| name.to_str());
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["build", "--quiet", "--locked"])
        .args(["--package", package, "--example", name])
        .args(["--profile", profile.map_or("dev", profile_in)])
        .arg("--message-format=json-render-diagnostics")
        .arg("--target-dir")
        .arg(built.parent().expect("a profile has a folder of its own"))
        .env("CARGO_NET_OFFLINE", "true")
        .current_dir(ROOT)
        .stdin(Stdio::null());
    let done = command.output().expect("cargo runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}\n{said}");
    let messages = String::from_utf8_lossy(&done.stdout);
    let messages = messages
        .lines()
        .filter_map(|line| micro_api::serde_json::from_str(line).ok());
    let mut libraries = messages.filter_map(|message: Value| {
        let is_ours = message["target"]["name"] == name;
        let file = message["filenames"][0].as_str().filter(|_| is_ours)?;
        Some(PathBuf::from(file))
    });
    libraries.next().expect("cargo says where it is")
}

/// The library of the module `faults`.
#[track_caller]
pub fn faults() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| example("micro", "faults"))
}

/// The profile that is built in this folder.
fn profile_in(folder: &str) -> &str {
    match folder {
        "debug" => "dev",
        profile => profile,
    }
}
