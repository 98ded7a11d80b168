//! The handler of a route: compares a call with its RESOURCE, and gives the answer of the file.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use micro_api::serde_json::Map;
use micro_api::{BodySender, Method, Reply, Request, Value, json, sleep, spawn};

use super::super::answers::{Content, Entry, example, matches};
use super::arrived::Shape;
use super::store::Store;
use crate::client::hide_secrets;
use crate::config::{Connection, Resource};
use crate::files::Accept;

/// The target under which calls are logged.
const TARGET: &str = "mock";
/// How long what was sent may be on its way before the connection is cut: that is a reset, and what
/// the server still holds goes with it.
const CUT_AFTER: Duration = Duration::from_millis(50);
const LINES: &str = "application/x-ndjson";

/// What answers the calls of one route.
pub(super) struct Answering {
    /// The resources with this path, in the order of the definition.
    shapes: Vec<Shape>,
    store: Rc<Store>,
}

impl Answering {
    pub(super) fn new(shapes: Vec<Shape>, store: Rc<Store>) -> Answering {
        Answering { shapes, store }
    }

    /// Answers a call.
    pub(super) async fn answer(&self, request: Request) -> Reply {
        // Another resource with this path may have an answer; else the last one says why not.
        let mut refusal = None;
        for shape in self.shapes_of(request.method()) {
            let arguments = match shape.arguments(&request) {
                Ok(arguments) => arguments,
                Err(sentence) => {
                    refusal.get_or_insert(Refusal::of_arguments(shape, sentence));
                    continue;
                }
            };
            let entries = match self.store.find(&shape.connection, &shape.resource) {
                Ok(entries) => entries.unwrap_or_default(),
                Err(mistakes) => return broken(shape, &mistakes),
            };
            let mut fit = entries.iter();
            if let Some(entry) = fit.find(|entry| matches(&entry.when, &arguments)) {
                log::info!(target: TARGET, "{}", call(shape, &arguments, entry.status));
                return give(entry).await;
            }
            refusal = Some(self.unanswered(shape, arguments, entries.len()));
        }
        refusal.map_or_else(|| Reply::status(404), Refusal::into_reply)
    }

    fn shapes_of(&self, method: Method) -> impl Iterator<Item = &Shape> {
        let has_own = |method: Method| self.shapes.iter().any(|one| one.resource.method == method);
        // HEAD is answered as GET is, unless it is declared by itself.
        let method = match method {
            Method::Head if !has_own(method) => Method::Get,
            method => method,
        };
        self.shapes
            .iter()
            .filter(move |one| one.resource.method == method)
    }

    fn unanswered(&self, shape: &Shape, arguments: Map<String, Value>, others: usize) -> Refusal {
        let line = call(shape, &arguments, 501);
        let path = self.store.path(&shape.connection, &shape.resource);
        let path = path.display();
        let error = match (others, self.store.has_folder()) {
            (0, true) => format!("there is no answer for `{}`: write `{path}`", shape.name()),
            (0, false) => format!(
                "there is no answer for `{}`: write `{path}` into a folder, and name that with `--answers`",
                shape.name()
            ),
            _ => format!("no answer in `{path}` is for these arguments: add one"),
        };
        let mut example = example(&shape.resource);
        if others > 0 {
            // A secret is none of the file's business.
            let is_open = |(name, _): &(String, Value)| !shape.resource.is_secret(name);
            let when = arguments.into_iter().filter(is_open).collect();
            example["when"] = hide_secrets(Value::Object(when));
        }
        let told = json!({"error": error, "file": path.to_string(), "example": example});
        Refusal {
            line,
            reply: Reply::json(&told).with_status(501),
        }
    }
}

/// What answers calls that no resource of a connection has the path of.
pub(super) struct Nowhere {
    connection: String,
    /// The resources, for people.
    there: Vec<String>,
}

impl Nowhere {
    pub(super) fn new(connection: &Connection) -> Nowhere {
        let name = &connection.name;
        let shown =
            |one: &Resource| format!("{name}.{}: {} {}", one.signature(), one.method, one.path);
        Nowhere {
            connection: name.clone(),
            there: connection.resources.iter().map(shown).collect(),
        }
    }

