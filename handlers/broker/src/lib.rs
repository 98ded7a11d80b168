//! The broker pack: a service broker, as tsuru talks to one, that provisions for real.
//!
//! A platform creates *instances* of a *plan*, and *binds* its apps and jobs to them, which gives them
//! an environment of names and passwords. What an instance and a bind are outside is made by the plan's
//! [`Provisioner`].
//!
//! What requests say is read by small pieces without I/O (`payload`, `name`, `login`). The handlers in
//! `instances`, `binds` and `orphans` write down in the `ledger` what is wanted; the `runner` carries it
//! out, through the `crew` of the plan, and writes down what became of it. So whatever was said to be
//! done is done, and what was interrupted is gone on with. `micro/broker.micro` declares the service, and
//! `openapi.json` describes it.
//!
//! # Provisioners of one's own
//!
//! A program that has its own [`Kind`] of provisioners brings along [`module_with`] them; the plans in its
//! definition choose it by name.

mod answer;
mod binds;
mod broker;
mod catalogue;
mod clock;
mod crew;
mod door;
mod instances;
mod kind;
mod ledger;
mod login;
mod name;
mod openapi;
mod options;
mod orphans;
mod payload;
mod plan;
mod plans;
mod problem;
mod provisioner;
mod provisioners;
mod random;
mod reseal;
mod runner;
mod seal;
mod settings;
mod state;
mod status;
mod tables;
mod tend;
mod waiters;

use micro_api::{Config, Error, LocalModule, Module};

pub use broker::Broker;
pub use kind::Kind;
pub use options::Options;
pub use provisioner::{Bind, Failure, Found, Instance, Label, Provisioner, Ready, Secret, Tended};
pub use provisioners::built_in;

/// The module `broker`, with the provisioners that are built in.
#[must_use]
pub const fn module() -> Module<Broker> {
    Module::with_state("broker", open)
        .version(env!("CARGO_PKG_VERSION"))
        .job("ready", ready)
        .summary("opens the database, or has the service not start without it; goes on with what was interrupted")
        .wrapper("with_login", door::with_login)
        .summary("lets in who has the login")
        .handler("plans", catalogue::plans)
        .summary("the plans that instances may have")
        .takes_nothing()
        .handler("create", instances::create)
        .summary("creates an instance")
        .takes_nothing()
        .handler("info", instances::info)
        .summary("what there is to say of an instance")
        .takes::<&str>("name")
        .handler("update", instances::update)
        .summary("changes an instance")
        .takes::<&str>("name")
        .handler("delete", instances::delete)
        .summary("deletes an instance and its binds")
        .takes::<&str>("name")
        .handler("status", instances::status)
        .summary("whether an instance is up, pending or down")
        .takes::<&str>("name")
        .handler("bind_app", binds::bind_app)
        .summary("binds an app to an instance, and tells its environment")
        .takes::<&str>("name")
        .handler("unbind_app", binds::unbind_app)
        .summary("unbinds an app")
        .takes::<&str>("name")
        .handler("bind_job", binds::bind_job)
        .summary("binds a job to an instance, and tells its environment")
        .takes::<&str>("name")
        .takes::<&str>("job")
        .handler("unbind_job", binds::unbind_job)
        .summary("unbinds a job")
        .takes::<&str>("name")
        .takes::<&str>("job")
        .handler("bind_unit", binds::bind_unit)
        .summary("binds a unit of an app by its host, and tells its environment")
        .takes::<&str>("name")
        .handler("unbind_unit", binds::unbind_unit)
        .summary("unbinds the unit at a host")
        .takes::<&str>("name")
        .takes::<&str>("host")
        .handler("orphans", orphans::list)
        .summary("what is outside and belongs to no instance")
        .takes_nothing()
        .handler("remove_orphan", orphans::remove)
        .summary("removes what is outside and belongs to no instance")
        .takes::<&str>("plan")
        .takes::<&str>("name")
        .handler("openapi", openapi::openapi)
        .summary("what the API looks like, for programs")
        .takes_nothing()
}

/// The module `broker` for one program, with provisioners of its own beside those that are built in. One
/// with the name of another takes its place.
pub fn module_with(kinds: impl IntoIterator<Item = Kind>) -> LocalModule<Broker> {
    let kinds: Vec<Kind> = kinds.into_iter().chain(built_in()).collect();
    LocalModule::from(module()).opened_by(move |config| Broker::open(config, &kinds))
}

fn open(config: &Config) -> Result<Broker, Error> {
    Broker::open(config, &built_in())
}

/// A service without its database does not start.
async fn ready(broker: &Broker, _: Config) -> Result<(), Error> {
    broker.start().await
}
