//! A module: handler functions under one name, and the state that they share.

use std::any::Any;
use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

use crate::abi::{self, Call, Text};
use crate::border::function::{self, Shared};
use crate::handler::{IntoHandler, IntoJob, IntoTurn, IntoType, IntoWrapper};
use crate::host::Descriptor;
use crate::info::{Kind, ParameterType};
use crate::{Config, Error, argument::FromArgument};

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
    call: Call,
}

const BLANK: Entry = Entry {
    name: "",
    summary: "",
    kind: 0,
    is_declared: false,
    first_parameter: 0,
    parameter_count: 0,
    data: std::ptr::null(),
    call: Call {
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
        self.add(name, abi::KIND_HANDLER, nowhere(function), Call { handler })
    }

    /// Adds a wrapper, for WRAP.
    #[must_use]
    pub const fn wrapper<F, M>(self, name: &'static str, function: F) -> Self
    where
        F: IntoWrapper<S, M> + Send + Sync,
    {
        let wrapper = function::wrapper::<S, F, M>;
        self.add(name, abi::KIND_WRAPPER, nowhere(function), Call { wrapper })
    }

    /// Adds a function for TASK, SETUP or TEARDOWN.
    #[must_use]
    pub const fn job<F, M>(self, name: &'static str, function: F) -> Self
    where
        F: IntoJob<S, M> + Send + Sync,
    {
        let job = function::job::<S, F, M>;
        self.add(name, abi::KIND_JOB, nowhere(function), Call { job })
    }

    /// Adds a function for USER.
    #[must_use]
    pub const fn turn<F, M>(self, name: &'static str, function: F) -> Self
    where
        F: IntoTurn<S, M> + Send + Sync,
    {
        let turn = function::turn::<S, F, M>;
        self.add(name, abi::KIND_TURN, nowhere(function), Call { turn })
    }

    /// Adds a type, for ARG and CONTENT.
    #[must_use]
    pub const fn convert<F, M>(self, name: &'static str, function: F) -> Self
    where
        F: IntoType<S, M> + Send + Sync,
    {
        let convert = function::convert::<S, F, M>;
        self.add(name, abi::KIND_CONVERT, nowhere(function), Call { convert })
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

    const fn add(mut self, name: &'static str, kind: u32, data: *const c_void, call: Call) -> Self {
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

/// How a module is laid out: for [`export!`](crate::export), and for modules that are linked.
#[doc(hidden)]
impl<S: 'static> Module<S> {
    #[must_use]
    pub const fn function_count(&self) -> usize {
        self.function_count
    }

    #[must_use]
    pub const fn parameter_count(&self) -> usize {
        self.parameter_count
    }

    #[must_use]
    pub const fn lay_out_parameters<const N: usize>(&self) -> [abi::Parameter; N] {
        let mut laid_out = [abi::Parameter {
            name: Text::NONE,
            kind: 0,
            is_required: 0,
        }; N];
        let mut at = 0;
        while at < N {
            laid_out[at] = self.lay_out_parameter(at);
            at += 1;
        }
        laid_out
    }

    const fn lay_out_parameter(&self, at: usize) -> abi::Parameter {
        let listed = self.parameters[at];
        abi::Parameter {
            name: Text::new(listed.name),
            kind: listed.kind,
            is_required: listed.is_required as u32,
        }
    }

    #[must_use]
    pub const fn lay_out_functions<const N: usize>(
        &self,
        parameters: *const abi::Parameter,
    ) -> [abi::Function; N] {
        let mut laid_out = [self.lay_out_function(BLANK, parameters); N];
        let mut at = 0;
        while at < N {
            laid_out[at] = self.lay_out_function(self.functions[at], parameters);
            at += 1;
        }
        laid_out
    }

    const fn lay_out_function(
        &self,
        entry: Entry,
        parameters: *const abi::Parameter,
    ) -> abi::Function {
        abi::Function {
            name: Text::new(entry.name),
            summary: Text::new(entry.summary),
            kind: entry.kind,
            flags: if entry.is_declared {
                abi::PARAMETERS_DECLARED
            } else {
                0
            },
            // Those of the function begin there, or there are none.
            parameters: parameters.wrapping_add(entry.first_parameter),
            parameter_count: entry.parameter_count,
            data: entry.data,
            call: entry.call,
        }
    }

    #[must_use]
    pub const fn lay_out(
        &self,
        functions: *const abi::Function,
        package_version: &'static str,
    ) -> abi::Module {
        let [
            (_, module_size),
            (_, function_size),
            (_, parameter_size),
            (_, request_size),
            (_, reply_size),
            (_, host_size),
        ] = abi::Module::SIZES;
        abi::Module {
            abi_version: abi::VERSION,
            module_size,
            function_size,
            parameter_size,
            request_size,
            reply_size,
            host_size,
            flags: if cfg!(panic = "abort") {
                abi::PANIC_ABORTS
            } else {
                0
            },
            name: Text::new(self.name),
            version: Text::new(if self.version.is_empty() {
                package_version
            } else {
                self.version
            }),
            functions,
            function_count: self.function_count,
            data: self.open_data,
            open: Some(self.open),
            close: Some(function::close::<S>),
        }
    }
}

impl<S> fmt::Debug for Module<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let functions = &self.functions[..self.function_count];
        let names: Vec<&str> = functions.iter().map(|entry| entry.name).collect();
        write!(f, "Module({}: {})", self.name, names.join(", "))
    }
}

/// A module of one program alone: its functions may capture what the program has.
///
/// ```
/// use std::sync::mpsc;
/// use micro_api::{LocalModule, Request};
///
/// let (sender, receiver) = mpsc::channel();
/// let module = LocalModule::new("tell").handler("path", move |request: Request| {
///     sender.send(request.path().to_owned()).expect("somebody listens");
/// });
/// # drop((module, receiver));
/// ```
pub struct LocalModule<S = ()> {
    module: Module<S>,
    /// What the functions capture.
    kept: Vec<Rc<dyn Any>>,
}

impl LocalModule {
    /// A module without state. Its functions are called `name.function` in definitions.
    #[must_use]
    pub fn new(name: &'static str) -> LocalModule {
        LocalModule::from(Module::new(name))
    }
}

impl<S> From<Module<S>> for LocalModule<S> {
    fn from(module: Module<S>) -> LocalModule<S> {
        LocalModule {
            module,
            kept: Vec::new(),
        }
    }
}

impl<S: 'static> LocalModule<S> {
    /// A module whose functions share a state, see [`Module::with_state`].
    pub fn with_state<F, E>(name: &'static str, open: F) -> LocalModule<S>
    where
        F: Fn(&Config) -> Result<S, E> + 'static,
        E: Into<Error> + 'static,
    {
        let never = |_: &Config| -> Result<S, Error> { unreachable!("the other one opens it") };
        let mut local = LocalModule::from(Module::with_state(name, never));
        local.module.open = function::open::<S, F, E>;
        local.module.open_data = local.keep(open);
        local
    }

    /// Adds a handler.
    #[must_use]
    pub fn handler<F: IntoHandler<S, M>, M>(self, name: &'static str, function: F) -> Self {
        let handler = function::handler::<S, F, M>;
        self.add(name, abi::KIND_HANDLER, function, Call { handler })
    }

    /// Adds a wrapper, for WRAP.
    #[must_use]
    pub fn wrapper<F: IntoWrapper<S, M>, M>(self, name: &'static str, function: F) -> Self {
        let wrapper = function::wrapper::<S, F, M>;
        self.add(name, abi::KIND_WRAPPER, function, Call { wrapper })
    }

    /// Adds a function for TASK, SETUP or TEARDOWN.
    #[must_use]
    pub fn job<F: IntoJob<S, M>, M>(self, name: &'static str, function: F) -> Self {
        let job = function::job::<S, F, M>;
        self.add(name, abi::KIND_JOB, function, Call { job })
    }

    /// Adds a function for USER.
    #[must_use]
    pub fn turn<F: IntoTurn<S, M>, M>(self, name: &'static str, function: F) -> Self {
        let turn = function::turn::<S, F, M>;
        self.add(name, abi::KIND_TURN, function, Call { turn })
    }

    /// Adds a type, for ARG and CONTENT.
    #[must_use]
    pub fn convert<F: IntoType<S, M>, M>(self, name: &'static str, function: F) -> Self {
        let convert = function::convert::<S, F, M>;
        self.add(name, abi::KIND_CONVERT, function, Call { convert })
    }

    fn add<F: 'static>(mut self, name: &'static str, kind: u32, function: F, call: Call) -> Self {
        let data = self.keep(function);
        self.module = self.module.add(name, kind, data, call);
        self
    }

    /// The `data` of a function, which is kept as long as the module is.
    fn keep<F: 'static>(&mut self, function: F) -> *const c_void {
        if size_of::<F>() == 0 {
            std::mem::forget(function);
            return Shared::<F>::NOWHERE;
        }
        let function = Rc::new(function);
        let data = Rc::as_ptr(&function).cast();
        self.kept.push(function);
        data
    }
}

impl<S> fmt::Debug for LocalModule<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.module.fmt(f)
    }
}

/// A module whatever its state: what a program can link.
pub trait AnyModule {
    /// What a program sees of it.
    fn describe(&self) -> Descriptor;
}

impl<S: 'static> AnyModule for Module<S> {
    fn describe(&self) -> Descriptor {
        describe(self, Vec::new())
    }
}

impl<S: 'static> AnyModule for LocalModule<S> {
    fn describe(&self) -> Descriptor {
        describe(&self.module, self.kept.clone())
    }
}

fn describe<S: 'static>(module: &Module<S>, kept: Vec<Rc<dyn Any>>) -> Descriptor {
    let all = module.lay_out_parameters::<PARAMETERS_MAX>();
    let parameters: Box<[_]> = all[..module.parameter_count].into();
    let all = module.lay_out_functions::<FUNCTIONS_MAX>(parameters.as_ptr());
    let functions: Box<[_]> = all[..module.function_count].into();
    let raw = module.lay_out(functions.as_ptr(), "");
    Descriptor::of_linked(raw, (functions, parameters, kept))
}

impl ParameterType {
    const fn into_raw(self) -> u32 {
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
            _ => return None,
        })
    }
}
