//! What is called across the border, and without it.

use micro_api::{Error, Json, Module, Request, Value, json};

/// The module `border`.
pub const fn module() -> Module {
    Module::new("border")
        .handler("text", text)
        .handler("json", json)
        .handler("argument", argument)
        .handler("later", later)
}

pub fn text(_: Request) -> &'static str {
    "pong"
}

pub fn json(_: Request) -> Value {
    json!({"ping": "pong"})
}

pub fn argument(request: Request) -> Result<Json<i64>, Error> {
    Ok(Json(request.arg("id")?))
}

pub async fn later(request: Request) -> Result<Json<i64>, Error> {
    std::future::ready(()).await;
    argument(request)
}
