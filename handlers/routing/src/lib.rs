//! The routing pack: which backends serve a domain, for many tenants.
//!
//! A *mapping* belongs to a tenant and says that requests for a domain go to one of its backends. A
//! domain is there once over all tenants.
//!
//! What requests say is read by small pieces without I/O (`domain`, `backend`, `tenant`, `wanted`,
//! `line`, `query`, `precondition`, `tokens`). The handlers in `api`, `dump` and `drift` ask
//! `mappings`, which knows the database, and wake `mirror`, which brings to Redis what was changed.
//! `micro/routing.micro` declares the service, and `openapi.json` describes it.

mod api;
mod backend;
mod backends;
mod domain;
mod drift;
mod dump;
mod fields;
mod line;
mod malformed;
mod mappings;
mod mirror;
mod openapi;
mod precondition;
mod query;
mod revision;
mod routing;
mod settings;
mod tables;
mod tenant;
mod tokens;
mod verdict;
mod wanted;

use micro_api::{Config, Error, Module};

pub use routing::Routing;

/// The module `routing`.
#[must_use]
pub const fn module() -> Module<Routing> {
    Module::with_state("routing", Routing::open)
        .version(env!("CARGO_PKG_VERSION"))
        .job("ready", ready)
        .summary("opens the database, or has the service not start without it")
        .wrapper("with_token", api::with_token)
        .summary("lets in who has an admin token")
        .handler("create", api::create)
        .summary("maps a domain to backends, anew or instead of what was there")
        .takes::<&str>("tenant")
        .handler("read", api::read)
        .summary("the mapping of a domain")
        .takes::<&str>("tenant")
        .takes::<&str>("domain")
        .handler("update", api::update)
        .summary("changes the mapping of a domain, perhaps to another domain")
        .takes::<&str>("tenant")
        .takes::<&str>("domain")
        .handler("delete", api::delete)
        .summary("deletes the mapping of a domain")
        .takes::<&str>("tenant")
        .takes::<&str>("domain")
        .handler("list", api::list)
        .summary("a page of a tenant's mappings")
        .takes::<&str>("tenant")
        .handler("drift", drift::drift)
        .summary("how far the mirror is from the database")
        .takes_nothing()
        .handler("sweep", drift::sweep)
        .summary("compares the mirror with the database, and repairs it")
        .takes_nothing()
        .handler("export", dump::export)
        .summary("all mappings, in lines of JSON")
        .takes_nothing()
        .handler("import", dump::import)
        .summary("restores mappings from the lines of an export")
        .takes_nothing()
        .handler("openapi", openapi::openapi)
        .summary("what the API looks like, for programs")
        .takes_nothing()
}

/// A service without its database does not start.
async fn ready(routing: &Routing, _: Config) -> Result<(), Error> {
    Ok(routing.store.ready().await?)
}
