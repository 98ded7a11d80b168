//! What the lines have said and the settings have changed, as a service.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::time::Duration;

use micro_api::Config;
use micro_api::units::{find_bool, find_duration};

use super::draft::{Draft, ListenerDraft, RouteDraft};
use super::log::find_level;
use crate::config::{
    Bound, CALL_LIMITS, Connection, Database, DatabaseAddress, HeaderField, LIMITS, Listener, Log,
    OptionalArgument, Origin, Record, Resource, Route, SecretValues, Service, TlsFiles,
};

/// What a connection says of its calls, unless a resource does.
struct Manner {
    is_verbose: bool,
    timeout: Duration,
    deadline: Duration,
}

impl Manner {
    fn of(connection: &Connection) -> Manner {
        Manner {
            is_verbose: connection.is_verbose,
            timeout: connection.timeout,
            deadline: connection.deadline,
        }
    }
}

/// The settings by name.
struct Settings<'r> {
    values: HashMap<&'r str, &'r str>,
    /// Those whose values come from outside of the definition.
    set: HashSet<&'r str>,
    /// Those whose values are never shown.
    secrets: HashSet<&'r str>,
}

/// Makes the service.
pub(super) fn finish(draft: &mut Draft) -> Option<Service> {
    let settings = Settings::new(&draft.records);
    let config = Config::new(settings.values.iter().map(|(name, value)| (*name, *value)));
    let active = |name: &str| settings.is_true(&format!("server.{name}.is_active"));
    let listeners = std::mem::take(&mut draft.listeners);
    let mut listeners: Vec<Listener> = listeners
        .into_iter()
        .map(|listener| settings.finish_listener(listener))
        .collect();
    listeners.retain(|listener| active(&listener.name));
    let connections = std::mem::take(&mut draft.connections).into_iter();
    let databases = std::mem::take(&mut draft.databases).into_iter();
    let databases = databases.filter(|database| settings.is_true(&database.is_active));
    Some(Service {
        log: settings.log(),
        modules: draft.modules.take_found(),
        listeners,
        setups: std::mem::take(&mut draft.setups),
        teardowns: std::mem::take(&mut draft.teardowns),
        turns: std::mem::take(&mut draft.turns),
        tasks: std::mem::take(&mut draft.tasks),
        connections: connections
            .map(|connection| settings.finish_connection(connection))
            .collect(),
        databases: databases
            .map(|draft| settings.finish_database(draft.database))
            .collect(),
        proxies: std::mem::take(&mut draft.proxies),
        provides: std::mem::take(&mut draft.provides),
        requires: std::mem::take(&mut draft.requires),
        config,
        secrets: secrets(&draft.records),
    })
}

fn secrets(records: &[Record]) -> SecretValues {
    let secrets = records.iter().filter(|record| record.is_secret);
    SecretValues(secrets.filter_map(|record| record.value.clone()).collect())
}

impl<'r> Settings<'r> {
    fn new(records: &'r [Record]) -> Settings<'r> {
        let values = records.iter().filter_map(|record| {
            let value = record.value.as_deref()?;
            Some((record.name.as_str(), value))
        });
        let is_from_outside =
            |record: &&Record| !matches!(record.origin, Origin::Default | Origin::Definition(_));
        let set = records.iter().filter(is_from_outside);
        let secrets = records.iter().filter(|record| record.is_secret);
        Settings {
            values: values.collect(),
            set: set.map(|record| record.name.as_str()).collect(),
            secrets: secrets.map(|record| record.name.as_str()).collect(),
        }
    }

    fn find(&self, name: &str) -> Option<&'r str> {
        self.values.get(name).copied()
    }

    fn is_secret(&self, setting: Option<&str>) -> bool {
        setting.is_some_and(|name| self.secrets.contains(name))
    }

    fn text(&self, name: &str) -> String {
        self.find(name).unwrap_or_default().to_owned()
    }

    fn is_true(&self, name: &str) -> bool {
        self.find(name).and_then(find_bool).unwrap_or_default()
    }

    fn log(&self) -> Log {
        Log {
            name: self.text("log.name"),
            level: find_level(&self.text("log.level")),
            is_stdout: self.is_true("log.is_stdout"),
        }
    }

