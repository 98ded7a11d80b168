//! The threads that do what blocks, for one plan.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};
use micro_api::{Error, blocking};

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
            // Nobody may wait any more.
            let _ = sender.send(contained(|| call(&*provisioner)));
        };
        let is_taken = self.work.send(Box::new(work)).is_ok();
        match is_taken {
            true => receiver.await.unwrap_or_else(|_| Err(ended())),
            false => Err(ended()),
        }
    }

    /// The same on a thread of the service, for who only looks: he does not wait for those at work.
    pub(crate) async fn look<T, F>(&self, call: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Provisioner) -> Result<T, Failure> + Send + 'static,
    {
        let provisioner = Arc::clone(&self.provisioner);
        let looked = blocking(move || contained(|| call(&*provisioner)));
        looked.await.unwrap_or_else(|_| Err(ended()))
    }
}

/// What a call comes to, also if it panics.
fn contained<T>(call: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let said = micro_api::host::panic_text(&*panic);
        let why = format!("the provisioner panicked: {said}");
        Err(Failure::for_now(why))
    })
}

fn ended() -> Failure {
    Failure::for_now("the threads of the plan have ended")
}
