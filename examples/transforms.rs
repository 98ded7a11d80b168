//! `cargo run --example transforms`, then `curl localhost:12345/titles`
//!
//! Functions that have their say in calls: one changes what is sent, one reads what came.

use std::process::ExitCode;

use micro::Micro;
use micro_api::{Config, Error, Module, Outgoing, Request, Value, json};

const DEFINITION: &str = "
CONFIG library.token default=sesame secret=true
SERVER transforms 12345
  ROUTE /titles$
    GET my.list

CONNECTION library http://localhost:12346
  RESOURCE books /books setup=my.sign wrapper=my.titles

SERVER library 12346 host=127.0.0.1     # plays the service
  ROUTE /books$
    GET my.books
";

/// What the functions share: what shows the library who we are.
fn open(config: &Config) -> Result<String, Error> {
    config.get("library.token")
}

fn sign(token: &String, mut outgoing: Outgoing) -> Outgoing {
    outgoing.set_header("Authorization", format!("Bearer {token}"));
    outgoing
}

fn titles(books: Vec<Value>) -> Value {
    books.iter().map(|book| book["title"].clone()).collect()
}

async fn list(request: Request) -> Result<Value, Error> {
    let books = request.connection("library")?.resource("books")?;
    Ok(books.call(()).await?.value()?)
}

fn books(token: &String, request: Request) -> Result<Value, Error> {
    if request.header("authorization") != Some(&format!("Bearer {token}")) {
        return Err(Error::new(401, "who are you"));
    }
    Ok(json!([{"title": "Emma", "pages": 474}, {"title": "Persuasion", "pages": 249}]))
}

/// The service, ready to be started.
pub fn service() -> Micro {
    let module = Module::with_state("my", open)
        .handler("list", list)
        .handler("books", books)
        .transform("sign", sign)
        .transform("titles", titles);
    Micro::new().module(module).text("transforms", DEFINITION)
}

fn main() -> ExitCode {
    service().main()
}
