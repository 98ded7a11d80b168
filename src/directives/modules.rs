//! The modules that a definition names: each is looked up once, and told of once if it cannot be
//! had.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use micro_api::host::{Kind, ModuleInfo};

use super::arguments::Given;
use super::draft::Draft;
use crate::config::{BrokenModule, Catalogue, FoundModule, ModuleRefusal};
use crate::diagnostics::{Diagnostic, Span, nearest, suggest};

/// What is known of the modules that a definition names.
#[derive(Default)]
pub(super) struct Modules {
    pub(super) pins: Vec<Pin>,
    named: BTreeSet<String>,
    found: Vec<Rc<FoundModule>>,
    positions: HashMap<String, usize>,
    refused: Vec<Refused>,
    /// What the catalogue has, once it was asked.
    names: OnceCell<Vec<String>>,
    /// What a line that is wrong otherwise would have said something about.
    excused: HashSet<String>,
}

/// A MODULE line.
pub(super) struct Pin {
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// The path as the line has it.
    pub(super) written: String,
    pub(super) span: Span,
}

impl Pin {
    /// The line that would pin the module of this name in this file.
    fn line(name: &str, path: &str) -> String {
        let quote = if path.contains(char::is_whitespace) {
            "\""
        } else {
            ""
        };
        format!("MODULE {name} {quote}{path}{quote}")
    }

    /// The line with another file of the same folder, the nearest, or which ones there are.
    fn suggest_file(&self, others: &[String]) -> Option<String> {
        let path = Path::new(&self.written);
        let file = path.file_name()?.to_str()?;
        let others = others.iter().map(String::as_str);
        match nearest(file, others.clone()).first() {
            Some(near) => {
                let near = path.with_file_name(near).display().to_string();
                Some(format!("did you mean `{}`?", Pin::line(&self.name, &near)))
            }
            None => suggest(file, others),
        }
    }
}

/// A module that cannot be had, and where it is named.
struct Refused {
    name: String,
    refusal: ModuleRefusal,
    uses: Vec<(Given, Kind)>,
}

impl Modules {
    /// Remembers that a line names this module.
    pub(super) fn name(&mut self, module: &str) {
        if !self.named.contains(module) {
            self.named.insert(module.to_owned());
        }
    }

    /// Says no more of this module: what there is to say was said of its line.
    pub(super) fn excuse(&mut self, module: String) {
        self.excused.insert(module);
    }

    /// The module of this name, if it was found.
    pub(super) fn find(&self, name: &str) -> Option<&Rc<FoundModule>> {
        self.positions.get(name).map(|at| &self.found[*at])
    }

    /// The modules that were found, in the order in which they were named.
    pub(super) fn take_found(&mut self) -> Vec<FoundModule> {
        let found = std::mem::take(&mut self.found);
        found.into_iter().map(Rc::unwrap_or_clone).collect()
    }
}

