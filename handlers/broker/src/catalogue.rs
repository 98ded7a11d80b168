//! The handler of plans.

use micro_api::{Reply, Request, Value, json};

use crate::broker::Broker;
use crate::plan::Plan;

/// The plans: 200.
pub(crate) fn plans(broker: &Broker, _: Request) -> Reply {
    let shown = |plan: &Plan| json!({"name": plan.name, "description": plan.description});
    let plans: Vec<Value> = broker.shared.plans.iter().map(shown).collect();
    Reply::json(&plans)
}
