//! A service while its lines are read.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::Options;
use super::arguments::{Arguments, Given};
use super::modules::Modules;
use super::names::SETTING;
use super::setting::{Setting, SettingValue, When};
use crate::config::{
    Connection, Database, Endpoint, EnumType, Listener, Origin, Place, Provides, Proxy, Record,
    Reference, Requires, Route, Task, ValueKind, environment_name,
};
use crate::diagnostics::{Diagnostic, Sources, Span};
use crate::files::Stamp;
use crate::router::Pattern;

/// What the lines have said so far. Nothing in it is checked against settings yet.
pub struct Draft<'o> {
    pub(super) options: &'o Options<'o>,
    pub(super) sources: Sources,
    /// The files that were read or looked for, and what they looked like before.
    pub(super) files: BTreeMap<PathBuf, Option<Stamp>>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) not_yet: Vec<Diagnostic>,
    pub(super) records: Vec<Record>,
    pub(super) names: HashMap<(&'static str, String), Span>,
    pub(super) modules: Modules,
    pub(super) enums: Vec<Rc<EnumType>>,
    pub(super) wrappers: Vec<(String, Reference)>,
    pub(super) config_servers: Vec<ConfigServer>,
    pub(super) setups: Vec<Reference>,
    pub(super) teardowns: Vec<Reference>,
    pub(super) turns: Vec<Reference>,
    pub(super) tasks: Vec<Task>,
    pub(super) listeners: Vec<ListenerDraft>,
    pub(super) connections: Vec<Connection>,
    pub(super) databases: Vec<DatabaseDraft>,
    pub(super) proxies: Vec<Proxy>,
    pub(super) provides: Vec<Provides>,
    pub(super) requires: Vec<Requires>,
}

/// A `CONFIG_SERVER`, until its SERVER comes.
pub(super) struct ConfigServer {
    pub(super) name: String,
    pub(super) port: Given,
    pub(super) span: Span,
    pub(super) is_used: bool,
}

/// A DATABASE.
pub(super) struct DatabaseDraft {
    pub(super) database: Database,
    /// The setting that says whether it is used.
    pub(super) is_active: String,
    pub(super) word_span: Span,
}

/// A SERVER.
pub(super) struct ListenerDraft {
    pub(super) listener: Listener,
    pub(super) routes: Vec<RouteDraft>,
    pub(super) span: Span,
    pub(super) name_span: Span,
}

/// A ROUTE.
pub(super) struct RouteDraft {
    pub(super) route: Route,
    pub(super) pattern: Option<Pattern>,
    pub(super) arguments: usize,
    pub(super) is_proxied: bool,
    /// More about each of its methods.
    pub(super) methods: Vec<MethodDraft>,
    pub(super) span: Span,
}

/// A GET, POST and so on.
pub(super) struct MethodDraft {
    /// What `silent=` says.
    pub(super) silent: Option<bool>,
    /// The place of its handler's name.
    pub(super) handler: Span,
    /// The places of its wrappers' names.
    pub(super) wrappers: Vec<Span>,
    /// The places of its CONTENT lines.
    pub(super) content: Vec<Span>,
}

