//! The answer of a call, printed.

use std::process::ExitCode;

use micro_api::serde_json;
use micro_api::{CallError, ResourceCall, Response, ResponseStream, Value, host};

use super::super::output::print;
use super::interrupt::Interrupt;

/// How an answer is printed.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    pub(super) is_raw: bool,
    pub(super) has_head: bool,
    /// Whether it is kept although it has been printed.
    pub(super) is_recorded: bool,
}

/// What a service has answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) content: Vec<u8>,
    /// Whether it was printed as it came.
    pub(super) is_stream: bool,
}

/// What came of a call.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) answer: Option<Answer>,
    pub(super) failure: Option<CallError>,
    /// How the program is to end, if nobody reads what it prints.
    pub(super) unread: Option<ExitCode>,
    /// The signal that has ended it.
    pub(super) signal: Option<i32>,
}

/// Makes the call.
pub(super) async fn make(call: ResourceCall) -> Outcome {
    match call.await {
        Ok(response) => Outcome {
            answer: Some(Answer::of(&response)),
            ..Outcome::default()
        },
        Err(failure) => Outcome::of(failure),
    }
}

/// Makes the call, and prints the answer as it comes.
pub(super) async fn make_stream(
    call: ResourceCall,
    manner: Manner,
    interrupt: Interrupt,
) -> Outcome {
    match interrupt.or(call.stream()).await {
        Ok(Ok(stream)) => print_stream(stream, manner, interrupt).await,
        Ok(Err(failure)) => Outcome::of(failure),
        Err(signal) => Outcome {
            signal: Some(signal),
            ..Outcome::default()
        },
    }
}

async fn print_stream(mut stream: ResponseStream, manner: Manner, interrupt: Interrupt) -> Outcome {
    let mut outcome = Outcome::default();
    let mut answer = Answer {
        status: stream.status(),
        headers: owned(stream.headers()),
        content: Vec::new(),
        is_stream: true,
    };
    let mut last = b'\n';
    outcome.unread = match manner.has_head {
        true => print(answer.head().as_bytes()).err(),
        false => None,
    };
    while outcome.unread.is_none() {
        match interrupt.or(stream.chunk()).await {
            Ok(Ok(Some(piece))) => {
                outcome.unread = print(&piece).err();
                last = piece.last().copied().unwrap_or(last);
                if manner.is_recorded {
                    answer.content.extend(piece);
                }
            }
            Ok(Ok(None)) => break,
            Ok(Err(failure)) => {
                outcome.failure = Some(failure);
                break;
            }
            Err(signal) => {
                outcome.signal = Some(signal);
                break;
            }
        }
    }
    if !manner.is_raw && last != b'\n' && outcome.unread.is_none() {
        outcome.unread = print(b"\n").err();
    }
    outcome.answer = Some(answer);
    outcome
}

impl Outcome {
    /// Prints the answer, unless it was printed as it came.
    ///
    /// # Errors
    ///
    /// If it cannot be printed: how the program is to end then.
    pub(super) fn print(&self, manner: Manner) -> Result<(), ExitCode> {
        match (self.unread, &self.answer) {
            (Some(code), _) => Err(code),
            (None, Some(answer)) if !answer.is_stream => answer.print(manner),
            (None, _) => Ok(()),
        }
    }

    /// Of a call that has failed, maybe by what its answer says.
    fn of(failure: CallError) -> Outcome {
        Outcome {
            answer: failure.response().map(Answer::of),
            failure: Some(failure),
            ..Outcome::default()
        }
    }
}

impl Answer {
    fn of(response: &Response) -> Answer {
        Answer {
            status: response.status(),
            headers: owned(response.headers()),
            content: response.bytes().to_vec(),
            is_stream: false,
        }
    }

    /// Prints the answer.
    ///
    /// # Errors
    ///
    /// If it cannot be printed: how the program is to end then.
    fn print(&self, manner: Manner) -> Result<(), ExitCode> {
        if manner.has_head {
            print(self.head().as_bytes())?;
        }
        match manner.is_raw {
            true => print(&self.content),
            false => print(&self.readable()),
        }
    }

    fn head(&self) -> String {
        let Answer {
            status, headers, ..
        } = self;
        let fields = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\n"));
        let fields: String = fields.collect();
        format!("HTTP/1.1 {status} {}\n{fields}\n", host::reason(*status))
    }

    /// JSON is indented; what else ends without a line feed is given one.
    fn readable(&self) -> Vec<u8> {
        // What is a text by its media type stays one, even if it looks like a number.
        let is_json = match self.headers.iter().find(|(name, _)| is_media_type(name)) {
            Some((_, media_type)) => media_type.to_ascii_lowercase().contains("json"),
            None => true,
        };
        if is_json && let Ok(value) = serde_json::from_slice::<Value>(&self.content) {
            return format!("{value:#}\n").into_bytes();
        }
        let mut content = self.content.clone();
        if content.last().is_some_and(|byte| *byte != b'\n')
            && std::str::from_utf8(&content).is_ok()
        {
            content.push(b'\n');
        }
        content
    }
}

fn is_media_type(name: &str) -> bool {
    name.eq_ignore_ascii_case("content-type")
}

fn owned<'h>(headers: impl Iterator<Item = (&'h str, &'h str)>) -> Vec<(String, String)> {
    headers
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
