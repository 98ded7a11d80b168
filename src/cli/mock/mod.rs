//! `micro mock FILE`

mod answering;
mod arrived;
mod sites;
mod store;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use self::sites::{Place, Sites};
use self::store::Store;
use super::command::Command;
use super::definition::{self, FAILED, MISUSED};
use super::output::{complain, print};
use super::{answers, logging, run};
use crate::config::{Connection, Log, Resource, environment_name};
use crate::server::ServeError;
use crate::{Micro, Running, StartError};

pub(super) const COMMAND: Command = Command {
    name: "mock",
    summary: "Serve the services that a definition calls, with answers from files",
    arguments: |parser| definition::arguments_of_reader(parser).args(arguments()),
    run: |matches, micro| match run(matches, micro) {
        Ok(()) => ExitCode::SUCCESS,
        Err(code) => code,
    },
};

/// How long an answer that is waited for may take when the command is told to end.
const GRACE: Duration = Duration::from_secs(1);

fn arguments() -> [Arg; 5] {
    let folder = |name: &'static str| {
        let argument = Arg::new(name).long(name).value_name("DIR");
        argument.value_parser(value_parser!(PathBuf))
    };
    [
        folder("answers").help("Answer with what DIR/CONNECTION.RESOURCE.json says"),
        folder("write")
            .conflicts_with_all(["answers", "port", "host"])
            .help("Write the beginning of each file of answers that is not there yet, and end"),
        Arg::new("port")
            .long("port")
            .value_name("PORT")
            .value_parser(value_parser!(u16))
            .default_value("0")
            .help("The port of the first connection, the next port for the next; `0`: free ones"),
        Arg::new("host")
            .long("host")
            .value_name("HOST")
            .default_value("127.0.0.1")
            .help("The address to listen at"),
        Arg::new("verbose")
            .short('v')
            .long("verbose")
            .action(ArgAction::SetTrue)
            .help("Show debug messages"),
    ]
}

fn run(matches: &ArgMatches, micro: Micro) -> Result<(), ExitCode> {
    let micro = definition::service(matches, micro)?;
    let loaded = definition::told_of_calls(definition::read(matches, &micro))?;
    let service = loaded.service.as_ref();
    let service = service.expect("a definition without errors is a service");
    let connections = &service.connections;
    if connections.is_empty() {
        complain("error: the definition declares no connection, so there is nothing to serve\n");
        return Err(ExitCode::from(FAILED));
    }
    if let Some(folder) = matches.get_one::<PathBuf>("write") {
        return write(folder, connections);
    }
    let store = open(matches.get_one("answers"), connections)?;
    let place = place(matches, connections)?;
    let log = Log {
        is_stdout: false,
        ..service.log.clone()
    };
    run::prepare(&log, matches.get_flag("verbose"));
    serve(connections, &place, store).map_err(|error| {
        logging::finish();
        match error {
            StartError::Serve(ServeError::Listen {
                name,
                address,
                error,
            }) => complain(format_args!(
                "error: connection `{name}` cannot be served at {address}: {error}\n"
            )),
            error => complain(format_args!("{error}\n")),
        }
        ExitCode::from(FAILED)
    })
}

fn serve(connections: &[Connection], place: &Place, store: Store) -> Result<(), StartError> {
    let sites = Sites::new(connections, place, Rc::new(store));
    let mut micro = Micro::new().signals().grace(GRACE);
    for module in sites.modules {
        micro = micro.module(module);
    }
    let running = micro.start_service(&sites.service)?;
    // Who reads no addresses may still use them.
    let _ = print(exports(connections, &running).as_bytes());
    running.run()
}

/// What tells a shell, and the service that it starts, where the connections are.
fn exports(connections: &[Connection], running: &Running) -> String {
    let mut text = String::new();
    for connection in connections {
        let name = &connection.name;
        let Some(address) = running.address(name) else {
            continue;
        };
        let variable = environment_name(&format!("connection.{name}.url"));
        text += &format!("export {variable}=http://{address}\n");
    }
    text
}

fn place(matches: &ArgMatches, connections: &[Connection]) -> Result<Place, ExitCode> {
    let port = *matches.get_one::<u16>("port").expect("it has a default");
    let last = usize::from(port) + connections.len() - 1;
    if port > 0 && last > usize::from(u16::MAX) {
        let count = connections.len();
        complain(format_args!(
            "error: {count} connections need the ports from {port} to {last}, and the last one is 65535\n"
        ));
        return Err(ExitCode::from(MISUSED));
    }
    let host = matches.get_one::<String>("host");
    Ok(Place {
        host: host.expect("it has a default").clone(),
        port,
    })
}

/// The answers, all of them checked.
fn open(folder: Option<&PathBuf>, connections: &[Connection]) -> Result<Store, ExitCode> {
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        let folder = folder.display();
        complain(format_args!(
            "error: no folder `{folder}` for `--answers`\n  \
             = help: `micro mock FILE --write {folder}` makes it\n"
        ));
        return Err(ExitCode::from(MISUSED));
    }
    let store = Store::new(folder.cloned());
    complain(store.strays(connections));
    let resources = connections.iter().flat_map(resources);
    let wrong = resources
        .filter_map(|(connection, resource)| store.check(&connection.name, resource).err());
    let wrong: String = wrong.collect();
    match wrong.is_empty() {
        true => Ok(store),
        false => {
            complain(wrong);
            Err(ExitCode::from(FAILED))
        }
    }
}

fn resources(connection: &Connection) -> impl Iterator<Item = (&Connection, &Resource)> {
    let resources = connection.resources.iter();
    resources.map(move |resource| (connection, resource))
}

fn write(folder: &Path, connections: &[Connection]) -> Result<(), ExitCode> {
    let failed = |path: &Path, error: std::io::Error| {
        complain(format_args!(
            "error: cannot write `{}`: {error}\n",
            path.display()
        ));
        ExitCode::from(FAILED)
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    let mut made = String::new();
    for (connection, resource) in connections.iter().flat_map(resources) {
        let path = folder.join(answers::file_name(&connection.name, &resource.name));
        if answers::write_new(&path, resource).map_err(|error| failed(&path, error))? {
            made += &format!("{}\n", path.display());
        }
    }
    print(made.as_bytes())
}
