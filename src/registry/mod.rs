//! Handler names and what they stand for: the modules there are, and those a service has opened.

mod copy;
mod error;
mod packs;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use micro_api::Config;
use micro_api::host::{AnyModule, Function, Kind, panic_text};

use crate::config::Reference;
pub use copy::PrivateCopy;
pub use error::RegistryError;

/// The modules whose functions a definition may name.
#[derive(Default)]
pub struct Registry {
    modules: Vec<Box<dyn AnyModule>>,
}

impl Registry {
    /// A registry without any module.
    #[must_use]
    pub fn new() -> Registry {
        Registry::default()
    }

    /// The modules that are linked into this program.
    ///
    /// # Panics
    ///
    /// If two of them have the same name, which a test rules out.
    #[must_use]
    pub fn linked() -> Registry {
        let mut registry = Registry::new();
        for module in packs::linked() {
            registry
                .add_boxed(module)
                .expect("linked modules have names of their own");
        }
        registry
    }

    /// Adds a module.
    ///
    /// # Errors
    ///
    /// If there is a module of this name already, or two functions in it have the same name.
    pub fn add(&mut self, module: impl AnyModule + 'static) -> Result<(), RegistryError> {
        self.add_boxed(Box::new(module))
    }

    fn add_boxed(&mut self, module: Box<dyn AnyModule>) -> Result<(), RegistryError> {
        let name = module.name();
        if self.find(name).is_some() {
            return Err(RegistryError::ModuleTwice {
                module: name.to_owned(),
            });
        }
        let mut seen = HashSet::new();
        if let Some((function, _)) = module
            .functions()
            .into_iter()
            .find(|(function, _)| !seen.insert(*function))
        {
            let (module, function) = (name.to_owned(), function.to_owned());
            return Err(RegistryError::FunctionTwice(Reference { module, function }));
        }
        self.modules.push(module);
        Ok(())
    }

    /// Every module with the names and kinds of its functions, in the order of adding.
    #[must_use]
    pub fn catalogue(&self) -> Vec<(String, Vec<(String, Kind)>)> {
        self.modules
            .iter()
            .map(|module| (module.name().to_owned(), owned(&**module)))
            .collect()
    }

    /// Opens the modules that these references name, each once and with one state.
    ///
    /// # Errors
    ///
    /// If a reference names nothing that there is, or a module cannot be opened.
    pub fn open(&self, used: &[Reference], config: &Config) -> Result<Opened, RegistryError> {
        let mut opened = Opened::default();
        let mut done = HashSet::new();
        for reference in used {
            let Some(module) = self.find(&reference.module) else {
                return Err(RegistryError::NoModule(reference.clone()));
            };
            if done.insert(module.name()) {
                opened.add(module, config)?;
            }
            if opened.find(reference).is_none() {
                return Err(RegistryError::NoFunction(reference.clone()));
            }
        }
        Ok(opened)
    }

    fn find(&self, name: &str) -> Option<&dyn AnyModule> {
        self.modules
            .iter()
            .map(AsRef::as_ref)
            .find(|module| module.name() == name)
    }
}

/// The functions of the modules that a service uses, bound to their states.
#[derive(Default)]
pub struct Opened {
    functions: HashMap<Reference, Function>,
}

impl Opened {
    /// The function that a reference names.
    #[must_use]
    pub fn find(&self, reference: &Reference) -> Option<&Function> {
        self.functions.get(reference)
    }

    fn add(&mut self, module: &dyn AnyModule, config: &Config) -> Result<(), RegistryError> {
        let opened = catch_unwind(AssertUnwindSafe(|| module.open(config)));
        let functions = match opened {
            Ok(Ok(functions)) => Ok(functions),
            Ok(Err(error)) => Err(error.detail().unwrap_or(error.message()).to_owned()),
            Err(panic) => Err(format!("panic: {}", panic_text(&*panic))),
        };
        let functions = functions.map_err(|reason| RegistryError::Open {
            module: module.name().to_owned(),
            reason,
        })?;
        for ((name, _), function) in module.functions().into_iter().zip(functions) {
            let module = module.name().to_owned();
            self.functions.insert(
                Reference {
                    module,
                    function: name.to_owned(),
                },
                function,
            );
        }
        Ok(())
    }
}

fn owned(module: &dyn AnyModule) -> Vec<(String, Kind)> {
    module
        .functions()
        .into_iter()
        .map(|(name, kind)| (name.to_owned(), kind))
        .collect()
}
