//! Files on the disk: what tells one from another, and from what it was before.

mod stamp;

pub use stamp::{Identity, Stamp};
