//! `micro new NAME`

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::command::Command;
use super::definition::{FAILED, MISUSED};
use super::output::{answer, complain};
use super::table;
use crate::Micro;
use crate::config::environment_name;

pub(super) const COMMAND: Command = Command {
    name: "new",
    summary: "Begin a service, or a module: a definition, a handler, a test",
    arguments: |parser| {
        parser
            .arg(
                Arg::new("name")
                    .value_name("NAME")
                    .required(true)
                    .help("The service or module, and the folder made for it"),
            )
            .arg(
                Arg::new("module")
                    .long("module")
                    .action(ArgAction::SetTrue)
                    .help("Begin a module in a shared library, instead of a program"),
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

/// What may be begun.
struct Starter {
    /// What it is.
    noun: &'static str,
    /// The files: where they go, and what they say. `{name}` is its name, `{micro}` and `{api}` say
    /// where Cargo finds the crates.
    files: &'static [(&'static str, &'static str)],
    /// Those to look at, and why.
    shown: &'static [(&'static str, &'static str)],
    /// What to try then.
    commands: &'static [&'static str],
}

const SERVICE: Starter = Starter {
    noun: "service",
    files: &[
        ("Cargo.toml", include_str!("starter/Cargo.toml.txt")),
        ("README.md", include_str!("starter/README.md.txt")),
        (".gitignore", "/target\n"),
        ("{name}.micro", include_str!("starter/service.micro.txt")),
        ("src/main.rs", include_str!("starter/main.rs.txt")),
        ("src/hello.rs", include_str!("starter/hello.rs.txt")),
    ],
    shown: &[
        ("{name}.micro", "what is served"),
        ("src/hello.rs", "the handler, and its test"),
        ("src/main.rs", "the program"),
    ],
    commands: &["cargo test", "cargo run"],
};

const MODULE: Starter = Starter {
    noun: "module",
    files: &[
        ("Cargo.toml", include_str!("starter/module/Cargo.toml.txt")),
        ("README.md", include_str!("starter/module/README.md.txt")),
        (".gitignore", "/target\n"),
        (
            "{name}.micro",
            include_str!("starter/module/service.micro.txt"),
        ),
        ("src/lib.rs", include_str!("starter/module/lib.rs.txt")),
    ],
    shown: &[
        ("{name}.micro", "a service with it"),
        ("src/lib.rs", "the handler, and its test"),
    ],
    commands: &[
        "cargo test",
        "cargo build",
        "micro {name}.micro --modules target/debug --watch",
    ],
};

/// Names that Cargo does not take for a package: words of Rust, its own folders, and crates that
/// it is built from.
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
    let starter = match matches.get_flag("module") {
        true => MODULE,
        false => SERVICE,
    };
    match check(name, starter.noun).and_then(|()| write(name, &starter, checkout)) {
        Ok(()) => answer(&farewell(name, &starter)),
        Err((code, mistake)) => {
            complain(format_args!("error: {mistake}\n"));
            ExitCode::from(code)
        }
    }
}

/// An exit code, and what is wrong.
type Refusal = (u8, String);

fn check(name: &str, noun: &str) -> Result<(), Refusal> {
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_');
    if !is_name {
        let expected = "lower-case letters, digits, `-` and `_`, a letter first";
        let mistake = format!("`{name}` is no name for a {noun}, expected {expected}");
        return Err((MISUSED, mistake));
    }
    if TAKEN.contains(&name) {
        let mistake = format!("a {noun} cannot be called `{name}`: Rust or Cargo uses this name");
        return Err((MISUSED, mistake));
    }
    if Path::new(name).exists() {
        return Err((FAILED, format!("`{name}` exists already")));
    }
    Ok(())
}

fn write(name: &str, starter: &Starter, checkout: &Path) -> Result<(), Refusal> {
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
    for (path, text) in starter.files {
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

fn farewell(name: &str, starter: &Starter) -> String {
    let fill = |text: &str| text.replace("{name}", name);
    let row = |(path, what): &(&str, &str)| {
        vec![format!("    {name}/{}", fill(path)), format!("  {what}")]
    };
    let made: Vec<Vec<String>> = starter.shown.iter().map(row).collect();
    let made = table::align(&made);
    let commands = starter.commands.iter().map(|line| fill(line));
    let commands: Vec<String> = commands.map(|line| format!("    {line}\n")).collect();
    format!(
        "made the {noun} `{name}`:

{made}
now try

    cd {name}
{commands}    curl localhost:12345/hello/you
",
        noun = starter.noun,
        commands = commands.concat(),
    )
}
