//! Handler names and what they stand for: the modules there are, and those a service has opened.
//!
//! [`Search`] finds a module by its name, among the linked ones and in folders. [`preflight`] reads
//! what a shared library says of itself from its file, [`load`] from the loaded library: both
//! through the one reader and check of descriptors.

mod copies;
mod copy;
mod descriptor;
mod error;
mod image;
mod leftovers;
mod library;
mod machine;
mod packs;
mod search;
#[cfg(test)]
mod tests;
mod unusable;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use micro_api::Config;
use micro_api::host::{AnyModule, Descriptor, Function, ModuleInfo, contain};

use crate::config::{FoundModule, ModuleOrigin, Reference};
use copies::Copies;
pub use copy::PrivateCopy;
pub use descriptor::{
    DESCRIPTOR_FUNCTIONS_MAX, DESCRIPTOR_PARAMETERS_MAX, TEXT_BYTES_MAX, TEXT_BYTES_TOTAL_MAX,
};
pub use error::RegistryError;
pub use image::TABLE_ENTRIES_MAX;
pub use library::{load, preflight};
pub use search::{Folders, Loading, Search};
pub use unusable::Unusable;

/// The modules whose functions a definition may name.
#[derive(Default)]
pub struct Registry {
    modules: Vec<Descriptor>,
    /// The names of those that came with the program and may be replaced.
    linked: HashSet<String>,
    /// Where libraries are loaded from, if not from their own files.
    copies: Option<Copies>,
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
                .add_described(module)
                .expect("linked modules have names of their own");
        }
        registry.linked = registry.infos().into_iter().map(|info| info.name).collect();
        registry
    }

    /// Adds a module. It takes the place of one of the same name that is [linked](Registry::linked)
    /// into every program.
    ///
    /// # Errors
    ///
    /// If another one of this name was added already, or two functions in it have the same name.
    pub fn add(&mut self, module: &impl AnyModule) -> Result<(), RegistryError> {
        let module = module.describe();
        let name = module.info().name;
        if self.linked.remove(&name) {
            self.modules.retain(|linked| linked.info().name != name);
        }
        self.add_described(module)
    }

    fn add_described(&mut self, module: Descriptor) -> Result<(), RegistryError> {
        let ModuleInfo {
            name, functions, ..
        } = module.info();
        if self.find(&name).is_some() {
            return Err(RegistryError::ModuleTwice { module: name });
        }
        let mut seen = HashSet::new();
        if let Some(twice) = functions.iter().find(|known| !seen.insert(&known.name)) {
            let function = twice.name.clone();
            return Err(RegistryError::FunctionTwice(Reference {
                module: name,
                function,
            }));
        }
        self.modules.push(module);
        Ok(())
    }

    /// From now on, libraries are loaded from private copies, and again when they have changed.
    pub fn copy_libraries(&mut self) {
        self.copies.get_or_insert_default();
    }

    /// The module of this name in this file, loaded.
    ///
    /// # Errors
    ///
    /// If it cannot be used.
    pub fn load(&self, path: &Path, name: &str) -> Result<Descriptor, Unusable> {
        match &self.copies {
            Some(copies) => copies.load(path, name),
            None => load(path, name),
        }
    }

    /// What each module says of itself, in the order of adding.
    #[must_use]
    pub fn infos(&self) -> Vec<ModuleInfo> {
        self.modules.iter().map(Descriptor::info).collect()
    }

    /// What the module of this name says of itself.
    #[must_use]
    pub fn info(&self, name: &str) -> Option<ModuleInfo> {
        self.find(name).map(Descriptor::info)
    }

    /// Opens the modules that these references name, each once and with one state. `modules` says
    /// where they come from; one that it does not mention is linked.
    ///
    /// # Errors
    ///
    /// If a reference names nothing that there is, or a module cannot be loaded or opened.
    pub fn open(
        &self,
        modules: &[FoundModule],
        used: &[Reference],
        config: &Config,
    ) -> Result<Opened, RegistryError> {
        let mut opened = Opened::default();
        let mut done = HashSet::new();
        for reference in used {
            if done.insert(&reference.module) {
                opened.add(&self.descriptor(modules, reference)?, config)?;
            }
            if opened.find(reference).is_none() {
                return Err(RegistryError::NoFunction(reference.clone()));
            }
        }
        Ok(opened)
    }

    fn descriptor(
        &self,
        modules: &[FoundModule],
        reference: &Reference,
    ) -> Result<Descriptor, RegistryError> {
        let name = &reference.module;
        let found = modules.iter().find(|found| found.info.name == *name);
        match found.map(|found| &found.origin) {
            Some(ModuleOrigin::Library(path)) => {
                self.load(path, name).map_err(|why| RegistryError::Load {
                    module: name.clone(),
                    path: path.clone(),
                    why,
                })
            }
            _ => match self.find(name) {
                Some(module) => Ok(module.clone()),
                None => Err(RegistryError::NoModule(reference.clone())),
            },
        }
    }

    fn find(&self, name: &str) -> Option<&Descriptor> {
        self.modules.iter().find(|module| module.name() == name)
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

    fn add(&mut self, module: &Descriptor, config: &Config) -> Result<(), RegistryError> {
        // A panic has been contained on the module's side of the border, and goes on in ours.
        let opened = contain(|| module.open(config));
        let functions = match opened {
            Ok(Ok(functions)) => Ok(functions),
            Ok(Err(error)) => Err(error.detail().unwrap_or(error.message()).to_owned()),
            Err(panic) => Err(format!("panic: {panic}")),
        };
        let functions = functions.map_err(|reason| RegistryError::Open {
            module: module.name(),
            reason,
        })?;
        for (info, function) in module.info().functions.into_iter().zip(functions) {
            let reference = Reference {
                module: module.name(),
                function: info.name,
            };
            self.functions.insert(reference, function);
        }
        Ok(())
    }
}
