//! The broker pack: a service broker for tsuru that provisions for real.
#![allow(dead_code)]
mod kind;
mod options;
mod provisioner;
mod random;
mod seal;

pub use kind::Kind;
pub use options::Options;
pub use provisioner::{Bind, Failure, Found, Instance, Label, Provisioner, Ready, Secret, Tended};
