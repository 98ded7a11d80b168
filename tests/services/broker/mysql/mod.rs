//! Databases and users in a MariaDB.

mod guests;
mod life;
mod outage;
mod reach;
mod refusals;

use micro_broker::{Bind, Instance, Provisioner};
use mysql::{Conn, OptsBuilder};

use super::{PATIENCE, bind, done, instance, ready, until};
use crate::mariadb::Mariadb;

const PASSWORD: &str = "Adm1nS3cret";

fn open(settings: &[(&str, &str)]) -> Result<Box<dyn Provisioner>, String> {
    super::open("mysql", settings)
}

fn at(mariadb: &Mariadb) -> Box<dyn Provisioner> {
    open(&[("url", &mariadb.url(""))]).expect("its settings are right")
}

/// Connects as an app does that goes by its environment.
fn log_in(provisioner: &dyn Provisioner, instance: &Instance, bind: &Bind) -> mysql::Result<Conn> {
    let told = provisioner.environment(instance, bind);
    let find = |key| told.iter().find(|(known, _)| *known == key);
    let find = |key| find(key).expect("it is told").1.clone();
    let options = OptsBuilder::new()
        .ip_or_hostname(Some(find("host")))
        .tcp_port(find("port").parse().expect("it is a port"))
        .user(Some(find("user")))
        .pass(Some(find("password")))
        .db_name(Some(find("database")))
        .prefer_socket(false);
    Conn::new(options)
}
