//! The broker pack with what it makes outside, in real servers: by the front door, where the real
//! program serves `micro/broker.micro`, and its provisioners alone, without their API.

mod credentials;
mod service;

mod answers;
mod killed;
mod mysql;
mod orphans;
mod outage;
mod ready_after;
mod secrets;
mod starting;
mod stuck;
mod together;
mod works;
