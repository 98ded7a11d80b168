//! A service inside a program of one's own: the builder that the command line uses, too.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use micro_api::host::AnyModule;
use micro_api::{Connection, Error};

use crate::cli;
use crate::config::{Catalogue, Service};
use crate::diagnostics::{Sources, render};
use crate::directives::{self, Loaded, Source};
use crate::files::Accept;
use crate::registry::{Folders, Loading, Registry, Search};
use crate::server::{self, Reload, Reloader, ServeError, Server, Stopper};

/// A service to be: its definition and its modules.
///
/// ```
/// use micro::Micro;
/// use micro_api::{Module, Request, Value, json};
///
/// fn ping(_: Request) -> Value {
///     json!({"ping": "pong"})
/// }
///
/// let service = Micro::new()
///     .module(Module::new("my").handler("ping", ping))
///     .lines(["SERVER useless 0", "ROUTE /test/ping$", "GET my.ping"])
///     .start()?;
/// assert_ne!(service.address("useless").expect("it listens").port(), 0);
/// # Ok::<_, micro::StartError>(())
/// ```
pub struct Micro {
    registry: Registry,
    folders: Vec<PathBuf>,
    loading: Loading,
    source: Option<Source>,
    options: directives::Options<'static>,
    server: server::Options,
    mistakes: Vec<String>,
}

impl Default for Micro {
    fn default() -> Micro {
        Micro::new()
    }
}

impl Micro {
    /// A service of the modules that are linked into this library, with no definition yet and an
    /// empty environment.
    #[must_use]
    pub fn new() -> Micro {
        Micro {
            registry: Registry::linked(),
            folders: Vec::new(),
            loading: Loading::Never,
            source: None,
            options: directives::Options::default(),
            server: server::Options::default(),
            mistakes: Vec::new(),
        }
    }

    /// Adds a module: its functions are `name.function` in the definition. It takes the place of one
    /// of the same name that comes with `micro`.
    #[must_use]
    pub fn module(mut self, module: impl AnyModule) -> Micro {
        if let Err(mistake) = self.registry.add(&module) {
            self.mistakes.push(mistake.to_string());
        }
        self
    }

    /// Modules are searched for in this folder, too, as shared libraries: behind the folders that
    /// were named before, and before all others.
    #[must_use]
    pub fn modules_dir(mut self, path: impl Into<PathBuf>) -> Micro {
        let path = path.into();
        if !path.is_dir() {
            let mistake = format!("there is no folder `{}` of modules", path.display());
            self.mistakes.push(mistake);
        }
        self.folders.push(path);
        self
    }

    /// Shared libraries are loaded already when the definition is read, which runs their code.
    /// Otherwise that is done when the service starts, and their files are enough to check it.
    #[must_use]
    pub fn load_libraries(mut self) -> Micro {
        self.loading = Loading::Always;
        self
    }

    /// Shared libraries are loaded from private copies, so that a rebuilt one can take over from the
    /// one that is in use, see [`Running::replace`].
    #[must_use]
    pub fn copy_libraries(mut self) -> Micro {
        self.registry.copy_libraries();
        self
    }

    /// The definition is this file.
    #[must_use]
    pub fn definition(mut self, path: impl Into<PathBuf>) -> Micro {
        self.source = Some(Source::File(path.into()));
        self
    }

    /// The definition is this text, which messages call by this name.
    #[must_use]
    pub fn text(mut self, name: impl Into<String>, text: impl Into<String>) -> Micro {
        self.source = Some(Source::Text {
            name: name.into(),
            text: text.into(),
        });
        self
    }

    /// The definition is these lines.
    #[must_use]
    pub fn lines<L: Into<String>>(mut self, lines: impl IntoIterator<Item = L>) -> Micro {
        self.source = Some(Source::Lines(lines.into_iter().map(Into::into).collect()));
        self
    }

    /// Settings come from this file where the environment does not have them.
    #[must_use]
    pub fn config_file(mut self, path: impl Into<PathBuf>) -> Micro {
        self.options.config = Some(Source::File(path.into()));
        self
    }

    /// Settings, and `${…}` in the definition, come from these variables first; often
    /// `std::env::vars()`.
    #[must_use]
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Micro {
        self.options.environment = variables.into_iter().collect();
        self
    }

