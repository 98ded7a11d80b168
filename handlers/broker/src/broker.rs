//! The state of the pack: settings, plans and database of one service.

use std::cell::OnceCell;
use std::rc::{Rc, Weak};

use micro_api::{Config, Error, Request, quoted, sleep, spawn};
use micro_store::{ErrorKind, Store};

use crate::kind::Kind;
use crate::ledger::{self, Fate, Held, Key, Proof};
use crate::name::Name;
use crate::plan::Plan;
use crate::plans::Plans;
use crate::problem::Problem;
use crate::provisioner::{Label, Secret};
use crate::random::{OF_NAMES, random};
use crate::settings::Settings;
use crate::tables::SCHEMA;
use crate::waiters::Waiters;

/// The state of the pack.
pub struct Broker {
    pub(crate) shared: Rc<Shared>,
}

/// What the state shares with what goes on beside requests.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) plans: Plans,
    pub(crate) store: Store,
    pub(crate) waiters: Waiters,
    mark: OnceCell<String>,
}

/// The DATABASE line that the pack looks for.
const DATABASE: &str = "broker";
/// How many characters of a name outside are the broker's own, and how many are random.
const MARK_CHARS: usize = 8;
const RANDOM_CHARS: usize = 16;
/// What only the right key opens.
pub(crate) const PROOF: &str = "the key is right";

impl Broker {
    /// Reads the settings and starts what works beside the loop.
    pub(crate) fn open(config: &Config, kinds: &[Kind]) -> Result<Broker, Error> {
        let settings = Settings::read(config)?;
        let plans = Plans::open(config, kinds)?;
        if let Some(plan) = &settings.default_plan
            && plans.find(plan).is_none()
        {
            let known = plans.listed();
            let why = format!("`broker.default_plan` is `{plan}`, expected one of {known}");
            return Err(Error::internal(why));
        }
        let store = Store::open(config, DATABASE, SCHEMA)
            .map_err(|error| Error::internal(error.to_string()))?;
        Ok(Broker {
            shared: Rc::new(Shared {
                settings,
                plans,
                store,
                waiters: Waiters::default(),
                mark: OnceCell::new(),
            }),
        })
    }

    /// Opens the database, and goes on with what was interrupted.
    pub(crate) async fn start(&self) -> Result<(), Error> {
        let shared = &self.shared;
        shared.store.ready().await?;
        shared.find_mark().await?;
        shared.sweep().await?;
        let weak = Rc::downgrade(shared);
        let every = shared.settings.sweep_every;
        spawn(async move {
            while let Some(shared) = next(&weak, every).await {
                if let Err(error) = shared.sweep().await {
                    log::warn!("it is not known what is to be done: {error}");
                }
            }
        });
        for plan in shared.plans.iter() {
            let (weak, plan) = (Rc::downgrade(shared), plan.name.clone());
            let every = shared.settings.tend_every;
            spawn(async move {
                while let Some(shared) = next(&weak, every).await {
                    shared.tend(&plan).await;
                }
            });
        }
        Ok(())
    }
}

/// The state after a while, unless the service is over.
async fn next(weak: &Weak<Shared>, every: std::time::Duration) -> Option<Rc<Shared>> {
    sleep(every).await;
    weak.upgrade()
}

impl Shared {
    /// The name outside of something new.
    pub(crate) fn new_label(&self) -> Result<Label, Error> {
        let random = random(OF_NAMES, RANDOM_CHARS)?;
        Ok(Label(format!("{}{random}", self.label_start())))
    }

    /// With what all names outside begin.
    pub(crate) fn label_start(&self) -> String {
        let mark = self.mark.get();
        let mark = mark.expect("a service has started before it is asked");
        format!("{}{mark}", self.settings.prefix)
    }

