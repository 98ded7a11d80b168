//! `micro crane`: the manifest of a service, and its place in the catalogue of a tsuru.
//!
//! A manifest is read by `yaml` and `manifest`, which collect everything that is wrong with it.
//! `access` finds out which tsuru is meant, `platform` talks to it.

mod access;
mod hidden;
mod manifest;
mod platform;
mod template;
mod yaml;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use self::access::Access;
use self::manifest::Manifest;
use self::platform::{Order, Platform};
use super::command::Command;
use super::definition::FAILED;
use super::output::{answer, complain};

use crate::diagnostics::{Diagnostic, Sources, render};

pub(super) const COMMAND: Command = Command {
    name: "crane",
    summary: "Tell tsuru of a service broker: its manifest, and the catalogue",
    arguments: |parser| {
        parser
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands(subcommands())
    },
    run: |matches, _| run(matches).unwrap_or_else(|code| code),
};

/// How many bytes a manifest has at most.
const MANIFEST_BYTES_MAX: u64 = 64 * 1024;
const MANIFEST: &str = "manifest.yaml";

fn subcommands() -> [clap::Command; 5] {
    let on_platform = |name, about, is_required| {
        clap::Command::new(name)
            .about(about)
            .arg(manifest_argument(is_required))
            .args(access::arguments())
    };
    let create = on_platform("create", "Put the service into the catalogue", true);
    let update = on_platform("update", "Change the service in the catalogue", true);
    [
        clap::Command::new("template")
            .about("Write a manifest to begin with")
            .arg(
                Arg::new("output")
                    .long("output")
                    .short('o')
                    .value_name("FILE")
                    .value_parser(value_parser!(PathBuf))
                    .default_value(MANIFEST)
                    .help("Where it goes"),
            )
            .arg(
                Arg::new("force")
                    .long("force")
                    .action(ArgAction::SetTrue)
                    .help("Write over a file that is there"),
            ),
        create.arg(endpoint_argument()),
        update.arg(endpoint_argument()),
        on_platform("delete", "Remove the service from the catalogue", true),
        on_platform(
            "list",
            "List the services in the catalogue, or tell of the manifest's alone",
            false,
        ),
    ]
}

fn manifest_argument(is_required: bool) -> Arg {
    Arg::new("manifest")
        .value_name("MANIFEST")
        .value_parser(value_parser!(PathBuf))
        .required(is_required)
        .help("The manifest, such as `manifest.yaml`; `-` reads the standard input")
}

fn endpoint_argument() -> Arg {
    Arg::new("endpoint")
        .long("endpoint")
        .value_name("NAME")
        .default_value("production")
        .help("Which endpoint of the manifest tsuru is to call")
}

fn run(matches: &ArgMatches) -> Result<ExitCode, ExitCode> {
    let (name, matches) = matches.subcommand().expect("the parser requires one");
    if name == "template" {
        let path = matches
            .get_one::<PathBuf>("output")
            .expect("it has a default");
        return template::write(path, matches.get_flag("force")).map_err(|why| failed(&why));
    }
    let manifest = match matches.get_one::<PathBuf>("manifest") {
        Some(path) => Some(read(path, name)?),
        None => None,
    };
    let access = Access::find(matches).map_err(|why| failed(&why))?;
    let platform = Platform::reach(&access).map_err(|why| failed(&why))?;
    let order = match (name, &manifest) {
        ("list", manifest) => Order::List(manifest.as_ref().map(|manifest| manifest.id.as_str())),
        ("delete", Some(manifest)) => Order::Delete(&manifest.id),
        (verb, Some(manifest)) => {
            let endpoint = matches.get_one::<String>("endpoint");
            let endpoint = endpoint.expect("it has a default");
            let url = manifest.endpoint(endpoint).map_err(|why| failed(&why))?;
            match verb {
                "create" => Order::Create(manifest, url),
                _ => Order::Update(manifest, url),
            }
        }
        (_, None) => unreachable!("the parser requires it"),
    };
    let told = platform.carry_out(&order).map_err(|why| failed(&why))?;
    Ok(answer(&told))
}

/// Reads a manifest, or says everything that is wrong with it.
fn read(path: &Path, verb: &str) -> Result<Manifest, ExitCode> {
    let text = read_text(path).map_err(|why| failed(&format!("`{}`: {why}", path.display())))?;
    let mut sources = Sources::default();
    let mistakes = match Manifest::read(&path.display().to_string(), text, &mut sources) {
        Ok(manifest) if verb == "delete" || verb == "list" => return Ok(manifest),
        Ok(manifest) => match manifest.placeholders() {
            mistakes if mistakes.is_empty() => return Ok(manifest),
            mistakes => mistakes,
        },
        Err(mistakes) => mistakes,
    };
    let shown = |mistake: &Diagnostic| render(mistake, &sources);
    complain(mistakes.iter().map(shown).collect::<Vec<_>>().join("\n"));
    Err(ExitCode::from(FAILED))
}

fn read_text(path: &Path) -> Result<String, String> {
    let plain = |error: io::Error| format!("cannot be read: {error}");
    let mut bytes = Vec::new();
    let mut source: Box<dyn Read> = match path.as_os_str() == "-" {
        true => Box::new(io::stdin().lock()),
        false => Box::new(fs::File::open(path).map_err(plain)?),
    };
    let read = source
        .by_ref()
        .take(MANIFEST_BYTES_MAX + 1)
        .read_to_end(&mut bytes);
    read.map_err(plain)?;
    if bytes.len() as u64 > MANIFEST_BYTES_MAX {
        return Err(format!(
            "has more than {MANIFEST_BYTES_MAX} bytes, expected a manifest"
        ));
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8, expected a manifest".to_owned())
}

fn failed(why: &str) -> ExitCode {
    complain(format_args!("error: {}\n", why.trim_end()));
    ExitCode::from(FAILED)
}
