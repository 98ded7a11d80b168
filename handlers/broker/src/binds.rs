//! The handlers of binds: what they read of a request, and how they answer.

use std::fmt;
use std::rc::Rc;

use micro_api::{Reply, Request, Value, json};

use crate::answer::{answer, done};
use crate::broker::{Broker, Shared};
use crate::ledger::{self, BindWish, Bound, BoundKind, Fate, Held, Key, NewBind};
use crate::payload::{BindApp, BindJob, BindUnit, Caller};
use crate::problem::Problem;
use crate::provisioner::Secret;
use crate::random::{OF_SECRETS, random};

/// How many characters a secret has: 190 bits.
const SECRET_CHARS: usize = 32;

/// Who is to be bound.
struct Wanted {
    kind: BoundKind,
    subject: String,
    host: String,
    parameters: Value,
    caller: Caller,
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind.word(), self.subject)
    }
}

/// Binds an app: 201, and its environment.
pub(crate) async fn bind_app(broker: &Broker, request: Request) -> Reply {
    let wanted = BindApp::read(&request, &broker.shared.settings.payload).map(|app| Wanted {
        kind: BoundKind::App,
        subject: app.subject().to_owned(),
        host: app.host.unwrap_or_default(),
        parameters: app.parameters,
        caller: app.caller,
    });
    answer(bind(broker, &request, wanted).await)
}

/// Binds a job: 201, and its environment.
pub(crate) async fn bind_job(broker: &Broker, request: Request) -> Reply {
    let wanted = BindJob::read(&request, &broker.shared.settings.payload).map(|job| Wanted {
        kind: BoundKind::Job,
        subject: job.name,
        host: String::new(),
        parameters: json!({}),
        caller: job.caller,
    });
    answer(bind(broker, &request, wanted).await)
}

/// Binds a unit, as tsuru did in 2013: 201, and its environment.
pub(crate) async fn bind_unit(broker: &Broker, request: Request) -> Reply {
    let wanted = BindUnit::read(&request, &broker.shared.settings.payload).map(|unit| Wanted {
        kind: BoundKind::Unit,
        subject: unit.host,
        host: unit.app_host.unwrap_or_default(),
        parameters: json!({}),
        caller: unit.caller,
    });
    answer(bind(broker, &request, wanted).await)
}

async fn bind(
    broker: &Broker,
    request: &Request,
    wanted: Result<Wanted, Problem>,
) -> Result<Reply, Problem> {
    let shared = &broker.shared;
    let name = shared.expect_name(request)?;
    let wanted = wanted?;
    log::info!("{} binds {wanted} to {name}", wanted.caller);
    loop {
        let (claim, limits) = (shared.claim()?, shared.settings.limits);
        let (ours, instance, new) = (claim.clone(), name.clone(), shared.new_bind(&wanted)?);
        let wish = shared
            .store
            .write(move |transaction| ledger::bind(transaction, &ours, limits, &instance, &new));
        match wish.await? {
            BindWish::Ready(instance, bound) => return shared.environment(&instance, &bound),
            BindWish::Wanted(instance, bound, step) => {
                let fate = shared.see_through(claim, step, Key::Bind(bound.id)).await;
                shared.expect_bound(&wanted, &bound, fate).await?;
                return shared.environment(&instance, &bound);
            }
            BindWish::Leaving(id, step) => {
                let fate = shared.see_through(claim, step, Key::Bind(id)).await;
                if fate != Some(Fate::Gone) {
                    let why = format!("the {wanted} is still being unbound from `{name}`");
                    return Err(Problem::new(503, why));
                }
            }
        }
    }
}

/// Unbinds an app: 200.
pub(crate) async fn unbind_app(broker: &Broker, request: Request) -> Reply {
    answer(
        match BindApp::read(&request, &broker.shared.settings.payload) {
            Ok(app) => {
                let (name, host) = (app.name().map(str::to_owned), app.host);
                unbind(broker, &request, BoundKind::App, name, host, &app.caller).await
            }
            Err(problem) => Err(problem),
        },
    )
}

