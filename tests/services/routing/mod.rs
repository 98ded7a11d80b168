//! The routing pack by the front door: the real program serves `micro/routing.micro`, with its
//! mappings in SQLite and, the same tests again, in MariaDB; with Redis and nginx behind it.

mod clients;
mod history;
mod mirrored;
mod peer;
mod service;

mod answers;
mod conditions;
mod described;
mod domains;
mod dumps;
mod limits;
mod listing;
mod live;
mod models;
mod nodes;
mod obedience;
mod outage;
mod races;
mod refusals;
mod repairs;
mod restarts;
mod room;
mod starting;
mod tokens;
