//! Names of functions, types, enums and wrappers: what they stand for, or why for nothing.

use std::rc::Rc;

use micro_api::host::{Kind, ModuleInfo};

use super::arguments::{Arguments, Given};
use super::draft::Draft;
use crate::config::{ArgumentType, Reference};
use crate::diagnostics::{Diagnostic, Span, nearest, suggest};

/// The types that need no function.
const TYPES: &[(&str, ArgumentType)] = &[
    ("int", ArgumentType::Int),
    ("count", ArgumentType::Count),
    ("float", ArgumentType::Float),
    ("bool", ArgumentType::Bool),
    ("uuid", ArgumentType::Uuid),
    ("str", ArgumentType::Text),
];

/// The word for a type that needs no function.
pub(super) fn find_word(argument_type: &ArgumentType) -> Option<&'static str> {
    let mut types = TYPES.iter();
    let known = types.find(|(_, known)| known == argument_type);
    known.map(|(word, _)| *word)
}

impl Draft<'_> {
    /// The function of this kind that a parameter names.
    pub(super) fn function(
        &mut self,
        arguments: &Arguments,
        parameter: &str,
        kind: Kind,
    ) -> Option<Reference> {
        let given = arguments.find(parameter)?;
        self.resolve(given, kind)
    }

    /// The function that a parameter names, not looked up.
    pub(super) fn path(&mut self, arguments: &Arguments, parameter: &str) -> Option<Reference> {
        let given = arguments.find(parameter)?;
        self.split_path(given, "a function")
    }

    /// The function of this kind with this name.
    pub(super) fn resolve(&mut self, given: &Given, kind: Kind) -> Option<Reference> {
        let expected = kind.describe();
        let reference = self.split_path(given, expected)?;
        if self.options.catalogue.is_none() {
            return Some(reference);
        }
        let module = self.find_module(&reference.module, given, kind)?;
        let found = module.info.find(&reference.function).map(|one| one.kind);
        if found == Some(kind) {
            return Some(reference);
        }
        let near = self.nearest_functions(&given.text, kind);
        let diagnostic = match found {
            Some(found) => {
                let message = format!(
                    "`{}` is {}, expected {expected}",
                    given.text,
                    found.describe()
                );
                Diagnostic::error(message).help_if(near)
            }
            None => {
                let help = near.unwrap_or_else(|| functions_of(&module.info, kind));
                Diagnostic::error(format!("unknown {} `{}`", kind.word(), given.text)).help(help)
            }
        };
        self.report(diagnostic.at(given.span));
        None
    }

    // A module's name may have dots: the function is behind the last one.
    fn split_path(&mut self, given: &Given, expected: &str) -> Option<Reference> {
        match given.text.rsplit_once('.') {
            _ if given.text.is_empty() => None,
            Some((module, function)) if !given.text.split('.').any(str::is_empty) => {
                self.modules.name(module);
                Some(Reference {
                    module: module.to_owned(),
                    function: function.to_owned(),
                })
            }
            _ => {
                let message = format!(
                    "expected {expected} as `module.function`, found `{}`",
                    given.text
                );
                let help = self.find_by_last_name(&given.text);
                self.report(Diagnostic::error(message).at(given.span).help(help));
                None
            }
        }
    }

    fn find_by_last_name(&self, name: &str) -> String {
        let modules = self.known_modules(name);
        let mut functions = modules.iter().flat_map(|module| {
            let functions = module.functions.iter();
            functions.map(move |function| (module, function))
        });
        match functions.find(|(_, function)| function.name == name) {
            Some((module, _)) => format!("did you mean `{}.{name}`?", module.name),
            None => "a function is named with its module, such as `ping.ping`".to_owned(),
        }
    }

    /// The functions of this kind that a name resembles, as help.
    pub(super) fn nearest_functions(&self, name: &str, kind: Kind) -> Option<String> {
        let module = name.rsplit_once('.').map_or(name, |(module, _)| module);
        let modules = self.known_modules(module);
        let all: Vec<String> = modules.iter().flat_map(|one| paths(one, kind)).collect();
        let near = nearest(name, all.iter().map(String::as_str));
        match near.is_empty() {
            true => None,
            false => suggest(name, near),
        }
    }

    /// The type that `type=` and `enum=` say.
    pub(super) fn argument_type(&mut self, arguments: &Arguments) -> ArgumentType {
        if let (Some(_), Some(given)) = (arguments.find("type"), arguments.find("enum")) {
            let message = "`type` and `enum` exclude each other";
            self.report(Diagnostic::error(message).at(given.span));
            return ArgumentType::Text;
        }
        let find = |name| arguments.find(name).filter(|given| !given.text.is_empty());
        if let Some(given) = find("enum") {
            return self.enum_type(given).unwrap_or_default();
        }
        let Some(given) = find("type") else {
            return ArgumentType::Text;
        };
        if let Some((_, known)) = TYPES.iter().find(|(name, _)| *name == given.text) {
            return known.clone();
        }
        if given.text.contains('.') {
            let function = self.resolve(given, Kind::Type);
            return function.map(ArgumentType::Function).unwrap_or_default();
        }
        let diagnostic = self.unknown_type(given);
        self.report(diagnostic);
        ArgumentType::Text
    }

    fn unknown_type(&self, given: &Given) -> Diagnostic {
        let types = TYPES.iter().map(|(name, _)| *name);
        let help = if self.enums.iter().any(|known| known.name == given.text) {
            Some(format!("`{0}` is an `ENUM`: write `enum={0}`", given.text))
        } else {
            suggest(&given.text, types)
        };
        Diagnostic::error(format!("unknown type `{}`", given.text))
            .at(given.span)
            .help_if(help)
    }

    fn enum_type(&mut self, given: &Given) -> Option<ArgumentType> {
        let found = self.enums.iter().find(|known| known.name == given.text);
        if let Some(found) = found {
            return Some(ArgumentType::Enum(Rc::clone(found)));
        }
        let names = self.enums.iter().map(|known| known.name.as_str());
        let help = suggest(&given.text, names)
            .unwrap_or_else(|| format!("declare it: `ENUM {} first second`", given.text));
        let message = format!("no `ENUM` is called `{}`", given.text);
        self.report(Diagnostic::error(message).at(given.span).help(help));
        None
    }

    /// The wrappers that `wrap=` names, the outermost first, each with its place there.
    pub(super) fn find_wrappers(&mut self, arguments: &Arguments) -> Vec<(Reference, Span)> {
        let given = arguments.find("wrap").cloned();
        let Some(given) = given.filter(|given| !given.text.is_empty()) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let mut start = 0;
        for part in given.text.split(',') {
            let name = part.trim();
            let at = start + part.len() - part.trim_start().len();
            start += part.len() + 1;
            let span = given.part(at..at + name.len());
            if let Some((_, reference)) = self.wrappers.iter().find(|(known, _)| known == name) {
                found.push((reference.clone(), span));
                continue;
            }
            let diagnostic = self.unknown_wrapper(name);
            self.report(diagnostic.at(span));
        }
        found
    }

    fn unknown_wrapper(&self, name: &str) -> Diagnostic {
        if name.is_empty() {
            return Diagnostic::error("expected the name of a `WRAP` between the commas");
        }
        let known = self.wrappers.iter().map(|(name, _)| name.as_str());
        let help = suggest(name, known)
            .unwrap_or_else(|| format!("declare it: `WRAP {name} module.function`"));
        Diagnostic::error(format!("no `WRAP` is called `{name}`")).help(help)
    }
}

fn paths(module: &ModuleInfo, kind: Kind) -> impl Iterator<Item = String> {
    let functions = module.functions.iter();
    let functions = functions.filter(move |function| function.kind == kind);
    functions.map(|function| format!("{}.{}", module.name, function.name))
}

fn functions_of(module: &ModuleInfo, kind: Kind) -> String {
    let functions: Vec<String> = paths(module, kind)
        .map(|path| format!("`{path}`"))
        .collect();
    match functions.as_slice() {
        [] => format!("module `{}` has none of this kind", module.name),
        _ => format!("module `{}` has {}", module.name, functions.join(", ")),
    }
}
