//! What carries out outside what is written down.

use std::rc::Rc;
use std::time::{Duration, Instant};

use micro_api::{sleep, spawn, within};

use crate::broker::Shared;
use crate::ledger::{self, Claim, Deed, Fate, Key, Patience, Settled, Step};
use crate::provisioner::{Bind, Failure, Provisioner, Secret};
use crate::random::{OF_NAMES, random};

/// How often who waits looks by himself: another program may be at it.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How many instances are taken at once that nobody is at.
const TAKEN_MOST: u64 = 32;
/// How much later than a claim lasts something is due at most, unless a clock was wrong.
const FAR: Duration = Duration::from_secs(60);
/// How many times the database is told what became of a step.
const TELLING_MOST: u32 = 5;

impl Shared {
    /// A claim that nobody else makes.
    pub(crate) fn claim(&self) -> Result<Claim, micro_api::Error> {
        Ok(Claim {
            runner: random(OF_NAMES, 16)?,
            lease: self.settings.lease,
        })
    }

    /// Carries out a step that was claimed, and all that come after it, beside whatever asked for it.
    pub(crate) fn run(self: &Rc<Self>, claim: Claim, step: Option<Step>) {
        let Some(step) = step else { return };
        let shared = Rc::clone(self);
        spawn(async move { shared.carry_on(claim, step).await });
    }

    /// The same, and what becomes of something that the steps are about, or nothing if that takes too
    /// long.
    pub(crate) async fn see_through(
        self: &Rc<Self>,
        claim: Claim,
        step: Option<Step>,
        key: Key,
    ) -> Option<Fate> {
        self.run(claim, step);
        self.wait(key).await
    }

    /// What becomes of something, or nothing if that takes too long.
    async fn wait(&self, key: Key) -> Option<Fate> {
        let begin = Instant::now();
        loop {
            let told = self.waiters.wait(key);
            let left = self.settings.wait_max.checked_sub(begin.elapsed())?;
            if let Some(Ok(fate)) = within(left.min(LOOK_EVERY), told).await {
                return Some(fate);
            }
            let seen = self
                .store
                .read(move |transaction| ledger::fate(transaction, key));
            // If the database is away, it may be back before the time is over.
            if let Ok(Some(fate)) = seen.await {
                return Some(fate);
            }
        }
    }

    /// Takes what is due and nobody is at.
    pub(crate) async fn sweep(self: &Rc<Self>) -> Result<(), micro_api::Error> {
        let far = self.settings.lease + FAR;
        let due = self
            .store
            .read(move |transaction| ledger::due(transaction, TAKEN_MOST, far));
        for id in due.await? {
            // What is wrong with one of them keeps nobody from the others.
            if let Err(error) = self.take(id).await {
                log::error!("instance number {id} is left alone for a while: {error}");
                let later = self
                    .store
                    .write(move |transaction| ledger::put_off(transaction, id));
                later.await?;
            }
        }
        Ok(())
    }

    async fn take(self: &Rc<Self>, id: u64) -> Result<(), micro_api::Error> {
        let (claim, far) = (self.claim()?, self.settings.lease + FAR);
        let ours = claim.clone();
        let taken = self
            .store
            .write(move |transaction| ledger::take(transaction, id, &ours, far));
        self.run(claim, taken.await?);
        Ok(())
    }

    async fn carry_on(&self, claim: Claim, first: Step) {
        let mut step = first;
        loop {
            let result = self.carry_out(&claim, &step).await;
            log_result(&step, &result);
            let is_done = result.is_ok();
            let Some(settled) = self.settle(&claim, &step, result).await else {
                return;
            };
            if settled.is_lost && is_done {
                self.undo(&step).await;
            }
            for (key, fate) in &settled.fates {
                self.waiters.tell(*key, fate);
            }
            match settled.next {
                Some(next) => step = next,
                None => return,
            }
        }
    }

    /// Does a step outside, and keeps the claim meanwhile.
    async fn carry_out(&self, claim: &Claim, step: &Step) -> Result<(), Failure> {
        let plan = self.plans.find(&step.instance.plan).ok_or_else(|| {
            let plan = &step.instance.plan;
            Failure::for_now(format!("there is no plan `{plan}` any more"))
        })?;
        let call = self.call(step)?;
        let mut done = std::pin::pin!(plan.crew.ask(call));
        loop {
            if let Some(result) = within(self.settings.lease / 3, done.as_mut()).await {
                return result;
            }
            let (ours, id) = (claim.clone(), step.instance.id);
            let renewed = self
                .store
                .write(move |transaction| ledger::renew(transaction, &ours, id));
            if let Err(error) = renewed.await {
                log::warn!(
                    "the claim to {} is not renewed: {error}",
                    step.instance.outside.label
                );
            }
        }
    }

