//! A module: handler functions under one name, and the state that they share.

mod layout;
mod local;

pub use local::{AnyModule, LocalModule};

use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;

use crate::abi::{self, FunctionPointer};
use crate::argument::FromArgument;
use crate::border::function::{self, Shared};
use crate::handler::{IntoHandler, IntoJob, IntoTurn, IntoType, IntoWrapper};
use crate::transform::IntoTransform;
use crate::{Config, Error};

/// How many functions a module may have.
pub const FUNCTIONS_MAX: usize = 64;
/// How many arguments its functions may list together.
pub const PARAMETERS_MAX: usize = 128;

/// Handler functions under one name, and the state that they share.
///
/// ```
/// use std::cell::Cell;
/// use micro_api::{Config, Error, Json, Module, Request};
///
/// #[derive(Default)]
/// struct Counter(Cell<u64>);
///
/// fn open(_: &Config) -> Result<Counter, Error> {
///     Ok(Counter::default())
/// }
///
/// fn next(counter: &Counter, request: Request) -> Result<Json<u64>, Error> {
///     counter.0.set(counter.0.get() + request.arg::<Option<u64>>("step")?.unwrap_or(1));
///     Ok(Json(counter.0.get()))
/// }
///
/// /// The module `counter`.
/// pub const fn module() -> Module<Counter> {
///     Module::with_state("counter", open)
///         .handler("next", next)
///         .summary("counts on, and tells how far")
///         .takes::<Option<u64>>("step")
/// }
/// ```
///
/// A module is a constant, so that a library can carry it for everybody to read, see
/// [`export!`](crate::export). Its functions therefore capture nothing; what they share is in the
/// state. See [`LocalModule`] for those of one program alone.
///
/// It has room for [`FUNCTIONS_MAX`] functions, and for [`PARAMETERS_MAX`] arguments that all of them
/// together list: what has more is two modules.
pub struct Module<S = ()> {
    name: &'static str,
    version: &'static str,
    functions: [Entry; FUNCTIONS_MAX],
    function_count: usize,
    parameters: [Listed; PARAMETERS_MAX],
    parameter_count: usize,
    open: abi::Open,
    open_data: *const c_void,
    state: PhantomData<fn() -> S>,
}

/// A function, before its place in memory is known.
#[derive(Clone, Copy)]
struct Entry {
    name: &'static str,
    summary: &'static str,
    kind: u32,
    is_declared: bool,
    first_parameter: usize,
    parameter_count: usize,
    data: *const c_void,
    call: FunctionPointer,
}

const BLANK: Entry = Entry {
    name: "",
    summary: "",
    kind: 0,
    is_declared: false,
    first_parameter: 0,
    parameter_count: 0,
    data: std::ptr::null(),
    call: FunctionPointer {
        address: std::ptr::null(),
    },
};

/// An argument that a function lists.
#[derive(Clone, Copy)]
struct Listed {
    name: &'static str,
    kind: u32,
    is_required: bool,
}

impl Module {
    /// A module without state. Its functions are called `name.function` in definitions.
    #[must_use]
    pub const fn new(name: &'static str) -> Module {
        Module::with_state(name, no_state)
    }
}

fn no_state(_: &Config) -> Result<(), Error> {
    Ok(())
}

