//! A module: handler functions under one name, and the state that they share.

use std::fmt;
use std::rc::Rc;

use crate::handler::{
    Convert, Handler, IntoHandler, IntoJob, IntoTurn, IntoType, IntoWrapper, Job, Turn, Wrapper,
};
use crate::{Config, Error};

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
}

impl Kind {
    /// The kind with an article, as messages call it.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Kind::Handler => "a handler",
            Kind::Wrapper => "a wrapper",
            Kind::Job => "a task",
            Kind::Turn => "a function for every turn",
            Kind::Type => "a type",
        }
    }
}

/// A function of a module, bound to the module's state.
#[derive(Clone)]
pub enum Function {
    /// See [`Kind::Handler`].
    Handler(Handler),
    /// See [`Kind::Wrapper`].
    Wrapper(Wrapper),
    /// See [`Kind::Job`].
    Job(Job),
    /// See [`Kind::Turn`].
    Turn(Turn),
    /// See [`Kind::Type`].
    Type(Convert),
}

/// Handler functions under one name, and the state that they share.
///
/// ```
/// use std::cell::Cell;
/// use micro_api::{Config, Error, Json, Module, Request};
///
/// #[derive(Default)]
/// struct Counter(Cell<u64>);
///
/// fn next(counter: &Counter, _: Request) -> Json<u64> {
///     counter.0.set(counter.0.get() + 1);
///     Json(counter.0.get())
/// }
///
/// let module = Module::with_state("counter", |_: &Config| Ok::<_, Error>(Counter::default()))
///     .handler("next", next);
/// ```
pub struct Module<S = ()> {
    name: &'static str,
    functions: Vec<Entry<S>>,
    open: Box<dyn Fn(&Config) -> Result<S, Error>>,
}

struct Entry<S> {
    name: &'static str,
    kind: Kind,
    bind: Box<dyn Fn(Rc<S>) -> Function>,
}

impl Module {
    /// A module without state. Its functions are called `name.function` in definitions.
    #[must_use]
    pub fn new(name: &'static str) -> Module {
        Module { name, functions: Vec::new(), open: Box::new(|_| Ok(())) }
    }
}

impl<S: 'static> Module<S> {
    /// A module whose functions share a state, which `open` makes from the configuration when the
    /// service is set up.
    pub fn with_state<F, E>(name: &'static str, open: F) -> Module<S>
    where
        F: Fn(&Config) -> Result<S, E> + 'static,
        E: Into<Error>,
    {
        let open = move |config: &Config| open(config).map_err(Into::into);
        Module { name, functions: Vec::new(), open: Box::new(open) }
    }

    /// Adds a handler.
    #[must_use]
    pub fn handler<M>(self, name: &'static str, function: impl IntoHandler<S, M>) -> Self {
        let function = Rc::new(function);
        self.add(name, Kind::Handler, move |state| {
            Function::Handler(Rc::clone(&function).into_handler(state))
        })
    }

    /// Adds a wrapper, for WRAP.
    #[must_use]
    pub fn wrapper<M>(self, name: &'static str, function: impl IntoWrapper<S, M>) -> Self {
        let function = Rc::new(function);
        self.add(name, Kind::Wrapper, move |state| {
            Function::Wrapper(Rc::clone(&function).into_wrapper(state))
        })
    }

    /// Adds a function for TASK, SETUP or TEARDOWN.
    #[must_use]
    pub fn job<M>(self, name: &'static str, function: impl IntoJob<S, M>) -> Self {
        let function = Rc::new(function);
        self.add(name, Kind::Job, move |state| {
            Function::Job(Rc::clone(&function).into_job(state))
        })
    }

    /// Adds a function for USER.
    #[must_use]
    pub fn turn<M>(self, name: &'static str, function: impl IntoTurn<S, M>) -> Self {
        let function = Rc::new(function);
        self.add(name, Kind::Turn, move |state| {
            Function::Turn(Rc::clone(&function).into_turn(state))
        })
    }

    /// Adds a type, for ARG and CONTENT.
    #[must_use]
    pub fn convert<M>(self, name: &'static str, function: impl IntoType<S, M>) -> Self {
        let function = Rc::new(function);
        self.add(name, Kind::Type, move |state| {
            Function::Type(Rc::clone(&function).into_type(state))
        })
    }

    fn add(
        mut self,
        name: &'static str,
        kind: Kind,
        bind: impl Fn(Rc<S>) -> Function + 'static,
    ) -> Self {
        self.functions.push(Entry { name, kind, bind: Box::new(bind) });
        self
    }
}

impl<S> fmt::Debug for Module<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.functions.iter().map(|entry| entry.name);
        write!(f, "Module({}: {})", self.name, names.collect::<Vec<_>>().join(", "))
    }
}

/// A module whatever its state: what a server sees of it.
pub trait AnyModule {
    /// The name under which definitions find it.
    fn name(&self) -> &str;

    /// The names and kinds of its functions.
    fn functions(&self) -> Vec<(&str, Kind)>;

    /// Opens the module's state and binds every function to it, in the order of
    /// [`functions`](AnyModule::functions).
    ///
    /// # Errors
    ///
    /// If the state cannot be opened.
    fn open(&self, config: &Config) -> Result<Vec<Function>, Error>;
}

impl<S: 'static> AnyModule for Module<S> {
    fn name(&self) -> &str {
        self.name
    }

    fn functions(&self) -> Vec<(&str, Kind)> {
        self.functions.iter().map(|entry| (entry.name, entry.kind)).collect()
    }

    fn open(&self, config: &Config) -> Result<Vec<Function>, Error> {
        let state = Rc::new((self.open)(config)?);
        Ok(self.functions.iter().map(|entry| (entry.bind)(Rc::clone(&state))).collect())
    }
}
