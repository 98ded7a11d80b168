//! A module as the program sees it, linked or loaded: what it says of itself, and how to open it.

use std::any::Any;
use std::cell::Cell;
use std::ffi::c_void;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::ptr;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::{Function, HOST, Later, Outcome, attached};
use crate::abi::{self, Text};
use crate::border::{answer, failure, future, task, text, value};
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
        let opened = Rc::new(Opened {
            state: Cell::new(ptr::null_mut()),
            is_open: Cell::new(false),
            descriptor: self.clone(),
        });
        opened.open(config)?;
        let functions = 0..self.functions().len();
        Ok(functions.filter_map(|at| bind(&opened, at)).collect())
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

/// A module with its state, which is closed when nothing uses it any more.
pub(super) struct Opened {
    state: Cell<*mut c_void>,
    /// Whether it is to be closed.
    is_open: Cell<bool>,
    descriptor: Descriptor,
}

impl Opened {
    /// The one that is being called on this thread, or null.
    pub(super) fn current() -> *const Opened {
        CURRENT.get()
    }

    fn open(self: &Rc<Self>, config: &Config) -> Result<(), Error> {
        let Some(open) = self.descriptor.raw.open else {
            return Ok(());
        };
        // What it spawns holds it open.
        let _calling = Calling::begin(self);
        let (mut slot, mut state) = (failure::Slot::new(), ptr::null_mut());
        // SAFETY: the descriptor says that this is its function; what is lent lives long enough.
        let is_open = unsafe {
            open(
                self.descriptor.raw.data,
                &raw const HOST,
                config.as_raw(),
                &raw mut state,
                slot.report(),
            )
        };
        self.state.set(state);
        self.is_open.set(is_open != 0);
        slot.result()?;
        match is_open {
            0 => Err(Error::internal("it did not open and does not say why")),
            _ => Ok(()),
        }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        attached::let_go(self);
        if let Some(close) = self.descriptor.raw.close.filter(|_| self.is_open.get()) {
            // SAFETY: the state was opened, and is closed once.
            unsafe { close(self.state.get()) };
        }
    }
}

thread_local! {
    /// The module that is being called on this thread.
    static CURRENT: Cell<*const Opened> = const { Cell::new(ptr::null()) };
}

/// Holds a module open for what goes on in it.
#[derive(Clone)]
pub(super) struct InUse(Option<Rc<Opened>>);

impl InUse {
    /// That of the call which is being made.
    pub(super) fn current() -> InUse {
        let current = Opened::current();
        InUse(match current.is_null() {
            true => None,
            // SAFETY: `Calling` has it from an `Rc` that is held during the call.
            false => Some(unsafe {
                Rc::increment_strong_count(current);
                Rc::from_raw(current)
            }),
        })
    }

    /// Polls a future of the module.
    pub(super) fn poll<F: Future + Unpin>(self, future: F) -> Going<F> {
        Going {
            future: Some(future),
            in_use: self,
        }
    }
}

/// A future of a module, which is open as long as it goes on.
pub(super) struct Going<F> {
    /// Gone once it is dropped.
    future: Option<F>,
    in_use: InUse,
}

impl<F: Future + Unpin> Future for Going<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _calling = self.in_use.0.as_ref().map(Calling::begin);
        // The guard borrows nothing of `self`.
        let future = self
            .future
            .as_mut()
            .expect("it is there until it is dropped");
        Pin::new(future).poll(context)
    }
}

impl<F> Drop for Going<F> {
    fn drop(&mut self) {
        // What the module does in a `drop` is its own, too: what it spawns there keeps it open.
        let _calling = self.in_use.0.as_ref().map(Calling::begin);
        self.future = None;
    }
}

/// The span of time in which a module is called.
struct Calling {
    previous: *const Opened,
}

impl Calling {
    fn begin(opened: &Rc<Opened>) -> Calling {
        Calling {
            previous: CURRENT.replace(Rc::as_ptr(opened)),
        }
    }
}

impl Drop for Calling {
    fn drop(&mut self) {
        CURRENT.set(self.previous);
    }
}

/// One function of a module that is open.
#[derive(Clone)]
struct Bound {
    opened: Rc<Opened>,
    function: abi::Function,
}

