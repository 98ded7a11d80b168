//! The module `tasks`: a list of things to do, kept in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;

use micro_api::serde::Serialize;
use micro_api::{Config, Error, IntoReply, Json, Module, Reply, Request};

/// The module `tasks`.
#[must_use]
pub const fn module() -> Module<RefCell<Tasks>> {
    Module::with_state("tasks", open)
        .version(env!("CARGO_PKG_VERSION"))
        .handler("create", create)
        .summary("adds a task")
        .takes::<&str>("description")
        .handler("read", read)
        .summary("tells of one task, or without an id of all")
        .takes::<Option<u64>>("id")
        .takes::<Option<&str>>("order")
        .handler("update", update)
        .summary("describes a task anew")
        .takes::<u64>("id")
        .takes::<&str>("description")
        .handler("delete", delete)
        .summary("removes a task")
        .takes::<u64>("id")
}

fn open(_: &Config) -> Result<RefCell<Tasks>, Error> {
    Ok(RefCell::default())
}

/// The list.
#[derive(Debug, Default)]
pub struct Tasks {
    last_id: u64,
    descriptions: BTreeMap<u64, String>,
}

#[derive(Serialize)]
#[serde(crate = "micro_api::serde")]
struct Task<'a> {
    id: u64,
    description: &'a str,
}

/// Adds a task: 201, and the task with its id.
fn create(tasks: &RefCell<Tasks>, request: Request) -> Result<Reply, Error> {
    let mut tasks = tasks.borrow_mut();
    let description: &str = request.arg("description")?;
    tasks.last_id += 1;
    let id = tasks.last_id;
    tasks.descriptions.insert(id, description.to_owned());
    Ok((201, Json(Task { id, description })).into_reply())
}

/// One task, or without an id all of them: the oldest first, or the `newest`.
fn read(tasks: &RefCell<Tasks>, request: Request) -> Result<Reply, Error> {
    let tasks = tasks.borrow();
    if let Some(id) = request.arg::<Option<u64>>("id")? {
        let description = tasks.descriptions.get(&id).ok_or_else(|| no_task(id))?;
        return Ok(Reply::json(&Task { id, description }));
    }
    let all = tasks
        .descriptions
        .iter()
        .map(|(&id, description)| Task { id, description });
    let mut all: Vec<Task<'_>> = all.collect();
    if request.arg::<Option<&str>>("order")? == Some("newest") {
        all.reverse();
    }
    Ok(Reply::json(&all))
}

/// Describes a task anew.
fn update(tasks: &RefCell<Tasks>, request: Request) -> Result<Reply, Error> {
    let mut tasks = tasks.borrow_mut();
    let id = request.arg("id")?;
    let old = tasks.descriptions.get_mut(&id).ok_or_else(|| no_task(id))?;
    let description: &str = request.arg("description")?;
    description.clone_into(old);
    Ok(Reply::json(&Task { id, description }))
}

/// Removes a task: 204.
fn delete(tasks: &RefCell<Tasks>, request: Request) -> Result<u16, Error> {
    let id = request.arg("id")?;
    match tasks.borrow_mut().descriptions.remove(&id) {
        Some(_) => Ok(204),
        None => Err(no_task(id)),
    }
}

fn no_task(id: u64) -> Error {
    Error::new(404, format!("there is no task {id}"))
}

#[cfg(test)]
mod tests {
    use super::module;
    use micro_api::testing::{self, Answer, Opened, TestRequest};
    use micro_api::{Value, json};

    struct List(Opened);

    impl List {
        fn of(descriptions: &[&str]) -> List {
            let list = List(Opened::new(&module()));
            for description in descriptions {
                assert_eq!(list.create(description).status, 201);
            }
            list
        }

        fn call(&self, request: &TestRequest, function: &str) -> Answer {
            request.call_with(&self.0, function)
        }

        fn create(&self, description: &str) -> Answer {
            self.call(
                &testing::post("/tasks").arg("description", description),
                "create",
            )
        }

        fn all(&self) -> Value {
            self.call(&testing::get("/tasks"), "read").json()
        }
    }

    #[test]
    fn ids_count_from_1_and_are_not_used_again() {
        let list = List::of(&["sow"]);
        list.call(&testing::delete("/tasks/1").arg("id", 1), "delete");
        let answer = list.create("reap");
        assert_eq!(
            (answer.status, answer.text()),
            (201, r#"{"id":2,"description":"reap"}"#)
        );
    }

    #[test]
    fn all_tasks_in_the_order_of_their_ids() {
        assert_eq!(List::of(&[]).all(), json!([]));
        let expected = json!([{"id": 1, "description": "sow"}, {"id": 2, "description": "reap"}]);
        assert_eq!(List::of(&["sow", "reap"]).all(), expected);
    }

    #[test]
    fn the_newest_first_if_asked_for() {
        let list = List::of(&["sow", "reap"]);
        let request = testing::get("/tasks").arg("order", "newest");
        let expected = json!([{"id": 2, "description": "reap"}, {"id": 1, "description": "sow"}]);
        assert_eq!(list.call(&request, "read").json(), expected);
    }

    #[test]
    fn one_task() {
        let list = List::of(&["sow", "reap"]);
        let answer = list.call(&testing::get("/tasks/2").arg("id", 2), "read");
        assert_eq!(answer.json(), json!({"id": 2, "description": "reap"}));
    }

    #[test]
    fn a_route_with_an_id_that_is_empty_is_that_of_all() {
        let answer = List::of(&["sow"]).call(&testing::get("/tasks/").absent("id"), "read");
        assert_eq!(answer.json().as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn a_task_is_described_anew() {
        let list = List::of(&["sow"]);
        let request = testing::put("/tasks/1")
            .arg("id", 1)
            .arg("description", "plough");
        let expected = json!({"id": 1, "description": "plough"});
        assert_eq!(list.call(&request, "update").json(), expected);
        assert_eq!(list.all(), json!([expected]));
    }

    #[test]
    fn a_task_that_is_deleted_is_gone() {
        let list = List::of(&["sow", "reap"]);
        let request = testing::delete("/tasks/1").arg("id", 1);
        let answer = list.call(&request, "delete");
        assert_eq!((answer.status, answer.body()), (204, &b""[..]));
        assert_eq!(list.all(), json!([{"id": 2, "description": "reap"}]));
        assert_eq!(list.call(&request, "delete").status, 404);
    }

    #[test]
    fn a_task_that_there_is_not_is_404() {
        let list = List::of(&["sow"]);
        let request = testing::put("/tasks/2")
            .arg("id", 2)
            .arg("description", "reap");
        for function in ["read", "update", "delete"] {
            let answer = list.call(&request, function);
            assert_eq!(answer.status, 404, "{function}");
            assert_eq!(answer.json()["error"], "there is no task 2");
        }
        assert_eq!(list.all(), json!([{"id": 1, "description": "sow"}]));
    }

    #[test]
    fn each_service_has_a_list_of_its_own() {
        let request = testing::post("/tasks").arg("description", "sow");
        for _ in 0..2 {
            assert_eq!(request.call_with(&module(), "create").json()["id"], 1);
        }
    }
}
