//! With which settings a service starts on what it had, and with which it does not.

use super::setup::{KEY, Setup};
use crate::database::{Database, on_each_database};
use crate::program::run_command;

on_each_database! {
    another_key_is_refused_and_an_exchanged_one_is_not,
}

const OTHER_KEY: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

fn another_key_is_refused_and_an_exchanged_one_is_not(database: &Database) {
    let mut setup = Setup::new(database);
    let service = setup.start();
    service.create("blog", "small");
    let told = service.bind("blog", "shop");
    service.end();
    setup.set("BROKER_KEY", OTHER_KEY);
    let (code, _, errors) = run_command(&mut setup.command());
    assert_ne!(code, 0);
    let why = "`broker.key` is not the key of the database `broker`";
    assert!(errors.contains(why), "{errors}");
    assert!(!errors.contains(OTHER_KEY), "{errors}");
    // With both, everything is sealed with the first one: then that one is enough.
    for keys in [
        format!("{OTHER_KEY},{KEY}"),
        OTHER_KEY.to_owned(),
        format!("{KEY} {OTHER_KEY}"),
        KEY.to_owned(),
    ] {
        setup.set("BROKER_KEY", &keys);
        let service = setup.start();
        assert_eq!(service.bind("blog", "shop"), told);
        service.end();
    }
}
