//! `micro new NAME`

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::{Arg, ArgMatches};

use super::command::Command;
use crate::Micro;

pub(super) const COMMAND: Command = Command {
    name: "new",
    summary: "Begin a service: a definition, a handler, a test",
    arguments: |parser| {
        parser.arg(
            Arg::new("name")
                .required(true)
                .help("The service, and the folder made for it"),
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

fn run(matches: &ArgMatches, _: Micro) -> ExitCode {
    let name = matches
        .get_one::<String>("name")
        .expect("the parser requires it");
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
    };
    if !is_name(name) {
        eprintln!(
            "error: `{name}` is no name for a service, expected lower-case letters, digits, `-` and `_`, a letter first"
        );
        return ExitCode::from(2);
    }
    if Path::new(name).exists() {
        eprintln!("error: `{name}` exists already");
        return ExitCode::from(1);
    }
    match write(name) {
        Ok(()) => {
            println!(
                "made {name}; now try\n\n    cd {name}\n    cargo test\n    cargo run\n    curl localhost:12345/hello/you"
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: cannot make `{name}`: {error}");
            ExitCode::from(1)
        }
    }
}

fn write(name: &str) -> io::Result<()> {
    // A binary that was built from a checkout makes services that build from that checkout.
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = |folder: &str| match checkout.join(folder).join("Cargo.toml").exists() {
        true => format!(
            "{{ path = {:?} }}",
            checkout.join(folder).components().as_path()
        ),
        false => format!("{:?}", env!("CARGO_PKG_VERSION")),
    };
    let (micro, api) = (found(""), found("handlers/api"));
    for (path, text) in FILES {
        let path = Path::new(name).join(path.replace("{name}", name));
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let text = text
            .replace("{name}", name)
            .replace("{micro}", &micro)
            .replace("{api}", &api);
        fs::write(path, text)?;
    }
    Ok(())
}
