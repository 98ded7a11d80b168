//! A kind of provisioners: how a plan names it, what it may be told, and how it is opened.

use crate::{Options, Provisioner};

use micro_api::Error;

/// A kind of provisioners, such as `mysql`.
#[derive(Clone)]
pub struct Kind {
    /// What `broker.plan.NAME.provisioner` says.
    pub name: &'static str,
    /// The settings `broker.plan.NAME.…` that it has beside those of every plan.
    pub options: &'static [&'static str],
    /// What an app is told, and the variable that it is put in unless `broker.plan.NAME.env.…` names
    /// another one.
    pub environment: &'static [(&'static str, &'static str)],
    /// Opens it for a plan. It does not connect to anything yet.
    pub open: fn(&Options<'_>) -> Result<Box<dyn Provisioner>, Error>,
    /// Where a plan's instances are, such as the address of a server: an instance may change to a plan
    /// at the same place. It shows in the log, so it has no password.
    pub place: fn(&Options<'_>) -> Result<String, Error>,
}
