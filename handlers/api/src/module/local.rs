//! Modules of one program: those whose functions capture, and what a program sees of any.

use std::any::Any;
use std::ffi::c_void;
use std::fmt;
use std::rc::Rc;

use super::{FUNCTIONS_MAX, Module, PARAMETERS_MAX};
use crate::abi::{self, FunctionPointer};
use crate::border::function::{self, Shared};
use crate::handler::{IntoHandler, IntoJob, IntoTurn, IntoType, IntoWrapper};
use crate::host::Descriptor;
use crate::transform::IntoTransform;
use crate::{Config, Error};

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
        LocalModule::from(Module::with_state(name, never)).opened_by(open)
    }

    /// The same module, whose state is opened by another function than its own.
    #[must_use]
    pub fn opened_by<F, E>(mut self, open: F) -> LocalModule<S>
    where
        F: Fn(&Config) -> Result<S, E> + 'static,
        E: Into<Error> + 'static,
    {
        self.module.open = function::open::<S, F, E>;
        self.module.open_data = self.keep(open);
        self
    }

    /// Adds a handler.
    #[must_use]
    pub fn handler<F: IntoHandler<S, M>, M>(self, name: &'static str, function: F) -> Self {
        let handler = function::handler::<S, F, M>;
        self.add(
            name,
            abi::KIND_HANDLER,
            function,
            FunctionPointer { handler },
        )
    }

    /// Adds a wrapper, for WRAP.
    #[must_use]
    pub fn wrapper<F: IntoWrapper<S, M>, M>(self, name: &'static str, function: F) -> Self {
        let wrapper = function::wrapper::<S, F, M>;
        self.add(
            name,
            abi::KIND_WRAPPER,
            function,
            FunctionPointer { wrapper },
        )
    }

    /// Adds a function for TASK, SETUP or TEARDOWN.
    #[must_use]
    pub fn job<F: IntoJob<S, M>, M>(self, name: &'static str, function: F) -> Self {
        let job = function::job::<S, F, M>;
        self.add(name, abi::KIND_JOB, function, FunctionPointer { job })
    }

    /// Adds a function for USER.
    #[must_use]
    pub fn turn<F: IntoTurn<S, M>, M>(self, name: &'static str, function: F) -> Self {
        let turn = function::turn::<S, F, M>;
        self.add(name, abi::KIND_TURN, function, FunctionPointer { turn })
    }

    /// Adds a type, for ARG and CONTENT.
    #[must_use]
    pub fn convert<F: IntoType<S, M>, M>(self, name: &'static str, function: F) -> Self {
        let convert = function::convert::<S, F, M>;
        self.add(
            name,
            abi::KIND_CONVERT,
            function,
            FunctionPointer { convert },
        )
    }

    /// Adds a function for `code`, `setup` and `wrapper` of CONNECTION and RESOURCE, and for `code` of
    /// HEADER.
    #[must_use]
    pub fn transform<F: IntoTransform<S, M>, M>(self, name: &'static str, function: F) -> Self {
        let transform = function::transform::<S, F, M>;
        let pointer = FunctionPointer { transform };
        self.add(name, abi::KIND_TRANSFORM, function, pointer)
    }

    fn add<F: 'static>(
        mut self,
        name: &'static str,
        kind: u32,
        function: F,
        call: FunctionPointer,
    ) -> Self {
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
    let parameters: Rc<[_]> = all[..module.parameter_count].into();
    let all = module.lay_out_functions::<FUNCTIONS_MAX>(parameters.as_ptr());
    let functions: Rc<[_]> = all[..module.function_count].into();
    let raw = module.lay_out(functions.as_ptr(), "");
    Descriptor::of_linked(raw, (functions, parameters, kept))
}
