//! Files on the disk: which are read, what tells one from another, and from what it was before.

mod accept;
mod stamp;

pub use accept::{Accept, open_regular};
pub use stamp::{Identity, Stamp};
