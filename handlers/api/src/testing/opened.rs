//! A module whose state was opened, for several calls.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Duration;

use super::mocks::{MockCall, Mocks};
use super::{Answer, TestLoop, TestRequest};
use crate::host::{AnyModule, Function, Handler, Outcome};
use crate::{Config, Error, IntoReply, LocalModule, Module, Reply, Value, sleep};

/// Where [`TestRequest::call_with`] finds handlers: a [`Module`], or an [`Opened`] one.
pub trait HandlerSource {
    /// Calls the handler of this name.
    fn call(&self, request: &TestRequest, function: &str) -> Answer;
}

impl<S: 'static> HandlerSource for Module<S> {
    fn call(&self, request: &TestRequest, function: &str) -> Answer {
        open_and_call(self, request, function)
    }
}

impl<S: 'static> HandlerSource for LocalModule<S> {
    fn call(&self, request: &TestRequest, function: &str) -> Answer {
        open_and_call(self, request, function)
    }
}

fn open_and_call(module: &impl AnyModule, request: &TestRequest, function: &str) -> Answer {
    let config = request.config_alone();
    let on = TestLoop::new();
    let functions = on.run(async { open(module, &config) });
    let functions = functions.unwrap_or_else(|error| panic!("{error}"));
    request.call_on(&on, expect_handler(&functions, function), config)
}

/// A module that was opened. Its functions share one state and one clock.
pub struct Opened {
    settings: BTreeMap<String, String>,
    mocks: Rc<Mocks>,
    // Dropped before the functions, whose state spawned futures may still use.
    on: TestLoop,
    functions: HashMap<String, Function>,
}

impl HandlerSource for Opened {
    fn call(&self, request: &TestRequest, function: &str) -> Answer {
        let handler = expect_handler(&self.functions, function);
        request.call_on(
            &self.on,
            handler,
            request.config(&self.settings, &self.mocks),
        )
    }
}

impl Opened {
    /// Opens a module without any setting.
    ///
    /// # Panics
    ///
    /// If it cannot be opened.
    #[must_use]
    pub fn new(module: &impl AnyModule) -> Opened {
        Opened::with_settings(module, &[]).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Opens a module with these settings.
    ///
    /// # Errors
    ///
    /// If it cannot be opened.
    pub fn with_settings(
        module: &impl AnyModule,
        settings: &[(&str, &str)],
    ) -> Result<Opened, Error> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let settings: BTreeMap<String, String> = settings.iter().map(owned).collect();
        let on = TestLoop::new();
        let mocks = Rc::<Mocks>::default();
        let config = config(&settings, &mocks);
        let functions = on.run(async { open(module, &config) })?;
        Ok(Opened {
            settings,
            mocks,
            on,
            functions,
        })
    }

    /// Answers for a RESOURCE of a CONNECTION, also to what the module itself has started; see
    /// [`TestRequest::resource`], which is above this. The mocks are not there yet while the module is
    /// opened, as no connections of a service are.
    #[must_use]
    pub fn resource<R: IntoReply>(
        self,
        name: &str,
        answer: impl FnMut(MockCall) -> R + 'static,
    ) -> Opened {
        self.mocks.add(name, answer);
        self
    }

    /// Runs a function for TASK, SETUP or TEARDOWN to its end.
    ///
    /// # Errors
    ///
    /// If the function failed.
    ///
    /// # Panics
    ///
    /// If there is no such function.
    pub fn run(&self, function: &str) -> Result<(), Error> {
        match self.functions.get(function) {
            Some(Function::Job(job)) => self.on.run(job(config(&self.settings, &self.mocks))),
            _ => panic!("the module has no job `{function}`"),
        }
    }

    /// Calls a function for USER once.
    ///
    /// # Panics
    ///
    /// If there is no such function.
    pub fn turn(&self, function: &str) {
        match self.functions.get(function) {
            Some(Function::Turn(turn)) => {
                let done = self.on.run(async { turn() });
                done.unwrap_or_else(|error| panic!("{error}"));
            }
            _ => panic!("the module has no turn function `{function}`"),
        }
    }

    /// Converts a text with a type of the module.
    ///
    /// # Errors
    ///
    /// What the type says against the text.
    ///
    /// # Panics
    ///
    /// If there is no such type.
    pub fn convert(&self, function: &str, text: &str) -> Result<Value, String> {
        match self.functions.get(function) {
            Some(Function::Type(convert)) => convert(text),
            _ => panic!("the module has no type `{function}`"),
        }
    }

    /// Calls a function for `code`, `setup` or `wrapper` with a value, or without one.
    ///
    /// # Panics
    ///
    /// If there is no such function.
    pub fn transform(&self, function: &str, value: Option<&Value>) -> Reply {
        let Some(Function::Transform(transform)) = self.functions.get(function) else {
            panic!("the module has no transform `{function}`");
        };
        let json = value.map(Value::to_string);
        self.on.run(async {
            match transform(json.as_deref().map(str::as_bytes)) {
                Outcome::Ready(reply) => reply,
                Outcome::Pending(later) => later.await,
            }
        })
    }

    /// Lets virtual time go by, for what was spawned.
    pub fn wait(&self, duration: Duration) {
        self.on.run(sleep(duration));
    }
}

fn config(settings: &BTreeMap<String, String>, mocks: &Rc<Mocks>) -> Config {
    let config = Config::new(settings.clone());
    Rc::clone(mocks).serve(&config);
    config
}

fn open(module: &impl AnyModule, config: &Config) -> Result<HashMap<String, Function>, Error> {
    let module = module.describe();
    let functions = module.open(config)?;
    let names = module.info().functions.into_iter().map(|known| known.name);
    Ok(names.zip(functions).collect())
}

fn expect_handler(functions: &HashMap<String, Function>, name: &str) -> Handler {
    match functions.get(name) {
        Some(Function::Handler(handler)) => Handler::clone(handler),
        _ => panic!("the module has no handler `{name}`"),
    }
}
