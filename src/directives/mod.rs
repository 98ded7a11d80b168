//! The words of the language: what each may say, where, and what it adds to the service.
//!
//! [`DIRECTIVES`] is the one table. From it come the checks of words and places, the settings,
//! `micro explain`, and the table of the README.

mod arg;
mod argument;
mod arguments;
mod bind;
mod config;
mod config_server;
mod connection;
mod content;
mod database;
mod directive;
mod draft;
mod enumeration;
mod explain;
mod finish;
mod functions;
mod header;
mod import;
mod load;
mod log;
mod method;
mod module;
mod modules;
mod names;
mod parameter;
mod place;
mod provides;
mod proxy;
mod refusal;
mod report;
mod requires;
mod resource;
mod response;
mod route;
mod scope;
mod server;
mod setting;
mod setup;
mod signature;
mod silent;
mod source;
mod table;
mod task;
mod teardown;
#[cfg(test)]
mod tests;
mod user;
mod variables;
mod whole;
mod wrap;

pub use arguments::{Arguments, Given, OtherOption};
pub use directive::{Directive, Rest, Turn};
pub use draft::Draft;
pub use explain::{explain, settings_markdown, table_markdown};
pub use load::{Loaded, Options, load};
pub use parameter::{Kind, Parameter, Presence};
pub use scope::Scope;
pub use setting::{Setting, SettingValue, When};
pub use source::Source;
pub use table::DIRECTIVES;