    /// How long answers in the making may take once the service is told to end.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Micro {
        self.server.grace = grace;
        self
    }

    /// SIGTERM and SIGINT end the service, SIGUSR1 switches debug messages.
    #[must_use]
    pub fn signals(mut self) -> Micro {
        self.server.has_signals = true;
        self
    }

    /// Whether there is a definition already.
    #[must_use]
    pub fn has_definition(&self) -> bool {
        self.source.is_some()
    }

    /// Reads and checks the definition.
    #[must_use]
    pub fn load(&self) -> Loaded {
        self.load_searching(self.loading)
    }

    /// The same, to start the service: shared libraries whose files do not say enough are loaded.
    #[must_use]
    pub fn load_to_start(&self) -> Loaded {
        self.load_searching(self.loading.max(Loading::IfNeeded))
    }

    /// The same once more, while the service runs: files that may be read only once, such as pipes,
    /// are a mistake then.
    #[must_use]
    pub fn load_again(&self) -> Loaded {
        let loading = self.loading.max(Loading::IfNeeded);
        self.load_accepting(loading, Accept::RegularFiles)
    }

    /// Reads and checks the definition, but looks up no functions: judges the language alone.
    #[must_use]
    pub fn load_syntax(&self) -> Loaded {
        self.load_with(None, Accept::Everything)
    }

    /// The whole program: the command line of `micro` for a service with these modules, and with
    /// this definition unless the command line names another.
    pub fn main(self) -> ExitCode {
        cli::main(std::env::args_os(), self)
    }

    fn load_searching(&self, loading: Loading) -> Loaded {
        self.load_accepting(loading, Accept::Everything)
    }

    fn load_accepting(&self, loading: Loading, accept: Accept) -> Loaded {
        let path = self.options.environment.get("MICRO_PATH");
        // Only a file has a folder: what is in the working directory is nobody's word.
        let definition = match &self.source {
            Some(Source::File(path)) => path.parent(),
            _ => None,
        };
        let search = Search {
            registry: &self.registry,
            folders: Folders::new(&self.folders, path.map(String::as_str), definition),
            loading,
        };
        self.load_with(Some(&search), accept)
    }

    fn load_with(&self, catalogue: Option<&dyn Catalogue>, accept: Accept) -> Loaded {
        let nothing = Source::Lines(Vec::new());
        let source = self.source.as_ref().unwrap_or(&nothing);
        directives::load(
            source,
            &directives::Options {
                catalogue,
                accept,
                ..self.options.clone()
            },
        )
    }

    /// Checks the definition, sets the service up and listens.
    ///
    /// # Errors
    ///
    /// If the definition has mistakes, or the service cannot be served.
    pub fn start(&self) -> Result<Running, StartError> {
        self.start_loaded(&self.load_to_start())
    }

    /// The same with a definition that [`load_to_start`](Micro::load_to_start) has read.
    ///
    /// # Errors
    ///
    /// As [`start`](Micro::start).
    pub fn start_loaded(&self, loaded: &Loaded) -> Result<Running, StartError> {
        self.start_service(self.expect_service(loaded)?)
    }

    /// The same with a service as plain data: one that a definition declares, of which a program may
    /// leave out what it does not want, or one that a program has made.
    ///
    /// # Errors
    ///
    /// If the service cannot be served.
    pub fn start_service(&self, service: &Service) -> Result<Running, StartError> {
        self.expect_modules()?;
        let server = Server::open(service, &self.registry, &self.server)?;
        Ok(Running { server })
    }

    /// The service of a definition that [`load`](Micro::load) has read.
    ///
    /// # Errors
    ///
    /// If the definition has mistakes, or says what cannot be served.
    pub fn expect_service<'l>(&self, loaded: &'l Loaded) -> Result<&'l Service, StartError> {
        self.expect_modules()?;
        match &loaded.service {
            Some(service) if loaded.refuse_to_run().is_empty() => Ok(service),
            _ => Err(StartError::Definition(loaded.render_refusal())),
        }
    }

    fn expect_modules(&self) -> Result<(), StartError> {
        match self.mistakes.first() {
            Some(mistake) => Err(StartError::Module(mistake.clone())),
            None => Ok(()),
        }
    }

    /// The modules that there are.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Starts the service and serves it until it is told to end.
    ///
    /// # Errors
    ///
    /// As [`start`](Micro::start), or if the loop fails.
    pub fn run(&self) -> Result<(), StartError> {
        self.start()?.run()
    }
}

/// A service that listens. It serves while [`run`](Running::run) or [`wait`](Running::wait) does.
pub struct Running {
    server: Server,
}

impl Running {
    /// Where the listener with this name listens.
    #[must_use]
    pub fn address(&self, listener: &str) -> Option<SocketAddr> {
        self.server
            .addresses()
            .find(|(name, _)| *name == listener)
            .map(|(_, address)| address)
    }

    /// A CONNECTION of the service, to be called within [`wait`](Running::wait).
    ///
    /// # Errors
    ///
    /// If the definition declares no such connection.
    pub fn connection(&self, name: &str) -> Result<Connection, Error> {
        self.server.config().connection(name)
    }

    /// A handle that ends the service gracefully, from any thread.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.server.stopper()
    }

    /// Has another service take over: new requests are its own, also on connections that are open;
    /// requests at work are finished by the service before. Serves until that is done.
    ///
    /// # Errors
    ///
    /// As [`Micro::start_loaded`]; the service before goes on then.
    pub fn replace(&mut self, micro: &Micro, loaded: &Loaded) -> Result<(), StartError> {
        let service = micro.expect_service(loaded)?;
        Ok(self.server.replace(service, &micro.registry)?)
    }

    /// Has other services, which `source` gives, take over whenever the handle says so.
    pub fn reload_from(&mut self, source: impl Reload + 'static) -> Reloader {
        self.server.reload_from(Box::new(source))
    }

    /// Serves until a future is done, and gives its result.
    ///
    /// # Errors
    ///
    /// If the loop fails.
    pub fn wait<T>(&mut self, future: impl Future<Output = T>) -> Result<T, StartError> {
        Ok(self.server.wait(future)?)
    }

    /// Serves until the service is told to end.
    ///
    /// # Errors
    ///
    /// If the loop, or a TEARDOWN function, fails.
    pub fn run(self) -> Result<(), StartError> {
        Ok(self.server.run()?)
    }
}

/// Why a service does not start.
pub enum StartError {
    /// The definition has mistakes; the text shows them all.
    Definition(String),
    /// A module cannot be added.
    Module(String),
    /// The definition is right, but the service cannot be served.
    Serve(ServeError),
}

impl From<ServeError> for StartError {
    fn from(error: ServeError) -> StartError {
        StartError::Serve(error)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Definition(text) => f.write_str(text),
            StartError::Module(mistake) => write!(f, "error: {mistake}"),
            StartError::Serve(error) => {
                let text = render(&error.diagnostic(), &Sources::default());
                f.write_str(text.trim_end())
            }
        }
    }
}

impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for StartError {}
