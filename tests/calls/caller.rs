//! The side that calls: a service with connections, and what came of a call.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use micro::{Micro, Running};
use micro_api::{CallError, CallErrorKind, IntoArguments, Resource, Response, Side, sleep};

use crate::support::DEADLINE;

/// A service that calls.
pub(crate) struct Caller {
    pub(crate) running: Running,
}

/// What came of a call, and how long it took.
pub(crate) struct Outcome {
    pub(crate) result: Result<Response, CallError>,
    pub(crate) took: Duration,
}

/// A connection to a port of this machine, with a RESOURCE for each usual method.
pub(crate) fn connection(port: u16, options: &str) -> String {
    format!(
        "CONNECTION x http://127.0.0.1:{port} {options}
         RESOURCE get /get
         RESOURCE head /head method=HEAD
         RESOURCE post /post method=POST
         REQUIRED body
         RESOURCE put /put method=PUT
         REQUIRED body"
    )
}

/// A service with these lines, without modules.
pub(crate) fn caller(lines: &str) -> Caller {
    caller_of(Micro::new(), lines)
}

/// A service of this connection.
pub(crate) fn caller_to(port: u16, options: &str) -> Caller {
    caller(&connection(port, options))
}

/// A service with these settings.
pub(crate) fn caller_with(lines: &str, settings: &[(&str, &str)]) -> Caller {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let settings: Vec<_> = settings.iter().map(owned).collect();
    caller_of(Micro::new().environment(settings), lines)
}

/// A service with these modules and lines.
pub(crate) fn caller_of(micro: Micro, lines: &str) -> Caller {
    let lines = format!("{lines}\nSERVER test 0 host=127.0.0.1");
    let started = micro.lines(lines.lines()).start();
    Caller {
        running: started.expect("it starts"),
    }
}

impl Caller {
    /// A RESOURCE of the connection `x`.
    pub(crate) fn resource(&self, name: &str) -> Resource {
        let connection = self.running.connection("x").expect("it is declared");
        connection.resource(name).expect("it is declared")
    }

    /// Serves until a future is done, which must be soon.
    #[track_caller]
    pub(crate) fn wait<T>(&mut self, future: impl Future<Output = T>) -> T {
        let soon = before(DEADLINE, future);
        let done = self.running.wait(soon).expect("the loop goes on");
        done.expect("it is done in time")
    }

    /// Calls a RESOURCE of the connection `x`.
    #[track_caller]
    pub(crate) fn call(&mut self, resource: &str, arguments: impl IntoArguments) -> Outcome {
        let call = self.resource(resource).call(arguments);
        let begin = Instant::now();
        let result = self.wait(async move { call.await });
        Outcome {
            result,
            took: begin.elapsed(),
        }
    }

    /// The same with a GET.
    #[track_caller]
    pub(crate) fn get(&mut self) -> Outcome {
        self.call("get", ())
    }
}

impl Outcome {
    /// Checks that the call has failed, with a sentence that holds all of this.
    #[track_caller]
    pub(crate) fn fails(self, kind: CallErrorKind, parts: &[&str]) -> Failed {
        let error = match self.result {
            Ok(response) => panic!("it is answered: {response:?} {:?}", response.text()),
            Err(error) => error,
        };
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.side(), Side::Theirs, "{error}");
        for part in parts {
            assert!(error.message().contains(part), "no `{part}`: {error}");
        }
        let whole = error.to_string();
        assert!(whole.contains("connection `x`, resource `"), "{whole}");
        let has_answer = matches!(kind, CallErrorKind::Status | CallErrorKind::Decode);
        assert_eq!(error.response().is_some(), has_answer, "{error}");
        Failed {
            error,
            took: self.took,
        }
    }

    /// Checks that there is an answer with this text.
    #[track_caller]
    pub(crate) fn answers(self, text: &str) -> Response {
        let response = self.result.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(response.text().expect("it is text"), text);
        response
    }
}

/// A call that has failed.
pub(crate) struct Failed {
    pub(crate) error: CallError,
    took: Duration,
}

impl Failed {
    /// Checks that so much time was waited for, and not much more.
    #[track_caller]
    pub(crate) fn after(self, milliseconds: u64) -> CallError {
        let (least, took) = (Duration::from_millis(milliseconds), self.took);
        // Clocks are not that fine.
        let least_seen = least.saturating_sub(Duration::from_millis(2));
        assert!(took >= least_seen, "after {took:?}: {}", self.error);
        assert!(
            took < least + Duration::from_secs(5),
            "{took:?}: {}",
            self.error
        );
        self.error
    }

    /// Checks that nothing was waited for.
    #[track_caller]
    pub(crate) fn at_once(self) -> CallError {
        self.after(0)
    }
}

/// What a future gives before so much time is over.
pub(crate) async fn before<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut end) = (pin!(future), pin!(sleep(limit)));
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => end.as_mut().poll(context).map(|()| None),
    })
    .await
}

/// Waits, and serves meanwhile, until something is so.
pub(crate) async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        sleep(Duration::from_millis(1)).await;
    }
}
