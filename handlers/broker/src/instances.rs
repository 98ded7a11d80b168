//! The handlers of instances: what they read of a request, and how they answer.

use std::time::Duration;

use micro_api::{Reply, Request, Value, json, within};

use crate::answer::{answer, done, text};
use crate::broker::{Broker, no_instance};
use crate::clock::date;
use crate::ledger::{self, Change, Fate, Key, NewInstance};
use crate::payload::{Caller, Create, Update};
use crate::problem::Problem;
use crate::state::State;
use crate::status::Status;

/// How long is waited for what a provisioner tells of an instance.
const INFO_WAIT: Duration = Duration::from_secs(2);

/// Creates an instance: 201; 409 if there is one with this name.
pub(crate) async fn create(broker: &Broker, request: Request) -> Reply {
    answer(create_instance(broker, request).await)
}

async fn create_instance(broker: &Broker, request: Request) -> Result<Reply, Problem> {
    let shared = &broker.shared;
    let wanted = Create::read(&request, &shared.settings.payload)?;
    let plan = shared.expect_plan(wanted.plan.as_deref())?;
    let new = NewInstance {
        label: shared.new_label()?,
        name: wanted.name,
        plan: plan.name.clone(),
        team: wanted.team.unwrap_or_default(),
        description: wanted.description.unwrap_or_default(),
        tags: wanted.tags,
        parameters: wanted.parameters,
        creator: wanted.caller.user.clone(),
    };
    log::info!(
        "{} asked for the instance {}, plan {}",
        wanted.caller,
        new.name,
        new.plan
    );
    let (claim, limits) = (shared.claim()?, shared.settings.limits);
    let (ours, name) = (claim.clone(), new.name.clone());
    let created = shared
        .store
        .write(move |transaction| ledger::create(transaction, &ours, limits, &new));
    let (id, step) = created.await?;
    match shared.see_through(claim, step, Key::Instance(id)).await {
        // It will be ready in a while, as its status will tell.
        None | Some(Fate::Ready | Fate::Later(_)) => Ok(done(201)),
        Some(Fate::Gone) => Err(Problem::new(
            409,
            format!("the instance `{name}` was deleted meanwhile"),
        )),
        Some(Fate::Failed(why)) => {
            shared.remove_failed(id).await?;
            Err(Problem::new(
                500,
                format!("the instance `{name}` could not be made: {why}"),
            ))
        }
    }
}

/// What there is to say of an instance: 200.
pub(crate) async fn info(broker: &Broker, request: Request) -> Reply {
    answer(instance_info(broker, request).await)
}

async fn instance_info(broker: &Broker, request: Request) -> Result<Reply, Problem> {
    let shared = &broker.shared;
    let name = shared.expect_name(&request)?;
    let found = shared.store.read(move |transaction| {
        let Some(instance) = ledger::find_instance(transaction, &name)? else {
            return Ok(Err(name.clone()));
        };
        let binds = ledger::count_binds(transaction, instance.id)?;
        Ok(Ok((instance, binds)))
    });
    let (instance, binds) = found.await?.map_err(|name| no_instance(&name))?;
    let mut info = vec![
        (
            "State".to_owned(),
            shared.status(&instance).word().to_owned(),
        ),
        ("Plan".to_owned(), instance.plan.clone()),
        ("Team".to_owned(), instance.team.clone()),
        ("Description".to_owned(), instance.description.clone()),
        ("Tags".to_owned(), instance.tags.join(", ")),
        ("Binds".to_owned(), binds.to_string()),
        ("Created".to_owned(), date(instance.created_at)),
        ("Created by".to_owned(), instance.creator.clone()),
    ];
    info.retain(|(_, value)| !value.is_empty());
    if let (State::Ready, Some(plan)) = (instance.state, shared.plans.find(&instance.plan)) {
        let outside = instance.outside.clone();
        let told = plan
            .crew
            .look(move |provisioner| provisioner.info(&outside));
        match within(INFO_WAIT, told).await {
            Some(Ok(more)) => info.extend(more),
            Some(Err(failure)) => log::warn!("{}: {failure}", instance.outside.label),
            None => log::warn!("{}: nothing is known in time", instance.outside.label),
        }
    }
    let shown = |(label, value): &(String, String)| json!({"label": label, "value": value});
    let info: Vec<Value> = info.iter().map(shown).collect();
    Ok(Reply::json(&info))
}