impl Draft<'_> {
    /// The module of this name, which a line names for a function of this kind. That there is none
    /// is told when all lines that name it are known.
    pub(super) fn find_module(
        &mut self,
        name: &str,
        given: &Given,
        kind: Kind,
    ) -> Option<Rc<FoundModule>> {
        if let Some(found) = self.modules.find(name) {
            return Some(Rc::clone(found));
        }
        let mut refused = self.modules.refused.iter_mut();
        if let Some(refused) = refused.find(|refused| refused.name == name) {
            refused.uses.push((given.clone(), kind));
            return None;
        }
        self.depend_on_files(name);
        match self.look_up(name)? {
            Ok(found) => {
                let found = Rc::new(found);
                let position = self.modules.found.len();
                self.modules.positions.insert(name.to_owned(), position);
                self.modules.found.push(Rc::clone(&found));
                Some(found)
            }
            Err(refusal) => {
                self.modules.refused.push(Refused {
                    name: name.to_owned(),
                    refusal,
                    uses: vec![(given.clone(), kind)],
                });
                None
            }
        }
    }

    // What is looked for now may be there when the definition is read again.
    fn depend_on_files(&mut self, name: &str) {
        let files = match (self.pinned(name), self.options.catalogue) {
            (Some(path), _) => vec![path.to_owned()],
            (None, Some(catalogue)) => catalogue.files(name),
            (None, None) => Vec::new(),
        };
        for file in files {
            self.depend_on(&file);
        }
    }

    fn pinned(&self, name: &str) -> Option<&Path> {
        let pin = self.modules.pins.iter().find(|pin| pin.name == name);
        pin.map(|pin| pin.path.as_path())
    }

    fn look_up(&self, name: &str) -> Option<Result<FoundModule, ModuleRefusal>> {
        let catalogue = self.options.catalogue?;
        Some(catalogue.find(name, self.pinned(name)))
    }

    /// Tells of each module that cannot be had, at the first line that names it.
    pub(super) fn tell_refused_modules(&mut self) {
        let refused = std::mem::take(&mut self.modules.refused);
        for refused in refused {
            if self.modules.excused.contains(&refused.name) {
                continue;
            }
            let first = refused
                .uses
                .iter()
                .min_by_key(|(given, _)| self.sources.reading_order(given.span));
            let (given, kind) = first.expect("what is refused was named");
            let mut pins = self.modules.pins.iter();
            let pin = pins.find(|pin| pin.name == refused.name);
            let diagnostic = match &refused.refusal {
                ModuleRefusal::Absent { files, searched } => {
                    self.absent(&refused.name, given, *kind, files, searched)
                }
                ModuleRefusal::NoFile { path, others } => {
                    let (name, path) = (&refused.name, path.display());
                    let message =
                        format!("module `{name}` cannot be used: there is no file `{path}`");
                    Diagnostic::error(message)
                        .at(given.span)
                        .help_if(pin.and_then(|pin| pin.suggest_file(others)))
                }
                ModuleRefusal::Broken(broken) => match (pin, &broken.is_called) {
                    (Some(pin), Some(name)) => of_other_name(broken, pin, name, given),
                    _ => broken.diagnostic().at(given.span),
                },
            };
            self.report(match pin {
                Some(pin) => diagnostic.label(pin.span, "its file is named here"),
                None => diagnostic,
            });
        }
    }

    fn absent(
        &self,
        name: &str,
        given: &Given,
        kind: Kind,
        files: &[String],
        searched: &[String],
    ) -> Diagnostic {
        let diagnostic = Diagnostic::error(format!("there is no module `{name}`")).at(given.span);
        let in_words: Vec<String> = files.iter().map(|file| format!("`{file}`")).collect();
        let diagnostic = match files.is_empty() {
            true => diagnostic,
            false => diagnostic.note(format!(
                "searched for {} in {}",
                in_words.join(" or "),
                searched.join(", ")
            )),
        };
        let near = self
            .nearest_functions(&given.text, kind)
            .or_else(|| self.nearest_modules(name));
        match near {
            Some(near) => diagnostic.help(near),
            None => diagnostic
                .help_if(self.linked_modules())
                .help_if(files.first().map(|file| {
                    format!(
                        "say where it is with `--modules DIR`, or a line such as `MODULE {name} path/to/{file}`"
                    )
                })),
        }
    }

    fn nearest_modules(&self, name: &str) -> Option<String> {
        let near = nearest(name, self.module_names().iter().map(String::as_str));
        match near.is_empty() {
            true => None,
            false => suggest(name, near),
        }
    }

    // Folders are read for this, and a definition may have many mistakes.
    fn module_names(&self) -> &[String] {
        let names = || {
            self.options
                .catalogue
                .map_or_else(Vec::new, Catalogue::names)
        };
        self.modules.names.get_or_init(names)
    }

    fn linked_modules(&self) -> Option<String> {
        let linked = self.options.catalogue?.linked();
        let names: Vec<String> = linked.iter().map(|one| format!("`{}`", one.name)).collect();
        (!names.is_empty()).then(|| format!("linked modules: {}", names.join(", ")))
    }

    /// The modules that a wrong name could be meant to find: those at hand, and those whose names
    /// are near to this one.
    pub(super) fn known_modules(&self, name: &str) -> Vec<ModuleInfo> {
        let Some(catalogue) = self.options.catalogue else {
            return Vec::new();
        };
        let mut known: Vec<ModuleInfo> = Vec::new();
        let near = nearest(name, self.module_names().iter().map(String::as_str));
        let near = near
            .into_iter()
            .filter(|name| self.modules.find(name).is_none())
            .filter_map(|name| Some(self.look_up(name)?.ok()?.info));
        let found = self.modules.found.iter().map(|found| found.info.clone());
        for module in near.chain(found).chain(catalogue.linked()) {
            if known.iter().all(|one| one.name != module.name) {
                known.push(module);
            }
        }
        known
    }

    /// MODULE lines without effect.
    pub(super) fn idle_pins(&self) -> Vec<Diagnostic> {
        let idle = self.modules.pins.iter();
        let idle = idle.filter(|pin| !self.modules.named.contains(&pin.name));
        idle.map(|pin| {
            Diagnostic::warning(format!("no line names a function of module `{}`", pin.name))
                .at(pin.span)
                .help_if(suggest(
                    &pin.name,
                    self.modules.named.iter().map(String::as_str),
                ))
        })
        .collect()
    }
}

// The line that pins it is what to change, and not the name of its file.
fn of_other_name(broken: &BrokenModule, pin: &Pin, name: &str, given: &Given) -> Diagnostic {
    let function = given.text.strip_prefix(&pin.name).unwrap_or_default();
    let help = format!(
        "write `{}`, and `{name}{function}` instead of `{}`",
        Pin::line(name, &pin.written),
        given.text
    );
    let broken = BrokenModule {
        help: Some(help),
        ..broken.clone()
    };
    broken.diagnostic().at(given.span)
}