impl<'o> Draft<'o> {
    pub(super) fn new(options: &'o Options<'o>) -> Draft<'o> {
        Draft {
            options,
            sources: Sources::default(),
            files: BTreeMap::new(),
            diagnostics: Vec::new(),
            not_yet: Vec::new(),
            records: Vec::new(),
            names: HashMap::new(),
            modules: Modules::default(),
            enums: Vec::new(),
            wrappers: Vec::new(),
            config_servers: Vec::new(),
            setups: Vec::new(),
            teardowns: Vec::new(),
            turns: Vec::new(),
            tasks: Vec::new(),
            listeners: Vec::new(),
            connections: Vec::new(),
            databases: Vec::new(),
            proxies: Vec::new(),
            provides: Vec::new(),
            requires: Vec::new(),
        }
    }

    /// Tells a mistake.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Notes that the service depends on a file, before that is looked for.
    pub(super) fn depend_on(&mut self, path: &Path) {
        if !self.files.contains_key(path) {
            self.files.insert(path.to_owned(), Stamp::of(path));
        }
    }

    /// A place as the service remembers it.
    pub(super) fn place(&self, span: Span) -> Place {
        let location = self.sources.location(span);
        Place {
            file: location.name.into(),
            line: location.line,
        }
    }

    /// The file that a word means: a relative path starts at the folder of the file that has it.
    pub(super) fn file_of(&self, given: &Given) -> PathBuf {
        let source = Path::new(self.sources.name(given.span.file));
        let folder = source.parent().unwrap_or(Path::new(""));
        folder.join(&given.text)
    }

    /// The server that lines belong to now.
    pub(super) fn listener(&mut self) -> &mut ListenerDraft {
        self.listeners
            .last_mut()
            .expect("a line is applied inside what it must stand inside of")
    }

    /// The route that lines belong to now.
    pub(super) fn route(&mut self) -> &mut RouteDraft {
        let routes = &mut self.listener().routes;
        routes
            .last_mut()
            .expect("a line is applied inside what it must stand inside of")
    }

    /// The method that lines belong to now.
    pub(super) fn endpoint(&mut self) -> &mut Endpoint {
        let endpoints = &mut self.route().route.endpoints;
        endpoints
            .last_mut()
            .expect("a line is applied inside what it must stand inside of")
    }

    /// The connection that lines belong to now.
    pub(super) fn connection(&mut self) -> &mut Connection {
        self.connections
            .last_mut()
            .expect("a line is applied inside what it must stand inside of")
    }

    /// The resource that lines belong to now.
    pub(super) fn resource(&mut self) -> &mut crate::config::Resource {
        let resources = &mut self.connection().resources;
        resources
            .last_mut()
            .expect("a line is applied inside what it must stand inside of")
    }

    /// Makes the settings of a line.
    pub(super) fn add_settings(&mut self, arguments: &Arguments) {
        for setting in arguments.directive.settings {
            let is_made = match setting.when {
                When::Always => true,
                When::In(scope) => arguments.scope == scope,
                When::Given(parameter) => arguments.find(parameter).is_some(),
                When::If(is_so) => is_so(arguments),
                When::NotGiven(parameter) => arguments.find(parameter).is_none(),
            };
            let filled = is_made
                .then(|| self.fill(setting.name, arguments))
                .flatten();
            if let Some((name, spelled)) = filled {
                self.add_setting(setting, name, spelled, arguments);
            }
        }
        self.add_limits(arguments);
    }

    fn add_limits(&mut self, arguments: &Arguments) {
        let (prefix, limits) = arguments.directive.limits();
        for limit in limits {
            let template = format!("{prefix}{}", limit.name);
            let Some((name, spelled)) = self.fill(&template, arguments) else {
                continue;
            };
            let mut environment = vec![environment_name(&name), spelled];
            environment.dedup();
            self.add_record(Record {
                name,
                aliases: Vec::new(),
                environment,
                kind: ValueKind::Limit(limit),
                value: Some(limit.default.to_owned()),
                origin: Origin::Default,
                is_secret: false,
                summary: limit.summary.to_owned(),
                span: Some(arguments.span),
            });
        }
    }

    fn add_setting(
        &mut self,
        setting: &Setting,
        name: String,
        spelled: String,
        arguments: &Arguments,
    ) {
        let (value, origin) = match setting.value {
            SettingValue::Unset => (None, Origin::Default),
            SettingValue::Fixed(value) => (Some(value.to_owned()), Origin::Default),
            SettingValue::Parameter(parameter) => match arguments.find(parameter) {
                Some(given) => (Some(given.text.clone()), Origin::Definition(given.span)),
                None => (
                    arguments.find_text(parameter).map(str::to_owned),
                    Origin::Default,
                ),
            },
        };
        // `validate=` of the line says more than the table can.
        let kind = arguments.validator().unwrap_or(setting.kind);
        let fill = |template: &&str| self.fill(template, arguments).map(|(name, _)| name);
        let mut environment = vec![environment_name(&name), spelled];
        environment.dedup();
        if let Some(name) = setting.environment {
            environment.insert(0, name.to_owned());
        }
        let aliases = setting.aliases.iter().filter_map(fill).collect();
        self.add_record(Record {
            name,
            aliases,
            environment,
            kind,
            // A value of the wrong kind was told when the line was read.
            value: value.filter(|value| kind.accepts(value)),
            origin,
            is_secret: setting.is_secret || arguments.is_secret(),
            summary: setting.doc.to_owned(),
            span: Some(arguments.span),
        });
    }

    /// Adds a setting. One of the same name stays as it is: lines may share a setting, but not
    /// with a CONFIG.
    pub(super) fn add_record(&mut self, record: Record) {
        let mut records = self.records.iter_mut();
        let Some(known) = records.find(|known| known.name == record.name) else {
            return self.records.push(record);
        };
        // One line that calls it a secret is enough.
        known.is_secret |= record.is_secret;
        let declared = self.names.get(&(SETTING, record.name.clone()));
        if let (Some(config), Some(span)) = (declared, record.span) {
            let message = format!("setting `{}` is declared twice", record.name);
            let diagnostic = Diagnostic::error(message)
                .at(*config)
                .label(span, "this line makes it");
            self.report(diagnostic);
        }
    }

    /// The name of a setting, and its environment name with the user's own words in their own
    /// case, as spindrift spells it.
    pub(super) fn fill(&self, template: &str, arguments: &Arguments) -> Option<(String, String)> {
        let (mut name, mut spelled) = (String::new(), String::new());
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once('{') {
            let (key, behind) = behind.split_once('}')?;
            let connection = self.connections.last();
            let word = match key {
                "connection" => connection?.name.clone(),
                "resource" => connection?.resources.last()?.name.clone(),
                parameter => arguments.find(parameter)?.text.clone(),
            };
            if word.is_empty() {
                return None;
            }
            name.extend([before, &word]);
            spelled.push_str(&environment_name(before));
            spelled.push_str(&word.replace(['.', '-'], "_"));
            rest = behind;
        }
        name.push_str(rest);
        spelled.push_str(&environment_name(rest));
        Some((name, spelled))
    }

    /// Remembers that a definition with this line can be checked, but not run.
    pub(super) fn refuse_to_run(&mut self, word: &str, span: Span, help: Option<String>) {
        let message = format!("`{word}` is checked but cannot run yet");
        self.not_yet
            .push(Diagnostic::error(message).at(span).help_if(help));
    }
}