/// Changes an instance: 200. What is empty stays as it is.
pub(crate) async fn update(broker: &Broker, request: Request) -> Reply {
    answer(update_instance(broker, request).await)
}

async fn update_instance(broker: &Broker, request: Request) -> Result<Reply, Problem> {
    let shared = &broker.shared;
    let name = shared.expect_name(&request)?;
    let wanted = Update::read(&request, &shared.settings.payload)?;
    if let Some(plan) = &wanted.plan {
        let plan = shared.expect_plan(Some(plan))?;
        let (old, kind, place) = (name.clone(), plan.kind, plan.place.clone());
        let found = shared
            .store
            .read(move |transaction| ledger::find_instance(transaction, &old));
        let instance = found.await?.ok_or_else(|| no_instance(&name))?;
        let old = shared.plans.find(&instance.plan);
        if old.is_none_or(|old| old.kind != kind || old.place != place) {
            let (old, new) = (&instance.plan, &plan.name);
            let why = format!(
                "the instance `{name}` cannot change from plan `{old}` to `{new}`, which is elsewhere"
            );
            return Err(Problem::new(400, why).about("plan"));
        }
    }
    log::info!("{} changes the instance {name}", wanted.caller);
    let change = Change {
        plan: wanted.plan,
        team: wanted.team,
        description: wanted.description,
        tags: wanted.tags,
        parameters: wanted.parameters,
    };
    let claim = shared.claim()?;
    let (ours, changed) = (claim.clone(), name.clone());
    let updated = shared
        .store
        .write(move |transaction| ledger::update(transaction, &ours, &changed, &change));
    let (instance, step) = updated.await?;
    if instance.state != State::Pending {
        shared.run(claim, step);
        return Ok(done(200));
    }
    match shared
        .see_through(claim, step, Key::Instance(instance.id))
        .await
    {
        Some(Fate::Failed(why)) => Err(Problem::new(
            500,
            format!("the instance `{name}` could not be changed: {why}"),
        )),
        _ => Ok(done(200)),
    }
}

/// Deletes an instance and its binds: 200.
pub(crate) async fn delete(broker: &Broker, request: Request) -> Reply {
    answer(delete_instance(broker, request).await)
}

async fn delete_instance(broker: &Broker, request: Request) -> Result<Reply, Problem> {
    let shared = &broker.shared;
    let name = shared.expect_name(&request)?;
    let caller = Caller::read(&request, &shared.settings.payload)?;
    log::info!("{caller} deletes the instance {name}");
    shared.remove(&name).await?;
    Ok(done(200))
}

/// How an instance is: 204 up, 202 pending, 500 down.
pub(crate) async fn status(broker: &Broker, request: Request) -> Reply {
    answer(instance_status(broker, request).await)
}

async fn instance_status(broker: &Broker, request: Request) -> Result<Reply, Problem> {
    let shared = &broker.shared;
    let name = shared.expect_name(&request)?;
    let wanted = name.clone();
    let found = shared
        .store
        .read(move |transaction| ledger::find_instance(transaction, &wanted));
    let instance = found.await?.ok_or_else(|| no_instance(&name))?;
    match shared.status(&instance) {
        Status::Up => Ok(Reply::status(204)),
        Status::Pending => Ok(text(202, "pending")),
        Status::Deleting => Ok(text(202, "deleting")),
        Status::Down(why) => Err(Problem::new(
            500,
            format!("the instance `{name}` is down: {why}"),
        )),
    }
}
