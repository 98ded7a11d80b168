//! The routing pack by the front door: the real program serves `micro/routing.micro`, with its
//! mappings in SQLite and, the same tests again, in MariaDB.

mod database;
// mod history;
// mod peer;
mod service;

mod answers;
mod conditions;
mod domains;
mod dumps;
mod limits;
mod listing;
mod models;
// mod outage;
mod races;
mod refusals;
// mod restarts;
// mod room;
mod starting;
mod tokens;
