//! `micro crane`: the manifest of a service, and its place in the catalogue of a tsuru.
//!
//! A manifest is read by `yaml` and `manifest`, which collect everything that is wrong with it.
//! `access` finds out which tsuru is meant, also from what is `noted`, `platform` talks to it, and `order` is what it is told.

mod access;
mod hidden;
mod manifest;
mod noted;
mod order;
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
use self::order::Order;
use self::platform::Platform;
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
/// How many mistakes of a manifest are shown: what has more is none, and would take long.
const MISTAKES_SHOWN_MAX: usize = 50;
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
    let order = order(name, matches)?;
    let access = Access::find(matches).map_err(|why| failed(&why))?;
    let told = Platform::reach(&access).and_then(|platform| platform.carry_out(&order));
    Ok(answer(&told.map_err(|mistake| refuse(&mistake))?))
}

/// What is to be done, for which the manifest is read.
fn order(verb: &str, matches: &ArgMatches) -> Result<Order, ExitCode> {
    let path = matches.get_one::<PathBuf>("manifest");
    let expected = "the parser requires it";
    match verb {
        "list" => {
            let id = path.map(|path| read(path, manifest::read_id));
            return Ok(Order::List(id.transpose()?));
        }
        "delete" => {
            return Ok(Order::Delete(read(
                path.expect(expected),
                manifest::read_id,
            )?));
        }
        _ => {}
    }
    let manifest = read(path.expect(expected), Manifest::read)?;
    let endpoint = matches.get_one::<String>("endpoint");
    let url = manifest
        .endpoint(endpoint.expect("it has a default"))
        .map_err(|why| failed(&why))?
        .to_owned();
    Ok(match verb {
        "create" => Order::Create(manifest, url),
        _ => Order::Update(manifest, url),
    })
}

/// Reads a manifest from a text with a name.
type Reader<T> = fn(&str, String, &mut Sources) -> Result<T, Vec<Diagnostic>>;

/// Reads a manifest, or says everything that is wrong with it.
fn read<T>(path: &Path, reader: Reader<T>) -> Result<T, ExitCode> {
    let text = read_text(path).map_err(|why| failed(&format!("`{}`: {why}", path.display())))?;
    let mut sources = Sources::default();
    reader(&path.display().to_string(), text, &mut sources).map_err(|mistakes| {
        let shown = mistakes.iter().take(MISTAKES_SHOWN_MAX);
        let mut shown: Vec<String> = shown.map(|mistake| render(mistake, &sources)).collect();
        if let Some(more) = mistakes.len().checked_sub(MISTAKES_SHOWN_MAX + 1) {
            shown.push(format!("error: and {} more\n", more + 1));
        }
        complain(shown.join("\n"));
        ExitCode::from(FAILED)
    })
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
    refuse(&Diagnostic::error(why))
}

fn refuse(mistake: &Diagnostic) -> ExitCode {
    complain(render(mistake, &Sources::default()));
    ExitCode::from(FAILED)
}