    /// Says what there is.
    pub(super) fn answer(&self, request: &Request) -> Reply {
        let connection = &self.connection;
        let (method, path) = (request.method(), request.path());
        let sentence = format!("no resource of `{connection}` has this path");
        log::warn!(target: TARGET, "{connection}: 404, {sentence}: {method} {path}");
        Reply::json(&json!({"error": sentence, "resources": self.there})).with_status(404)
    }
}

/// Why a call is not answered as its RESOURCE wants it.
struct Refusal {
    /// What the log says.
    line: String,
    reply: Reply,
}

impl Refusal {
    fn of_arguments(shape: &Shape, sentence: String) -> Refusal {
        Refusal {
            line: format!("{}: 400, {sentence}", shape.name()),
            reply: Reply::json(&json!({"error": sentence})).with_status(400),
        }
    }

    fn into_reply(self) -> Reply {
        log::warn!(target: TARGET, "{}", self.line);
        self.reply
    }
}

/// A call as the log shows it.
fn call(shape: &Shape, arguments: &Map<String, Value>, status: u16) -> String {
    let shown = shown(shape, arguments);
    format!("{} {shown}: {status}", shape.name())
}

/// Arguments without secrets.
fn shown(shape: &Shape, arguments: &Map<String, Value>) -> Value {
    let arguments = arguments.iter().map(|(name, value)| {
        let value = match shape.resource.is_secret(name) {
            true => "***".into(),
            false => hide_secrets(value.clone()),
        };
        (name.clone(), value)
    });
    Value::Object(arguments.collect())
}

fn broken(shape: &Shape, mistakes: &str) -> Reply {
    log::error!(target: TARGET, "{}: 500, its answers are wrong", shape.name());
    Reply::json(&json!({"error": mistakes})).with_status(500)
}

/// The answer of an entry, when its time has come.
async fn give(entry: &Entry) -> Reply {
    if !entry.delay.is_zero() {
        sleep(entry.delay).await;
    }
    let reply = match content(&entry.content) {
        Err(error) => {
            return Reply::json(&json!({"error": error})).with_status(500);
        }
        Ok(Pieces::None) if !entry.is_cut => Reply::status(200),
        Ok(Pieces::Whole(media_type, bytes)) if !entry.is_cut => Reply::bytes(media_type, bytes),
        Ok(pieces) => stream(pieces, entry.is_cut),
    };
    let reply = reply.with_status(entry.status);
    let headers = entry.headers.iter();
    headers.fold(reply, |reply, (name, value)| {
        reply.with_header(name.clone(), value.clone())
    })
}

enum Pieces {
    None,
    Whole(&'static str, Vec<u8>),
    Lines(Vec<Vec<u8>>),
}

fn content(content: &Content) -> Result<Pieces, String> {
    Ok(match content {
        Content::Nothing => Pieces::None,
        Content::Json(value) => Pieces::Whole("application/json", value.to_string().into_bytes()),
        Content::Text(text) => {
            Pieces::Whole("text/plain; charset=utf-8", text.clone().into_bytes())
        }
        Content::File(path) => {
            let bytes = Accept::RegularFiles.read(path);
            let bytes =
                bytes.map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
            Pieces::Whole(media_type(path), bytes)
        }
        Content::Lines(lines) => {
            let line = |value: &Value| format!("{value}\n").into_bytes();
            Pieces::Lines(lines.iter().map(line).collect())
        }
    })
}

/// What a header field of the entry may say better.
fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => "application/json",
        Some("html") => "text/html; charset=utf-8",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Sends piece by piece; what is cut ends behind its last line, or in the middle.
fn stream(pieces: Pieces, is_cut: bool) -> Reply {
    let (media_type, pieces) = match pieces {
        Pieces::None => (LINES, Vec::new()),
        Pieces::Lines(lines) => (LINES, lines),
        Pieces::Whole(media_type, mut bytes) => {
            bytes.truncate(bytes.len() / 2);
            (media_type, vec![bytes])
        }
    };
    let (sender, reply) = Reply::channel(media_type);
    spawn(send(sender, pieces, is_cut));
    reply
}

async fn send(mut sender: BodySender, pieces: Vec<Vec<u8>>, is_cut: bool) {
    for piece in pieces {
        if sender.send(piece).await.is_err() {
            return;
        }
    }
    match is_cut {
        true => {
            sleep(CUT_AFTER).await;
            sender.cut();
        }
        false => sender.finish(),
    }
}