impl<S: 'static> Module<S> {
    /// A module whose functions share a state, which `open` makes from the configuration when the
    /// service is set up.
    #[must_use]
    pub const fn with_state<F, E>(name: &'static str, open: F) -> Module<S>
    where
        F: Fn(&Config) -> Result<S, E> + Send + Sync + 'static,
        E: Into<Error>,
    {
        Module {
            name,
            version: "",
            functions: [BLANK; FUNCTIONS_MAX],
            function_count: 0,
            parameters: [Listed {
                name: "",
                kind: 0,
                is_required: false,
            }; PARAMETERS_MAX],
            parameter_count: 0,
            open: function::open::<S, F, E>,
            open_data: nowhere(open),
            state: PhantomData,
        }
    }

    /// The module's own version. A library that says none has that of its package.
    #[must_use]
    pub const fn version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    /// Adds a handler.
    #[must_use]
    pub const fn handler<F, M>(self, name: &'static str, function: F) -> Self
    where
        F: IntoHandler<S, M> + Send + Sync,
    {
        let handler = function::handler::<S, F, M>;
        self.add(
            name,
            abi::KIND_HANDLER,
            nowhere(function),
            FunctionPointer { handler },
        )
    }

    /// Adds a wrapper, for WRAP.
    #[must_use]
    pub const fn wrapper<F, M>(self, name: &'static str, function: F) -> Self
    where
        F: IntoWrapper<S, M> + Send + Sync,
    {
        let wrapper = function::wrapper::<S, F, M>;
        self.add(
            name,
            abi::KIND_WRAPPER,
            nowhere(function),
            FunctionPointer { wrapper },
        )
    }

    /// Adds a function for TASK, SETUP or TEARDOWN.
    #[must_use]
    pub const fn job<F, M>(self, name: &'static str, function: F) -> Self
    where
        F: IntoJob<S, M> + Send + Sync,
    {
        let job = function::job::<S, F, M>;
        self.add(
            name,
            abi::KIND_JOB,
            nowhere(function),
            FunctionPointer { job },
        )
    }

    /// Adds a function for USER.
    #[must_use]
    pub const fn turn<F, M>(self, name: &'static str, function: F) -> Self
    where
        F: IntoTurn<S, M> + Send + Sync,
    {
        let turn = function::turn::<S, F, M>;
        self.add(
            name,
            abi::KIND_TURN,
            nowhere(function),
            FunctionPointer { turn },
        )
    }

    /// Adds a type, for ARG and CONTENT.
    #[must_use]
    pub const fn convert<F, M>(self, name: &'static str, function: F) -> Self
    where
        F: IntoType<S, M> + Send + Sync,
    {
        let convert = function::convert::<S, F, M>;
        self.add(
            name,
            abi::KIND_CONVERT,
            nowhere(function),
            FunctionPointer { convert },
        )
    }

    /// Adds a function for `code`, `setup` and `wrapper` of CONNECTION and RESOURCE, and for `code` of
    /// HEADER.
    #[must_use]
    pub const fn transform<F, M>(self, name: &'static str, function: F) -> Self
    where
        F: IntoTransform<S, M> + Send + Sync,
    {
        let transform = function::transform::<S, F, M>;
        let pointer = FunctionPointer { transform };
        self.add(name, abi::KIND_TRANSFORM, nowhere(function), pointer)
    }

    /// Says in a line what the function that was added last does.
    #[must_use]
    pub const fn summary(mut self, summary: &'static str) -> Self {
        let last = self.last();
        self.functions[last].summary = summary;
        self
    }

    /// Says that the function that was added last reads an argument of this name as a `T`. It must
    /// say so of all that it reads: a definition is checked against the list, so that arguments
    /// that are missing, have another type, or are not read, are found before the service starts.
    #[must_use]
    pub const fn takes<T: FromArgument<'static>>(mut self, name: &'static str) -> Self {
        assert!(
            self.parameter_count < PARAMETERS_MAX,
            "the functions of a module list at most 128 arguments"
        );
        self.parameters[self.parameter_count] = Listed {
            name,
            kind: T::TYPE.into_raw(),
            is_required: T::IS_REQUIRED,
        };
        self.parameter_count += 1;
        let last = self.last();
        self.functions[last].is_declared = true;
        self.functions[last].parameter_count += 1;
        self
    }

    /// Says that the function that was added last reads no argument at all.
    #[must_use]
    pub const fn takes_nothing(mut self) -> Self {
        let last = self.last();
        assert!(
            self.functions[last].parameter_count == 0,
            "a function that takes something does not take nothing"
        );
        self.functions[last].is_declared = true;
        self
    }

    const fn last(&self) -> usize {
        assert!(
            self.function_count > 0,
            "there is no function yet of which this could be said"
        );
        self.function_count - 1
    }

    const fn add(
        mut self,
        name: &'static str,
        kind: u32,
        data: *const c_void,
        call: FunctionPointer,
    ) -> Self {
        assert!(
            self.function_count < FUNCTIONS_MAX,
            "a module has at most 64 functions"
        );
        self.functions[self.function_count] = Entry {
            name,
            kind,
            first_parameter: self.parameter_count,
            data,
            call,
            ..BLANK
        };
        self.function_count += 1;
        self
    }
}

/// The `data` of a function, which must capture nothing.
const fn nowhere<F>(function: F) -> *const c_void {
    const {
        assert!(
            size_of::<F>() == 0,
            "a function of a module captures nothing: what it needs is in the module's state, or \
             the module is a `LocalModule`"
        );
    }
    std::mem::forget(function);
    Shared::<F>::NOWHERE
}

impl<S> fmt::Debug for Module<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let functions = &self.functions[..self.function_count];
        let names: Vec<&str> = functions.iter().map(|entry| entry.name).collect();
        write!(f, "Module({}: {})", self.name, names.join(", "))
    }
}