    /// Finds out what the names outside have in common, and whether the key is the right one.
    async fn find_mark(&self) -> Result<(), Error> {
        let mark = random(OF_NAMES, MARK_CHARS)?;
        let sealed = self.settings.keys.seal(&Secret(PROOF.to_owned()), &mark)?;
        let new = Proof { mark, sealed };
        let find = |new: Proof| {
            self.store
                .write(move |transaction| ledger::find_or_insert_proof(transaction, &new))
        };
        let proof = match find(new.clone()).await {
            // Another node has started at the same moment.
            Err(error) if error.kind() == ErrorKind::Duplicate => find(new).await?,
            found => found?,
        };
        if let Err(error) = self.settings.keys.open(&proof.sealed, &proof.mark) {
            let why = error.detail().unwrap_or_default();
            let why = format!("`broker.key` is not the key of the database `{DATABASE}`: {why}");
            return Err(Error::internal(why));
        }
        self.reseal(&proof).await?;
        let _ = self.mark.set(proof.mark);
        Ok(())
    }
}

impl Shared {
    /// The plan that somebody asks for, or that which he gets without.
    pub(crate) fn expect_plan(&self, name: Option<&str>) -> Result<&Plan, Problem> {
        let known = self.plans.listed();
        let Some(name) = name.or(self.settings.default_plan.as_deref()) else {
            let only = self.plans.find_only();
            return only.ok_or_else(|| {
                Problem::new(400, format!("there is no `plan`: expected one of {known}"))
                    .about("plan")
            });
        };
        self.plans.find(name).ok_or_else(|| {
            let found = quoted(name);
            Problem::new(
                400,
                format!("there is no plan {found}: expected one of {known}"),
            )
            .about("plan")
        })
    }

    /// The plan that an instance has.
    pub(crate) fn expect_plan_of(&self, instance: &Held) -> Result<&Plan, Problem> {
        let plan = self.plans.find(&instance.plan);
        plan.ok_or_else(|| {
            let (name, plan) = (instance.name(), &instance.plan);
            let why =
                format!("the instance `{name}` has the plan `{plan}`, which is not there any more");
            Problem::new(500, why)
        })
    }

    /// The name of an instance in the path. What cannot be a name is none.
    pub(crate) fn expect_name(&self, request: &Request) -> Result<String, Problem> {
        let text: &str = request.arg("name")?;
        match Name::parse_instance(text, self.settings.payload.name_bytes_max) {
            Ok(name) => Ok(name.into_string()),
            Err(_) => Err(no_instance(text)),
        }
    }

    /// Removes an instance that could not be made, so that its name is free again.
    pub(crate) async fn remove_failed(self: &Rc<Self>, id: u64) -> Result<(), Problem> {
        let claim = self.claim()?;
        let ours = claim.clone();
        let step = self
            .store
            .write(move |transaction| ledger::delete_failed(transaction, &ours, id));
        if let Some(step) = step.await? {
            self.see_through(claim, Some(step), Key::Instance(id)).await;
        }
        Ok(())
    }

    /// Removes an instance with its binds.
    pub(crate) async fn remove(self: &Rc<Self>, name: &str) -> Result<(), Problem> {
        let claim = self.claim()?;
        let (ours, gone) = (claim.clone(), name.to_owned());
        let deleted = self
            .store
            .write(move |transaction| ledger::delete(transaction, &ours, &gone));
        let (id, step) = deleted.await?;
        match self.see_through(claim, step, Key::Instance(id)).await {
            Some(Fate::Gone) => Ok(()),
            Some(Fate::Later(why)) => {
                let why = format!("the instance `{name}` is not deleted yet: {why}");
                Err(Problem::new(503, why))
            }
            _ => {
                let why = format!("the instance `{name}` is still being deleted");
                Err(Problem::new(503, why))
            }
        }
    }
}

/// What is answered about an instance that is not there.
pub(crate) fn no_instance(name: &str) -> Problem {
    Problem::new(404, format!("there is no instance {}", quoted(name)))
}