    fn finish_listener(&self, draft: ListenerDraft) -> Listener {
        let ListenerDraft {
            mut listener,
            routes,
            ..
        } = draft;
        let prefix = format!("server.{}", listener.name);
        listener.port = self.text(&format!("{prefix}.port")).parse().unwrap_or(0);
        listener.host = self.text(&format!("{prefix}.host"));
        listener.limits = self.limits(&prefix, LIMITS);
        listener.routes = routes.into_iter().map(finish_route).collect();
        listener
    }

    fn limits<L: Default>(&self, prefix: &str, table: &[Bound<L>]) -> L {
        let mut limits = L::default();
        for bound in table {
            if let Some(value) = self.find(&format!("{prefix}.{}", bound.limit.name)) {
                bound.read(&mut limits, value);
            }
        }
        limits
    }

    fn finish_connection(&self, mut connection: Connection) -> Connection {
        let prefix = format!("connection.{}", connection.name);
        let setting = |name: &str| self.find(&format!("{prefix}.{name}"));
        let file = |name: &str| setting(name).map(PathBuf::from);
        if let Some(url) = setting("url") {
            connection.url = Some(url.to_owned());
            // Who sets a URL from outside, such as that of a mock, means this one.
            if self.set.contains(format!("{prefix}.url").as_str()) {
                connection.url_function = None;
            }
        }
        connection.is_active = setting("is_active").and_then(find_bool).unwrap_or(true);
        connection.tls = TlsFiles {
            ca_file: file("ssl.cafile"),
            cert_file: file("ssl.certfile"),
            key_file: file("ssl.keyfile"),
        };
        connection.limits = self.limits(&prefix, CALL_LIMITS);
        let Manner {
            is_verbose,
            timeout,
            deadline,
        } = self.manner(&prefix, &Manner::of(&connection));
        (
            connection.is_verbose,
            connection.timeout,
            connection.deadline,
        ) = (is_verbose, timeout, deadline);
        self.finish_headers(&mut connection.headers);
        let manner = Manner::of(&connection);
        for resource in &mut connection.resources {
            self.finish_resource(&prefix, &manner, resource);
        }
        connection
    }

    fn finish_resource(&self, prefix: &str, manner: &Manner, resource: &mut Resource) {
        let prefix = format!("{prefix}.resource.{}", resource.name);
        let Manner {
            is_verbose,
            timeout,
            deadline,
        } = self.manner(&prefix, manner);
        (resource.is_verbose, resource.timeout, resource.deadline) =
            (is_verbose, timeout, deadline);
        self.finish_headers(&mut resource.headers);
        self.finish_arguments(&mut resource.optional);
    }

    /// How calls are made, as the settings with this prefix say, or else as it is handed in.
    fn manner(&self, prefix: &str, otherwise: &Manner) -> Manner {
        let setting = |name: &str| self.find(&format!("{prefix}.{name}"));
        let duration = |name: &str| setting(name).and_then(find_duration);
        Manner {
            is_verbose: setting("is_verbose")
                .and_then(find_bool)
                .unwrap_or(otherwise.is_verbose),
            timeout: duration("timeout").unwrap_or(otherwise.timeout),
            deadline: duration("deadline").unwrap_or(otherwise.deadline),
        }
    }

    fn finish_arguments(&self, arguments: &mut [OptionalArgument]) {
        for argument in arguments {
            if let Some(value) = argument.setting.as_ref().and_then(|name| self.find(name)) {
                argument.default = Some(value.to_owned());
            }
            argument.is_marked_secret |= self.is_secret(argument.setting.as_deref());
        }
    }

    fn finish_headers(&self, headers: &mut [HeaderField]) {
        for header in headers {
            if let Some(value) = header.setting.as_ref().and_then(|name| self.find(name)) {
                header.value = Some(value.to_owned());
            }
            header.is_marked_secret |= self.is_secret(header.setting.as_deref());
        }
    }

    fn finish_database(&self, mut database: Database) -> Database {
        let url = self.find(&format!("database.{}.url", database.name));
        if let (DatabaseAddress::Url(address), Some(url)) = (&mut database.address, url) {
            url.clone_into(address);
        }
        database
    }
}

// SILENT may stand below the methods: what they do not say themselves is known at the end.
fn finish_route(draft: RouteDraft) -> Route {
    let mut route = draft.route;
    for (endpoint, method) in route.endpoints.iter_mut().zip(draft.methods) {
        endpoint.is_silent = method.silent.unwrap_or(route.is_silent);
    }
    route
}
