//! The handlers of binds: what they read of a request, and how they answer.

use std::collections::BTreeMap;
use std::rc::Rc;

use micro_api::{Reply, Request, Value, json};

use crate::answer::{answer, done};
use crate::broker::{Broker, Shared, no_instance};
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

/// Binds an app: 201, and its environment.
pub(crate) async fn bind_app(broker: &Broker, request: Request) -> Reply {
    let wanted = BindApp::read(&request, &broker.shared.settings.payload).map(|app| Wanted {
        kind: BoundKind::App,
        subject: app.subject,
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
    let (kind, subject) = (wanted.kind.word(), &wanted.subject);
    log::info!("{} binds {kind} {subject} to {name}", wanted.caller);
    loop {
        let new = shared.new_bind(&name, &wanted).await?;
        let (claim, limits) = (shared.claim()?, shared.settings.limits);
        let (ours, instance) = (claim.clone(), name.clone());
        let wish = shared
            .store
            .write(move |transaction| ledger::bind(transaction, &ours, limits, &instance, &new));
        let (id, step) = match wish.await? {
            BindWish::Ready(instance, bound) => return shared.bound(&instance, &bound),
            BindWish::Wanted(id, step) => (id, step),
            BindWish::Leaving(id, step) => {
                match shared.see_through(claim, step, Key::Bind(id)).await {
                    Some(Fate::Gone) => continue,
                    _ => {
                        return Err(not_yet(&format!(
                            "the {kind} `{subject}` is still being unbound"
                        )));
                    }
                }
            }
        };
        match shared.see_through(claim, step, Key::Bind(id)).await {
            Some(Fate::Ready) => return shared.find_bound(&name, &wanted).await,
            // Somebody unbound it meanwhile, or another who waited for it gave it up.
            Some(Fate::Gone) => {
                let why = format!("the {kind} `{subject}` was unbound from `{name}` meanwhile");
                return Err(not_yet(&why));
            }
            Some(Fate::Failed(why)) => {
                let why = format!("the {kind} `{subject}` could not be bound to `{name}`: {why}");
                return Err(Problem::new(500, why));
            }
            Some(Fate::Later(why)) => {
                shared.give_up(id).await?;
                return Err(not_yet(&format!(
                    "the {kind} `{subject}` is not bound to `{name}`: {why}"
                )));
            }
            None => {
                shared.give_up(id).await?;
                let why =
                    format!("the {kind} `{subject}` is not bound to `{name}`: it takes too long");
                return Err(not_yet(&why));
            }
        }
    }
}

/// Unbinds an app: 200.
pub(crate) async fn unbind_app(broker: &Broker, request: Request) -> Reply {
    let who = BindApp::read_subject(&request, &broker.shared.settings.payload);
    answer(match who {
        Ok((subject, host, caller)) => {
            unbind(broker, &request, BoundKind::App, subject, host, &caller).await
        }
        Err(problem) => Err(problem),
    })
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

/// Unbinds the units at a host, as tsuru did in 2013: 200.
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
            Err(not_yet(&why))
        }
        _ => Err(not_yet(&format!(
            "the {kind_word} `{who}` is still being unbound from `{name}`"
        ))),
    }
}

impl Shared {
    /// What is written down of somebody who is to be bound.
    async fn new_bind(&self, name: &str, wanted: &Wanted) -> Result<NewBind, Problem> {
        let wanted_name = name.to_owned();
        let found = self
            .store
            .read(move |transaction| ledger::find_instance(transaction, &wanted_name));
        let instance = found.await?.ok_or_else(|| no_instance(name))?;
        let plan = self.expect_plan_of(&instance)?;
        let label = self.new_label(plan)?;
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

    /// The answer to who is bound.
    fn bound(&self, instance: &Held, bound: &Bound) -> Result<Reply, Problem> {
        let plan = self.expect_plan_of(instance)?;
        let bind = self.outside(bound).map_err(|failure| {
            log::error!("{failure}");
            Problem::new(500, "the secret of the bind cannot be opened")
        })?;
        let environment: BTreeMap<String, String> = plan.environment(&instance.outside, &bind);
        Ok(Reply::json(&environment).with_status(201))
    }

    async fn find_bound(&self, name: &str, wanted: &Wanted) -> Result<Reply, Problem> {
        let (instance, kind, subject) = (name.to_owned(), wanted.kind, wanted.subject.clone());
        let found = self.store.read(move |transaction| {
            let Some(instance) = ledger::find_instance(transaction, &instance)? else {
                return Ok(None);
            };
            let bound = ledger::find_bind(transaction, instance.id, kind, &subject)?;
            Ok(bound.map(|bound| (instance, bound)))
        });
        match found.await? {
            Some((instance, bound)) => self.bound(&instance, &bound),
            None => Err(Problem::new(409, "it was unbound meanwhile")),
        }
    }

    /// Does not want a bind any more that is still not there.
    async fn give_up(self: &Rc<Self>, id: u64) -> Result<(), Problem> {
        let given_up = self
            .store
            .write(move |transaction| ledger::give_up_bind(transaction, id));
        Ok(given_up.await?)
    }
}

fn not_yet(why: &str) -> Problem {
    Problem::new(503, why.to_owned())
}
