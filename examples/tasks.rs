//! `cargo run --example tasks`, then `curl -d title=sow -d hours=2 localhost:12345/tasks`
//!
//! A list of tasks: create, read, update and delete, on a state that the handlers share.

use std::{cell::RefCell, collections::BTreeMap, process::ExitCode};

use micro::Micro;
use micro_api::{Config, Error, Json, Module, Request};

const DEFINITION: &str = "
SERVER tasks 12345
  ROUTE /tasks$
    GET my.all
    POST my.create
      CONTENT title
      CONTENT hours type=float is_required=false default=1
  ROUTE /tasks/{id:count}$
    GET my.read
    PUT my.update
      CONTENT title
      CONTENT hours type=float
    DELETE my.delete
";

/// Title and hours of each task.
type Tasks = RefCell<BTreeMap<u64, (String, f64)>>;

fn create(tasks: &Tasks, request: Request) -> Result<(u16, Json<u64>), Error> {
    let mut tasks = tasks.borrow_mut();
    let id = tasks.keys().next_back().map_or(1, |last| last + 1);
    tasks.insert(id, (request.arg("title")?, request.arg("hours")?));
    Ok((201, Json(id)))
}

fn read(tasks: &Tasks, request: Request) -> Result<Option<Json<(String, f64)>>, Error> {
    Ok(tasks.borrow().get(&request.arg("id")?).cloned().map(Json)) // `None` is 404
}

fn update(tasks: &Tasks, request: Request) -> Result<Option<u16>, Error> {
    let new = (request.arg("title")?, request.arg("hours")?);
    Ok(tasks
        .borrow_mut()
        .get_mut(&request.arg("id")?)
        .map(|task| *task = new)
        .map(|()| 204))
}

fn delete(tasks: &Tasks, request: Request) -> Result<Option<u16>, Error> {
    Ok(tasks.borrow_mut().remove(&request.arg("id")?).map(|_| 204))
}

/// The service, ready to be started.
pub fn service() -> Micro {
    let module = Module::with_state("my", |_: &Config| Ok::<_, Error>(Tasks::default()))
        .handler("all", |tasks: &Tasks, _: Request| {
            Json(tasks.borrow().clone())
        })
        .handler("create", create)
        .handler("read", read)
        .handler("update", update)
        .handler("delete", delete);
    Micro::new().module(module).text("tasks", DEFINITION)
}

fn main() -> ExitCode {
    service().main()
}
