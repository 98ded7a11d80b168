//! What is outside and nobody knows of.

use std::collections::BTreeSet;

use micro_api::{Reply, Request, Value, join_all, json, quoted};

use crate::answer::answer;
use crate::broker::{Broker, Shared};
use crate::ledger;
use crate::plan::Plan;
use crate::problem::Problem;
use crate::provisioner::{Failure, Found};

/// What is outside and nobody knows of: 200.
pub(crate) async fn list(broker: &Broker, _: Request) -> Reply {
    answer(list_orphans(broker).await)
}

async fn list_orphans(broker: &Broker) -> Result<Reply, Problem> {
    let shared = &broker.shared;
    let plans = shared.places();
    let found = join_all(plans.iter().map(|plan| shared.list_outside(plan))).await;
    // What was made meanwhile was written down before, so it is known by now.
    let known = shared.store.read(ledger::known_labels).await?;
    let (mut orphans, mut unreachable): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    for (plan, found) in plans.iter().zip(found) {
        match found {
            Ok(found) => {
                let lost = found
                    .into_iter()
                    .filter(|thing| !known.contains(&thing.name));
                orphans.extend(lost.map(|orphan| shown(plan, &orphan)));
            }
            Err(failure) => {
                unreachable.push(json!({"plan": plan.name, "message": failure.to_string()}));
            }
        }
    }
    Ok(Reply::json(
        &json!({"orphans": orphans, "unreachable": unreachable}),
    ))
}

/// Removes an orphan: 200, and what it was; 404 if there is none of this name.
pub(crate) async fn remove(broker: &Broker, request: Request) -> Reply {
    answer(remove_orphan(broker, &request).await)
}

async fn remove_orphan(broker: &Broker, request: &Request) -> Result<Reply, Problem> {
    let shared = &broker.shared;
    let (plan, name): (&str, &str) = (request.arg("plan")?, request.arg("name")?);
    let plan = shared.plans.find(plan).ok_or_else(|| {
        let (found, known) = (quoted(plan), shared.plans.listed());
        Problem::new(404, format!("there is no plan {found}, only {known}"))
    })?;
    let found = shared.list_outside(plan).await.map_err(unreachable)?;
    let known = shared.store.read(ledger::known_labels).await?;
    let is_meant = |thing: &Found| thing.name == name && !known.contains(&thing.name);
    let orphans: Vec<Found> = found.into_iter().filter(is_meant).collect();
    if orphans.is_empty() {
        let why = format!(
            "there is no orphan {} of plan `{}`",
            quoted(name),
            plan.name
        );
        return Err(Problem::new(404, why));
    }
    let removed: Vec<Value> = orphans.iter().map(|orphan| shown(plan, orphan)).collect();
    for orphan in orphans {
        log::info!("the orphan {} {} is removed", orphan.kind, orphan.name);
        let gone = plan
            .crew
            .ask(move |provisioner| provisioner.remove(&orphan));
        gone.await.map_err(unreachable)?;
    }
    Ok(Reply::json(&json!({"removed": removed})))
}

impl Shared {
    /// A plan for each place outside where things of ours may be.
    fn places(&self) -> Vec<&Plan> {
        let mut seen = BTreeSet::new();
        let plans = self.plans.iter();
        plans
            .filter(|plan| seen.insert((plan.kind, plan.place.clone())))
            .collect()
    }

    async fn list_outside(&self, plan: &Plan) -> Result<Vec<Found>, Failure> {
        let start = self.label_start();
        plan.crew
            .look(move |provisioner| provisioner.list(&start))
            .await
    }
}

fn shown(plan: &Plan, orphan: &Found) -> Value {
    json!({"plan": plan.name, "kind": orphan.kind, "name": orphan.name})
}

fn unreachable(failure: Failure) -> Problem {
    Problem::new(503, failure.to_string())
}