fn bind(opened: &Rc<Opened>, at: usize) -> Option<Function> {
    let function = opened.descriptor.functions()[at];
    let bound = Bound {
        opened: Rc::clone(opened),
        function,
    };
    let call = function.call;
    // SAFETY: the kind says which function it is; that is checked before a module is used.
    Some(unsafe {
        match Kind::find(function.kind)? {
            Kind::Handler => bound.handler(call.handler),
            Kind::Wrapper => bound.wrapper(call.wrapper),
            Kind::Job => bound.job(call.job),
            Kind::Turn => bound.turn(call.turn),
            Kind::Type => bound.convert(call.convert),
        }
    })
}

// SAFETY, of every call below: the descriptor vouches for the function, its `data` and the state
// that it has opened; what is lent lives through the call.
impl Bound {
    fn handler(self, call: abi::Handler) -> Function {
        Function::Handler(Rc::new(move |request| {
            let _calling = Calling::begin(&self.opened);
            let (mut slot, mut future) = (answer::Slot::new(), abi::Future::NONE);
            // SAFETY: see above.
            let progress = unsafe {
                call(
                    self.function.data,
                    self.opened.state.get(),
                    request.as_raw(),
                    slot.answer(),
                    &raw mut future,
                )
            };
            self.end(progress, slot, future)
        }))
    }

    fn wrapper(self, call: abi::Wrapper) -> Function {
        Function::Wrapper(Rc::new(move |request, next| {
            let _calling = Calling::begin(&self.opened);
            let (mut slot, mut future) = (answer::Slot::new(), abi::Future::NONE);
            // SAFETY: see above.
            let progress = unsafe {
                call(
                    self.function.data,
                    self.opened.state.get(),
                    request.as_raw(),
                    next.into_raw(),
                    slot.answer(),
                    &raw mut future,
                )
            };
            self.end(progress, slot, future)
        }))
    }

    /// What came of a call.
    fn end(&self, progress: u32, mut slot: answer::Slot, future: abi::Future) -> Outcome {
        let has_future = future.poll.is_some() || future.drop.is_some();
        // SAFETY: the function has filled it in, or it is none.
        let future = unsafe { future::Imported::new(future) };
        match slot.take() {
            Some(reply) => Outcome::Ready(reply),
            None if progress == abi::PENDING || has_future => {
                let in_use = InUse(Some(Rc::clone(&self.opened)));
                Outcome::Pending(Later::of_module(in_use.poll(future)))
            }
            None => Outcome::Ready(slot.expect()),
        }
    }

    fn job(self, call: abi::Job) -> Function {
        Function::Job(Rc::new(move |config| {
            let _calling = Calling::begin(&self.opened);
            let (mut slot, mut task) = (failure::Slot::new(), abi::Task::NONE);
            // SAFETY: see above.
            let progress = unsafe {
                call(
                    self.function.data,
                    self.opened.state.get(),
                    config.as_raw(),
                    slot.report(),
                    &raw mut task,
                )
            };
            let has_task = task.poll.is_some();
            // SAFETY: the function has filled it in, or it is none.
            let task = unsafe { task::Imported::new(task) };
            // Also a task that is never polled is dropped before the module may be closed.
            let task = InUse(Some(Rc::clone(&self.opened))).poll(task);
            Box::pin(async move {
                slot.result()?;
                match progress {
                    abi::DONE if !has_task => Ok(()),
                    abi::DONE | abi::PENDING => task.await,
                    unknown => Err(task::neither(unknown)),
                }
            })
        }))
    }

    fn turn(self, call: abi::Turn) -> Function {
        Function::Turn(Rc::new(move || {
            let _calling = Calling::begin(&self.opened);
            let mut slot = failure::Slot::new();
            // SAFETY: see above.
            unsafe { call(self.function.data, self.opened.state.get(), slot.report()) };
            slot.result()
        }))
    }

    fn convert(self, call: abi::Convert) -> Function {
        Function::Type(Rc::new(move |text| {
            let _calling = Calling::begin(&self.opened);
            let mut slot = value::Slot::new();
            let (state, text) = (self.opened.state.get(), Text::new(text));
            // SAFETY: see above.
            unsafe { call(self.function.data, state, text, slot.sink()) };
            slot.result()
        }))
    }
}