    /// Undoes what was made after another runner had taken over, and nobody knows of any more.
    async fn undo(&self, step: &Step) {
        let (label, deed) = match &step.deed {
            Deed::Create => (&step.instance.outside.label, Deed::Destroy),
            Deed::Bind(bound) => (&bound.label, Deed::Unbind(bound.clone())),
            Deed::Destroy | Deed::Unbind(_) => return,
        };
        let wanted = label.clone();
        let known = self
            .store
            .read(move |transaction| ledger::is_known(transaction, &wanted));
        if !matches!(known.await, Ok(false)) {
            return;
        }
        let undone = Step {
            instance: step.instance.clone(),
            deed,
        };
        let (plan, call) = (self.plans.find(&step.instance.plan), self.call(&undone));
        if let (Some(plan), Ok(call)) = (plan, call) {
            // If it fails, it is listed as an orphan.
            log_result(&undone, &plan.crew.ask(call).await);
        }
    }

    /// What a provisioner is to be asked for a step.
    fn call(
        &self,
        step: &Step,
    ) -> Result<impl FnOnce(&dyn Provisioner) -> Result<(), Failure> + Send + use<>, Failure> {
        let instance = step.instance.outside.clone();
        let bind = match &step.deed {
            Deed::Create | Deed::Destroy => None,
            Deed::Bind(bound) => Some(self.outside(bound)?),
            // Nobody needs the secret for that, so it may be lost.
            Deed::Unbind(bound) => Some(outside(bound, Secret(String::new()))),
        };
        let is_removal = matches!(step.deed, Deed::Destroy | Deed::Unbind(_));
        Ok(
            move |provisioner: &dyn Provisioner| match (bind, is_removal) {
                (None, false) => provisioner.create(&instance),
                (None, true) => provisioner.destroy(&instance),
                (Some(bind), false) => provisioner.bind(&instance, &bind),
                (Some(bind), true) => provisioner.unbind(&instance, &bind),
            },
        )
    }

    /// A bind as a provisioner is told of it.
    pub(crate) fn outside(&self, bound: &ledger::Bound) -> Result<Bind, Failure> {
        let secret = self.settings.keys.open(&bound.sealed, bound.label.as_str());
        let secret =
            secret.map_err(|error| Failure::for_now(error.detail().unwrap_or_default()))?;
        Ok(outside(bound, secret))
    }

    /// Writes down what became of a step. If the database is away for too long, another runner does
    /// the step again.
    async fn settle(
        &self,
        claim: &Claim,
        step: &Step,
        result: Result<(), Failure>,
    ) -> Option<Settled> {
        let ready_after = self
            .plans
            .find(&step.instance.plan)
            .map(|plan| plan.ready_after);
        let patience = Patience {
            give_up_after: self.settings.give_up_after,
            ready_after: ready_after.unwrap_or_default(),
        };
        for attempt in 1..=TELLING_MOST {
            let (claim, step, result) = (claim.clone(), step.clone(), result.clone());
            let settled = self.store.write(move |transaction| {
                ledger::settle(transaction, &claim, &step, &result, &patience)
            });
            match settled.await {
                Ok(settled) => return Some(settled),
                Err(error) => {
                    log::warn!("what became of a step is not written down yet: {error}");
                    sleep(Duration::from_millis(100) * 2_u32.pow(attempt)).await;
                }
            }
        }
        None
    }
}

fn log_result(step: &Step, result: &Result<(), Failure>) {
    let (name, label) = (step.instance.name(), &step.instance.outside.label);
    let what = match &step.deed {
        Deed::Create => "create".to_owned(),
        Deed::Destroy => "destroy".to_owned(),
        Deed::Bind(bind) => format!(
            "bind {} {} ({}) to",
            bind.kind.word(),
            bind.subject,
            bind.label
        ),
        Deed::Unbind(bind) => {
            format!(
                "unbind {} {} ({}) from",
                bind.kind.word(),
                bind.subject,
                bind.label
            )
        }
    };
    match result {
        Ok(()) => log::info!("done: {what} {name} ({label})"),
        Err(failure) => log::error!("not done: {what} {name} ({label}): {failure}"),
    }
}

fn outside(bound: &ledger::Bound, secret: Secret) -> Bind {
    Bind {
        label: bound.label.clone(),
        kind: bound.kind.word(),
        subject: bound.subject.clone(),
        secret,
        parameters: bound.parameters.clone(),
    }
}
