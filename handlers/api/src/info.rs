//! What a module says of itself, as plain data: read from a library's file, or from a module that
//! is there.

use crate::abi;

/// What a function of a module is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Answers requests: GET, POST and so on.
    Handler,
    /// Stands around handlers: WRAP.
    Wrapper,
    /// Runs beside the service, or at its start or end: TASK, SETUP, TEARDOWN.
    Job,
    /// Runs once a turn of the loop: USER.
    Turn,
    /// Converts arguments: ARG and CONTENT.
    Type,
    /// Makes a value of a value: `code`, `setup` and `wrapper` of CONNECTION and RESOURCE, `code` of
    /// HEADER.
    Transform,
}

impl Kind {
    /// The kind in one word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Handler => "handler",
            Kind::Wrapper => "wrapper",
            Kind::Job => "job",
            Kind::Turn => "turn",
            Kind::Type => "type",
            Kind::Transform => "transform",
        }
    }

    /// The kind with an article, and with the directives that name a function of it, where the word
    /// does not say enough.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Kind::Handler => "a handler",
            Kind::Wrapper => "a wrapper",
            Kind::Job => "a job for `TASK`, `SETUP` or `TEARDOWN`",
            Kind::Turn => "a turn function for `USER`",
            Kind::Type => "a type",
            Kind::Transform => "a transform for `code`, `setup` or `wrapper`",
        }
    }
}

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

impl ParameterType {
    /// The type as ARG and CONTENT call it; `any` is no word of theirs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            ParameterType::Any => "any",
            ParameterType::Text => "str",
            ParameterType::Int => "int",
            ParameterType::Float => "float",
            ParameterType::Bool => "bool",
        }
    }

    /// The type in words, as messages call it.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            ParameterType::Any => "anything",
            ParameterType::Text => "text",
            ParameterType::Int => "a whole number",
            ParameterType::Float => "a number",
            ParameterType::Bool => "`true` or `false`",
        }
    }

    /// The number of this type on the border.
    #[must_use]
    pub const fn into_raw(self) -> u32 {
        match self {
            ParameterType::Any => abi::TYPE_ANY,
            ParameterType::Text => abi::TYPE_TEXT,
            ParameterType::Int => abi::TYPE_INT,
            ParameterType::Float => abi::TYPE_FLOAT,
            ParameterType::Bool => abi::TYPE_BOOL,
        }
    }

    /// The type with this number on the border.
    #[must_use]
    pub fn find(raw: u32) -> Option<ParameterType> {
        let all = [
            ParameterType::Any,
            ParameterType::Text,
            ParameterType::Int,
            ParameterType::Float,
            ParameterType::Bool,
        ];
        all.into_iter().find(|known| known.into_raw() == raw)
    }
}

impl Kind {
    /// The kind with this number on the border.
    #[must_use]
    pub fn find(raw: u32) -> Option<Kind> {
        Some(match raw {
            abi::KIND_HANDLER => Kind::Handler,
            abi::KIND_WRAPPER => Kind::Wrapper,
            abi::KIND_JOB => Kind::Job,
            abi::KIND_TURN => Kind::Turn,
            abi::KIND_CONVERT => Kind::Type,
            abi::KIND_TRANSFORM => Kind::Transform,
            _ => return None,
        })
    }
}
