//! Users and prefixes in a Redis.

mod life;
mod outage;
mod reach;

use micro_broker::{Bind, Instance, Provisioner};

use super::{PATIENCE, bind, done, instance, ready, until};
use crate::redis::{Client, Redis, Reply};

fn open(settings: &[(&str, &str)]) -> Result<Box<dyn Provisioner>, String> {
    super::open("redis", settings)
}

fn at(redis: &Redis) -> Box<dyn Provisioner> {
    open(&[("url", &redis.url())]).expect("its settings are right")
}

/// What an app is told.
fn told(provisioner: &dyn Provisioner, instance: &Instance, bind: &Bind, key: &str) -> String {
    let told = provisioner.environment(instance, bind);
    let found = told.into_iter().find(|(known, _)| *known == key);
    found.expect("it is told").1
}

/// An app that goes by its environment.
struct App {
    client: Client,
    prefix: String,
}

impl App {
    /// Logs in, or shows why not.
    fn log_in(
        provisioner: &dyn Provisioner,
        instance: &Instance,
        bind: &Bind,
    ) -> Result<App, String> {
        let told = |key| told(provisioner, instance, bind, key);
        let port = told("port").parse().expect("it is a port");
        let mut client = Client::connect(port).map_err(|error| error.to_string())?;
        let answer = client.say(&["AUTH", &told("user"), &told("password")]);
        match answer.map_err(|error| error.to_string())? {
            Reply::Error(why) => Err(why),
            _ => Ok(App {
                client,
                prefix: told("prefix"),
            }),
        }
    }

    /// A key of its own.
    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn say(&mut self, words: &[&str]) -> Reply {
        self.client.say(words).expect("Redis answers")
    }
}

fn ok() -> Reply {
    Reply::Text("OK".to_owned())
}
