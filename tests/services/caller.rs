//! A service whose connection `backend` is called by the test.

use std::future::Future;

use micro::{Micro, Running};
use micro_api::{CallError, CallErrorKind, IntoArguments, Resource, ResourceCall, Response};

/// What a definition needs beside its connection.
const LISTENER: [&str; 3] = [
    "SERVER test 0 host=127.0.0.1",
    "ROUTE /ping$",
    "GET ping.ping",
];

/// A service that calls its connection `backend`.
pub(crate) struct Caller {
    running: Running,
}

impl Caller {
    /// Calls this URL with these lines of a CONNECTION; answers are not read as JSON.
    #[track_caller]
    pub(crate) fn new(url: &str, lines: &[&str]) -> Caller {
        Caller::with(url, lines, &[])
    }

    /// The same with settings of the connection, such as `ssl.cafile`.
    #[track_caller]
    pub(crate) fn with(url: &str, lines: &[&str], settings: &[(&str, &str)]) -> Caller {
        Caller::start(url, lines, settings).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same, or why it does not start.
    pub(crate) fn start(
        url: &str,
        lines: &[&str],
        settings: &[(&str, &str)],
    ) -> Result<Caller, String> {
        let connection = format!("CONNECTION backend {url} is_json=false timeout=10");
        let lines = LISTENER
            .into_iter()
            .chain([&*connection])
            .chain(lines.iter().copied());
        let settings = settings.iter().map(|(name, value)| {
            let name = name.to_uppercase().replace('.', "_");
            (format!("CONNECTION_BACKEND_{name}"), (*value).to_owned())
        });
        let micro = Micro::new().lines(lines).environment(settings);
        let running = micro.start().map_err(|error| error.to_string())?;
        Ok(Caller { running })
    }

    pub(crate) fn resource(&self, name: &str) -> Resource {
        let found = self.running.connection("backend");
        let found = found.and_then(|connection| connection.resource(name));
        found.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Serves until a future is done.
    pub(crate) fn wait<T>(&mut self, future: impl Future<Output = T>) -> T {
        self.running.wait(future).expect("the loop goes on")
    }

    /// What comes of a call.
    pub(crate) fn call(
        &mut self,
        resource: &str,
        arguments: impl IntoArguments,
    ) -> Result<Response, CallError> {
        let call = self.resource(resource).call(arguments);
        self.wait(async { call.await })
    }

    /// The answer to a call, which succeeds.
    #[track_caller]
    pub(crate) fn answer(&mut self, resource: &str, arguments: impl IntoArguments) -> Response {
        let answer = self.call(resource, arguments);
        answer.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The text of the answer to a call without arguments.
    #[track_caller]
    pub(crate) fn text(&mut self, resource: &str) -> String {
        let answer = self.answer(resource, ());
        answer.text().expect("it is text").to_owned()
    }

    /// The answer to a call that has a status of failure.
    #[track_caller]
    pub(crate) fn refusal(&mut self, resource: &str, arguments: impl IntoArguments) -> Response {
        let failed = self.call(resource, arguments).expect_err("it is refused");
        assert_eq!(failed.kind(), CallErrorKind::Status, "{failed}");
        failed.response().expect("there is an answer").clone()
    }

    /// The pieces of the answer to a call, as they come.
    #[track_caller]
    pub(crate) fn pieces(&mut self, call: ResourceCall) -> Vec<Vec<u8>> {
        let pieces = self.wait(async {
            let (mut stream, mut pieces) = (call.stream().await?, Vec::new());
            while let Some(piece) = stream.chunk().await? {
                pieces.push(piece);
            }
            Ok::<_, CallError>(pieces)
        });
        pieces.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The sentence of a call that fails in this way.
    #[track_caller]
    pub(crate) fn failure(&mut self, resource: &str, kind: CallErrorKind) -> String {
        let failed = self.call(resource, ()).expect_err("it fails");
        assert_eq!(failed.kind(), kind, "{failed}");
        failed.message().to_owned()
    }
}
