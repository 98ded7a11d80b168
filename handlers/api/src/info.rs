//! What a module says of itself, as plain data: read from a library's file, or from a module that
//! is there.

use crate::module::Kind;

/// A module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleInfo {
    /// The name under which definitions find it.
    pub name: String,
    /// Its own version; may be empty.
    pub version: String,
    /// Its functions, in the order in which it lists them.
    pub functions: Vec<FunctionInfo>,
}

/// A function of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionInfo {
    /// Its name, behind the module's in a definition.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
    /// What it does, in a line; may be empty.
    pub summary: String,
    /// The arguments that it reads, and no others; `None` if it does not say.
    pub parameters: Option<Vec<ParameterInfo>>,
}

/// An argument that a function reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterInfo {
    /// Its name: that of a group of the path or of a CONTENT line.
    pub name: String,
    /// What it must be able to be read as.
    pub parameter_type: ParameterType,
    /// Whether the function cannot do without it.
    pub is_required: bool,
}

/// What an argument must be able to be read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterType {
    /// Whatever it is.
    Any,
    /// Text.
    Text,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// True or false.
    Bool,
}

impl ModuleInfo {
    /// The function of this name.
    #[must_use]
    pub fn find(&self, function: &str) -> Option<&FunctionInfo> {
        self.functions.iter().find(|known| known.name == function)
    }
}
