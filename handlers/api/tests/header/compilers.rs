//! The compilers of this machine, and what they make.

use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Compiler {
    name: &'static str,
    standard: &'static str,
    pub(crate) is_cpp: bool,
}

/// `cc`, which has to be there, and what else there is.
pub(crate) fn compilers() -> impl Iterator<Item = Compiler> {
    let known = [
        ("cc", "c99"),
        ("cc", "c11"),
        ("clang", "c99"),
        ("c++", "c++11"),
        ("c++", "c++20"),
        ("clang++", "c++11"),
    ];
    let known = known.map(|(name, standard)| Compiler {
        name,
        standard,
        is_cpp: standard.starts_with("c++"),
    });
    known.into_iter().filter(|compiler| {
        let is_there = Command::new(compiler.name)
            .arg("--version")
            .output()
            .is_ok();
        assert!(is_there || compiler.name != "cc", "a C compiler is needed");
        if !is_there {
            eprintln!("left out: there is no `{}`", compiler.name);
        }
        is_there
    })
}

/// Compiles with every warning an error. Libraries come last.
pub(crate) fn compile(compiler: &Compiler, flags: &[&str], sources: &[&Path], product: &Path) {
    let mut command = Command::new(compiler.name);
    command.arg(format!("-std={}", compiler.standard));
    command.args([
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Wshadow",
        "-Wcast-qual",
        "-Werror",
    ]);
    command.arg("-I").arg(root().join("handlers/api/include"));
    if compiler.is_cpp {
        command.args(["-x", "c++"]);
    }
    command.args(sources).arg("-o").arg(product).args(flags);
    let done = command.output().expect("the compiler runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}\n{said}");
}

/// What a program writes; it has to end well.
pub(crate) fn output(program: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    let done = command.args(arguments).output();
    let done = done.unwrap_or_else(|error| panic!("{program:?}: {error}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}\n{said}");
    String::from_utf8(done.stdout).expect("UTF-8")
}

/// The folder of the whole project.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
