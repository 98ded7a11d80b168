//! What the lines have said and the settings have changed, as a service.

use std::collections::HashMap;

use micro_api::Config;
use micro_api::units::{find_bool, find_duration};

use super::draft::{Draft, ListenerDraft, RouteDraft};
use super::log::find_level;
use crate::config::{
    Connection, Database, DatabaseAddress, HeaderField, LIMITS, Limits, Listener, Log,
    OptionalArgument, Record, Route, Service,
};

/// The settings by name.
struct Settings<'r> {
    values: HashMap<&'r str, &'r str>,
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
    })
}

impl<'r> Settings<'r> {
    fn new(records: &'r [Record]) -> Settings<'r> {
        let values = records.iter().filter_map(|record| {
            let value = record.value.as_deref()?;
            Some((record.name.as_str(), value))
        });
        Settings {
            values: values.collect(),
        }
    }

    fn find(&self, name: &str) -> Option<&'r str> {
        self.values.get(name).copied()
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
        listener.limits = self.limits(&prefix);
        listener.routes = routes.into_iter().map(finish_route).collect();
        listener
    }

    fn limits(&self, prefix: &str) -> Limits {
        let mut limits = Limits::default();
        for limit in LIMITS {
            let value = self.find(&format!("{prefix}.{}", limit.name));
            if let Some((number, duration)) = value.and_then(|value| limit.find(value)) {
                limit.set(&mut limits, number, duration);
            }
        }
        limits
    }

    fn finish_connection(&self, mut connection: Connection) -> Connection {
        let prefix = format!("connection.{}", connection.name);
        if let Some(url) = self.find(&format!("{prefix}.url")) {
            connection.url = Some(url.to_owned());
        }
        connection.is_verbose = self.is_true(&format!("{prefix}.is_verbose"));
        let timeout = self.find(&format!("{prefix}.timeout"));
        connection.timeout = timeout
            .and_then(find_duration)
            .unwrap_or(connection.timeout);
        self.finish_headers(&mut connection.headers);
        let (is_verbose, timeout) = (connection.is_verbose, connection.timeout);
        for resource in &mut connection.resources {
            let prefix = format!("{prefix}.resource.{}", resource.name);
            let own = self
                .find(&format!("{prefix}.is_verbose"))
                .and_then(find_bool);
            resource.is_verbose = own.unwrap_or(is_verbose);
            let own = self
                .find(&format!("{prefix}.timeout"))
                .and_then(find_duration);
            resource.timeout = own.unwrap_or(timeout);
            self.finish_headers(&mut resource.headers);
            self.finish_arguments(&mut resource.optional);
        }
        connection
    }

    fn finish_arguments(&self, arguments: &mut [OptionalArgument]) {
        for argument in arguments {
            if let Some(value) = argument.setting.as_ref().and_then(|name| self.find(name)) {
                argument.default = Some(value.to_owned());
            }
        }
    }

    fn finish_headers(&self, headers: &mut [HeaderField]) {
        for header in headers {
            if let Some(value) = header.setting.as_ref().and_then(|name| self.find(name)) {
                header.value = Some(value.to_owned());
            }
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
