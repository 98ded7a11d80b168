//! The threads that do what blocks, for one plan.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};
use micro_api::Error;

use crate::provisioner::{Failure, Provisioner};

type Work = Box<dyn FnOnce() + Send>;

/// The threads that call a plan's provisioner. They end when this is dropped, after what they are at.
pub(crate) struct Crew {
    provisioner: Arc<dyn Provisioner>,
    work: Sender<Work>,
}

impl Crew {
    /// Starts so many threads.
    pub(crate) fn start(
        plan: &str,
        provisioner: Box<dyn Provisioner>,
        count: u64,
    ) -> Result<Crew, Error> {
        let (sender, receiver) = unbounded::<Work>();
        for _ in 0..count {
            let receiver: Receiver<Work> = receiver.clone();
            let thread = thread::Builder::new().name(format!("broker-{plan}"));
            thread.spawn(move || receiver.iter().for_each(|work| work()))?;
        }
        Ok(Crew {
            provisioner: provisioner.into(),
            work: sender,
        })
    }

    /// What the provisioner says without asking anybody.
    pub(crate) fn provisioner(&self) -> &dyn Provisioner {
        &*self.provisioner
    }

    /// Has a thread call the provisioner. That goes on to its end also if nobody awaits it any more.
    pub(crate) async fn ask<T, F>(&self, call: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Provisioner) -> Result<T, Failure> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let provisioner = Arc::clone(&self.provisioner);
        let work = move || {
            let result = catch_unwind(AssertUnwindSafe(|| call(&*provisioner)));
            let result = result.unwrap_or_else(|panic| {
                let said = micro_api::host::panic_text(&*panic);
                Err(Failure::for_now(format!(
                    "the provisioner panicked: {said}"
                )))
            });
            // Nobody may wait any more.
            let _ = sender.send(result);
        };
        let is_taken = self.work.send(Box::new(work)).is_ok();
        match is_taken {
            true => receiver.await.unwrap_or_else(|_| Err(ended())),
            false => Err(ended()),
        }
    }
}

fn ended() -> Failure {
    Failure::for_now("the threads of the plan have ended")
}
