//! `micro new NAME`

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, value_parser};

use super::command::Command;
use super::definition::{FAILED, MISUSED};
use super::output::{answer, complain};
use super::table;
use crate::Micro;
use crate::config::environment_name;

pub(super) const COMMAND: Command = Command {
    name: "new",
    summary: "Begin a service: a definition, a handler, a test",
    arguments: |parser| {
        parser
            .arg(
                Arg::new("name")
                    .value_name("NAME")
                    .required(true)
                    .help("The service, and the folder made for it"),
            )
            .arg(
                Arg::new("micro")
                    .long("micro")
                    .value_name("FOLDER")
                    .value_parser(value_parser!(PathBuf))
                    .default_value(env!("CARGO_MANIFEST_DIR"))
                    .hide_default_value(true)
                    .help("The checkout of micro to build with; usually that of this program"),
            )
    },
    run,
};

/// The files of a new service: where they go, and what they say. `{name}` is the service's name,
/// `{micro}` and `{api}` say where Cargo finds the crates.
const FILES: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("starter/Cargo.toml.txt")),
    ("README.md", include_str!("starter/README.md.txt")),
    (".gitignore", "/target\n"),
    ("{name}.micro", include_str!("starter/service.micro.txt")),
    ("src/main.rs", include_str!("starter/main.rs.txt")),
    ("src/hello.rs", include_str!("starter/hello.rs.txt")),
];

/// Names that Cargo does not take for a program: words of Rust, its own folders, and crates that
/// the service is built from.
const TAKEN: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "build",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "micro",
    "micro-api",
    "micro-basics",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc_macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

fn run(matches: &ArgMatches, _: Micro) -> ExitCode {
    let name = matches
        .get_one::<String>("name")
        .expect("the parser requires it");
    let checkout = matches
        .get_one::<PathBuf>("micro")
        .expect("it has a default");
    match check(name).and_then(|()| write(name, checkout)) {
        Ok(()) => answer(&farewell(name)),
        Err((code, mistake)) => {
            complain(format_args!("error: {mistake}\n"));
            ExitCode::from(code)
        }
    }
}

/// An exit code, and what is wrong.
type Refusal = (u8, String);

fn check(name: &str) -> Result<(), Refusal> {
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_');
    if !is_name {
        let expected = "lower-case letters, digits, `-` and `_`, a letter first";
        let mistake = format!("`{name}` is no name for a service, expected {expected}");
        return Err((MISUSED, mistake));
    }
    if TAKEN.contains(&name) {
        let mistake = format!("a service cannot be called `{name}`: Rust or Cargo uses this name");
        return Err((MISUSED, mistake));
    }
    if Path::new(name).exists() {
        return Err((FAILED, format!("`{name}` exists already")));
    }
    Ok(())
}

fn write(name: &str, checkout: &Path) -> Result<(), Refusal> {
    let found = |folder: &str| {
        let folder = checkout.join(folder).canonicalize().ok()?;
        let is_crate = folder.join("Cargo.toml").is_file();
        is_crate.then(|| format!("{{ path = {:?} }}", folder.to_string_lossy()))
    };
    let (Some(micro), Some(api)) = (found(""), found("handlers/api")) else {
        let checkout = checkout.display();
        let help = "name the folder of one with `--micro FOLDER`";
        let mistake = format!("no checkout of micro in `{checkout}`\n  = help: {help}");
        return Err((FAILED, mistake));
    };
    let fill = |text: &str| {
        text.replace("{name}", name)
            .replace("{NAME}", &environment_name(name))
            .replace("{micro}", &micro)
            .replace("{api}", &api)
    };
    for (path, text) in FILES {
        let path = Path::new(name).join(fill(path));
        write_file(&path, &fill(text)).map_err(|error| {
            (
                FAILED,
                format!("cannot write `{}`: {error}", path.display()),
            )
        })?;
    }
    Ok(())
}

fn write_file(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

fn farewell(name: &str) -> String {
    let row = |path: String, what: &str| vec![format!("    {path}"), format!("  {what}")];
    let made = table::align(&[
        row(format!("{name}/{name}.micro"), "what is served"),
        row(format!("{name}/src/hello.rs"), "the handler, and its test"),
        row(format!("{name}/src/main.rs"), "the program"),
    ]);
    format!(
        "made the service `{name}`:

{made}
now try

    cd {name}
    cargo test
    cargo run
    curl localhost:12345/hello/you
"
    )
}
