//! Looking after what is ready.

use crate::broker::Shared;
use crate::ledger;
use crate::plan::{Health, Plan};
use crate::provisioner::{Failure, Tended};

impl Shared {
    /// Has a plan look after what is ready.
    pub(crate) async fn tend(&self, plan: &str) {
        let Some(plan) = self.plans.find(plan) else {
            return;
        };
        let health = match self.look_after(plan).await {
            Ok(tended) => {
                self.bind_again(&tended).await;
                Health {
                    outage: None,
                    down: tended.down.into_iter().collect(),
                }
            }
            Err(failure) => Health {
                outage: Some(failure.message),
                ..Health::default()
            },
        };
        plan.set_health(health);
    }

    async fn look_after(&self, plan: &Plan) -> Result<Tended, Failure> {
        let name = plan.name.clone();
        let ready = self
            .store
            .read(move |transaction| ledger::ready(transaction, &name));
        let ready = ready.await.map_err(Failure::for_now)?;
        plan.crew
            .look(move |provisioner| provisioner.tend(&ready))
            .await
    }

    /// Wants what is gone outside to be there again; the next sweep takes it.
    async fn bind_again(&self, tended: &Tended) {
        for label in &tended.lost {
            let gone = label.clone();
            let noted = self
                .store
                .write(move |transaction| ledger::lost(transaction, &gone));
            match noted.await {
                Ok(true) => log::warn!("{label} is gone outside, and is made again"),
                Ok(false) => {}
                Err(error) => log::warn!("{label} is gone outside, which is not noted: {error}"),
            }
        }
    }
}
