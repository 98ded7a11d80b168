//! Small modules that ship inside the `micro` program: to try it out, and to learn from. Each
//! depends on the contract alone, as a module of your own would.
//!
//! | module | functions |
//! |---|---|
//! | [`ping`] | `ping.ping` |
//! | [`echo`] | `echo.echo`, `echo.request` |
//! | [`tasks`] | `tasks.create`, `tasks.read`, `tasks.update`, `tasks.delete` |
//! | [`static_files`] | `static.file` |
//! | [`later`] | `later.reply`, `later.sleep` |

pub mod echo;
pub mod later;
pub mod ping;
pub mod static_files;
pub mod tasks;
