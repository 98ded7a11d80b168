//! From a definition to a service: the one way in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::arguments::Arguments;
use super::bind::Binder;
use super::draft::Draft;
use super::place::{Placed, Placer};
use super::source::{Source, read, read_config};
use super::{finish, log, whole};
use crate::config::{Catalogue, Record, Service, ValueKind, parse_file, resolve};
use crate::diagnostics::{Diagnostic, Sources, has_errors, sort};
use crate::files::{Accept, Stamp};
use crate::syntax::Line;

/// What a definition is read with.
#[derive(Clone, Debug, Default)]
pub struct Options<'c> {
    /// The modules that the definition may name. Without it, names of functions are not looked up:
    /// the language alone is judged.
    pub catalogue: Option<&'c dyn Catalogue>,
    /// The environment: for `${…}` and for settings.
    pub environment: BTreeMap<String, String>,
    /// The configuration file.
    pub config: Option<Source>,
    /// Which files are read.
    pub accept: Accept,
}

/// What came of a definition.
#[derive(Debug)]
pub struct Loaded {
    /// The service, if there was no error.
    pub service: Option<Service>,
    /// Everything there is to say about the definition, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into.
    pub sources: Sources,
    /// Every setting, with its value and where that comes from.
    pub records: Vec<Record>,
    files: BTreeMap<PathBuf, Option<Stamp>>,
    not_yet: Vec<Diagnostic>,
}

impl Loaded {
    /// The files that the service depends on: when one of them changes, appears or goes, loading
    /// may give something else. With each comes what it looked like before it was read; `None` is
    /// one that was not there, or is no regular file. Also after errors.
    pub fn files(&self) -> impl Iterator<Item = (&Path, Option<Stamp>)> {
        self.files
            .iter()
            .map(|(path, stamp)| (path.as_path(), *stamp))
    }

    /// Why this service, which may be checked, cannot run; empty if it can.
    #[must_use]
    pub fn refuse_to_run(&self) -> &[Diagnostic] {
        &self.not_yet
    }

    /// Whether the definition has an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        has_errors(&self.diagnostics)
    }
}

/// Reads a definition and makes a service of it.
///
/// ```
/// use micro::directives::{Options, Source, load};
///
/// let lines = ["SERVER useless 12345", "ROUTE /test/ping$", "GET ping.ping"];
/// let source = Source::Lines(lines.map(str::to_owned).to_vec());
/// let loaded = load(&source, &Options::default());
/// let service = loaded.service.expect("the definition is right");
/// assert_eq!(service.listeners[0].port, 12345);
/// ```
#[must_use]
pub fn load(source: &Source, options: &Options<'_>) -> Loaded {
    let mut draft = Draft::new(options);
    let lines = read(&mut draft, source);
    let placed = place(&mut draft, lines);
    apply(&mut draft, &placed);
    draft.tell_refused_modules();
    override_settings(&mut draft);
    whole::check(&mut draft);
    let mut service = finish::finish(&mut draft);
    let Draft {
        mut diagnostics,
        mut not_yet,
        mut sources,
        records,
        files,
        ..
    } = draft;
    sort(&mut diagnostics, &sources);
    sort(&mut not_yet, &sources);
    hide_secrets(&records, &mut sources);
    if has_errors(&diagnostics) {
        service = None;
    }
    Loaded {
        service,
        diagnostics,
        sources,
        records,
        files,
        not_yet,
    }
}

fn place(draft: &mut Draft, lines: Vec<Line>) -> Vec<(Arguments, bool)> {
    let mut placer = Placer::new();
    let mut bound = Vec::new();
    for line in lines {
        let placed = placer.place(line, &draft.sources, &mut draft.diagnostics);
        let Some(Placed {
            directive,
            line,
            scope,
            is_lost,
        }) = placed
        else {
            continue;
        };
        let mut binder = Binder {
            environment: &draft.options.environment,
            sources: &mut draft.sources,
            diagnostics: &mut draft.diagnostics,
        };
        bound.push((binder.bind(directive, &line, scope), is_lost));
    }
    bound
}

// What others may name comes first, wherever it stands.
fn apply(draft: &mut Draft, lines: &[(Arguments, bool)]) {
    log::add_defaults(draft);
    let said = lines
        .iter()
        .filter(|(_, is_lost)| !is_lost)
        .map(|(arguments, _)| arguments);
    let mut said: Vec<&Arguments> = said.collect();
    said.sort_by_key(|arguments| arguments.directive.turn);
    for arguments in said {
        (arguments.directive.apply)(draft, arguments);
        draft.add_settings(arguments);
    }
}

fn override_settings(draft: &mut Draft) {
    let mut entries = Vec::new();
    if let Some(source) = &draft.options.config
        && let Some(file) = read_config(draft, source)
    {
        for entry in parse_file(file, draft.sources.text(file)) {
            match entry {
                Ok(entry) => entries.push(entry),
                Err(wrong) => {
                    draft.sources.hide(wrong.secret);
                    draft.report(wrong.diagnostic);
                }
            }
        }
    }
    depend_on_files_of_settings(draft);
    let environment = &draft.options.environment;
    let mistakes = resolve(
        &mut draft.records,
        &entries,
        environment,
        draft.options.accept,
        &mut draft.sources,
    );
    draft.diagnostics.extend(mistakes);
    let files = draft
        .records
        .iter()
        .filter(|one| matches!(one.kind, ValueKind::File));
    for path in files
        .filter_map(|one| one.value.clone())
        .collect::<Vec<_>>()
    {
        draft.depend_on(Path::new(&path));
    }
}

/// The files that variables such as `NAME_FILE` name.
fn depend_on_files_of_settings(draft: &mut Draft) {
    let environment = &draft.options.environment;
    let variables = draft.records.iter().flat_map(|record| &record.environment);
    let files = variables.filter_map(|variable| environment.get(&format!("{variable}_FILE")));
    for path in files.cloned().collect::<Vec<_>>() {
        draft.depend_on(Path::new(&path));
    }
}

fn hide_secrets(records: &[Record], sources: &mut Sources) {
    let secrets = records.iter().filter(|record| record.is_secret);
    for span in secrets.filter_map(|record| record.origin.span()) {
        sources.hide(span);
    }
}
