//! A module as the program sees it, linked or loaded: what it says of itself, and how to open it.

use std::any::Any;
use std::fmt;
use std::rc::Rc;

use super::Function;
use super::bound::bind;
use super::opened::Opened;
use crate::abi::{self, Text};
use crate::border::text;
use crate::info::{FunctionInfo, Kind, ModuleInfo, ParameterInfo, ParameterType};
use crate::{Config, Error};

/// A module. Cheap to clone.
#[derive(Clone)]
pub struct Descriptor {
    raw: Rc<abi::Module>,
    #[expect(
        dead_code,
        reason = "`raw` points into it, if it is not there for ever"
    )]
    kept: Rc<dyn Any>,
}

impl Descriptor {
    /// The descriptor of a loaded library, which must have been checked: version, sizes and kinds.
    ///
    /// # Safety
    ///
    /// It must say the truth: it and all it points to must be as [`crate::abi`] says, for ever.
    #[must_use]
    pub unsafe fn from_raw(raw: &'static abi::Module) -> Descriptor {
        Descriptor {
            raw: Rc::new(*raw),
            kept: Rc::new(()),
        }
    }

    /// The descriptor of a module that is linked.
    pub(crate) fn of_linked(raw: abi::Module, kept: impl Any) -> Descriptor {
        Descriptor {
            raw: Rc::new(raw),
            kept: Rc::new(kept),
        }
    }

    /// The name under which definitions find it.
    #[must_use]
    pub fn name(&self) -> String {
        read(self.raw.name)
    }

    /// What it says of itself.
    #[must_use]
    pub fn info(&self) -> ModuleInfo {
        ModuleInfo {
            name: self.name(),
            version: read(self.raw.version),
            functions: self.functions().iter().map(info).collect(),
        }
    }

    /// Opens the module's state and binds every function to it, in the order in which the module
    /// lists them.
    ///
    /// # Errors
    ///
    /// If the state cannot be opened.
    pub fn open(&self, config: &Config) -> Result<Vec<Function>, Error> {
        let opened = Opened::open(self.clone(), config)?;
        let functions = self.functions().iter();
        Ok(functions
            .filter_map(|function| bind(&opened, *function))
            .collect())
    }

    /// The structure itself.
    pub(super) fn raw(&self) -> &abi::Module {
        &self.raw
    }

    fn functions(&self) -> &[abi::Function] {
        // SAFETY: they are there as long as the descriptor is.
        unsafe { text::slice(self.raw.functions, self.raw.function_count) }
    }
}

impl fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Descriptor({})", self.name())
    }
}

fn read(text: Text) -> String {
    // SAFETY: the texts of a descriptor are there as long as it is.
    unsafe { text::text(text) }.into_owned()
}

fn info(function: &abi::Function) -> FunctionInfo {
    // SAFETY: they are there as long as the descriptor is.
    let parameters: &[abi::Parameter] =
        unsafe { text::slice(function.parameters, function.parameter_count) };
    let is_declared = function.flags & abi::PARAMETERS_DECLARED != 0;
    FunctionInfo {
        name: read(function.name),
        kind: Kind::find(function.kind).expect("kinds are checked before a module is used"),
        summary: read(function.summary),
        parameters: is_declared.then(|| parameters.iter().map(parameter).collect()),
    }
}

fn parameter(parameter: &abi::Parameter) -> ParameterInfo {
    ParameterInfo {
        name: read(parameter.name),
        parameter_type: ParameterType::find(parameter.kind).unwrap_or(ParameterType::Any),
        is_required: parameter.is_required != 0,
    }
}
