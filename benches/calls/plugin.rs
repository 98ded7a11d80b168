//! The module `passing` as a library: `benches/calls.py` measures what its one call costs.

use micro_api::{Error, Module, Request, Response};

const MODULE: Module = Module::new("passing").handler("pass", pass);

async fn pass(request: Request) -> Result<Response, Error> {
    let get = request.connection("backend")?.resource("get")?;
    Ok(get.call(()).await?)
}

micro_api::export!(MODULE);