/// Unbinds a job: 200.
pub(crate) async fn unbind_job(broker: &Broker, request: Request) -> Reply {
    answer(
        match BindJob::read(&request, &broker.shared.settings.payload) {
            Ok(job) => {
                let subject = Some(job.name);
                unbind(broker, &request, BoundKind::Job, subject, None, &job.caller).await
            }
            Err(problem) => Err(problem),
        },
    )
}

/// Unbinds the unit at a host, as tsuru did in 2013: 200.
pub(crate) async fn unbind_unit(broker: &Broker, request: Request) -> Reply {
    answer(
        match BindUnit::read_host(&request, &broker.shared.settings.payload) {
            Ok((host, caller)) => {
                unbind(broker, &request, BoundKind::Unit, None, Some(host), &caller).await
            }
            Err(problem) => Err(problem),
        },
    )
}

async fn unbind(
    broker: &Broker,
    request: &Request,
    kind: BoundKind,
    subject: Option<String>,
    host: Option<String>,
    caller: &Caller,
) -> Result<Reply, Problem> {
    let shared = &broker.shared;
    let name = shared.expect_name(request)?;
    let who = subject
        .as_ref()
        .or(host.as_ref())
        .cloned()
        .unwrap_or_default();
    let kind_word = kind.word();
    log::info!("{caller} unbinds {kind_word} {who} from {name}");
    let claim = shared.claim()?;
    let (ours, instance) = (claim.clone(), name.clone());
    let (id, step) = shared
        .store
        .write(move |transaction| {
            let (subject, host) = (subject.as_deref(), host.as_deref());
            ledger::unbind(transaction, &ours, &instance, kind, subject, host)
        })
        .await?;
    match shared.see_through(claim, step, Key::Bind(id)).await {
        Some(Fate::Gone) => Ok(done(200)),
        Some(Fate::Later(why)) => {
            let why = format!("the {kind_word} `{who}` is not unbound from `{name}` yet: {why}");
            Err(Problem::new(503, why))
        }
        _ => {
            let why = format!("the {kind_word} `{who}` is still being unbound from `{name}`");
            Err(Problem::new(503, why))
        }
    }
}

impl Shared {
    /// What is written down of somebody who is to be bound.
    fn new_bind(&self, wanted: &Wanted) -> Result<NewBind, Problem> {
        let label = self.new_label()?;
        let secret = Secret(random(OF_SECRETS, SECRET_CHARS)?);
        Ok(NewBind {
            kind: wanted.kind,
            subject: wanted.subject.clone(),
            host: wanted.host.clone(),
            sealed: self.settings.keys.seal(&secret, label.as_str())?,
            label,
            parameters: wanted.parameters.clone(),
            creator: wanted.caller.user.clone(),
        })
    }

    /// Nothing for who is bound; what never was is not wanted any more.
    async fn expect_bound(
        self: &Rc<Self>,
        wanted: &Wanted,
        bound: &Bound,
        fate: Option<Fate>,
    ) -> Result<(), Problem> {
        let why = match fate {
            Some(Fate::Ready) => return Ok(()),
            Some(Fate::Failed(why)) => {
                return Err(Problem::new(
                    500,
                    format!("the {wanted} could not be bound: {why}"),
                ));
            }
            // Somebody unbound it, or another who waited for it gave it up.
            Some(Fate::Gone) => "it was unbound meanwhile".to_owned(),
            Some(Fate::Later(why)) => why,
            None => "it takes too long".to_owned(),
        };
        let id = bound.id;
        let given_up = self
            .store
            .write(move |transaction| ledger::give_up_bind(transaction, id));
        given_up.await?;
        Err(Problem::new(
            503,
            format!("the {wanted} is not bound: {why}"),
        ))
    }

    /// The answer to who is bound: 201, and his environment.
    fn environment(&self, instance: &Held, bound: &Bound) -> Result<Reply, Problem> {
        let plan = self.expect_plan_of(instance)?;
        let bind = self.outside(bound).map_err(|failure| {
            log::error!("{failure}");
            Problem::new(500, "the secret of the bind cannot be opened")
        })?;
        let environment = plan.environment(&instance.outside, &bind);
        Ok(Reply::json(&environment).with_status(201))
    }
}
