//! What is outside and nobody knows of any more.

use super::credentials::redis;
use super::setup::Setup;
use super::waiting::until;
use crate::database::{Database, on_each_database};
use crate::mariadb::Mariadb;

on_each_database! {
    what_nobody_knows_of_is_listed_and_can_be_removed,
}

fn what_nobody_knows_of_is_listed_and_can_be_removed(database: &Database) {
    let (mut setup, mut plans) = (Setup::new(database), vec!["small"]);
    let (mariadb, redis) = (Mariadb::shared(), redis());
    if let Some(mariadb) = mariadb {
        setup = setup.with_mariadb(mariadb);
        plans.push("database");
    }
    if let Some(redis) = &redis {
        setup = setup.with_redis(redis);
        plans.push("cache");
    }
    let service = setup.start();
    for plan in &plans {
        for name in ["kept", "lost"] {
            service.create(&format!("{name}-{plan}"), plan);
            service.bind(&format!("{name}-{plan}"), "shop");
        }
    }
    assert_eq!(service.orphans(), [""; 0]);
    let known = setup.files();
    service.end();
    // What others have made there, even if its name begins alike.
    let foreign = ["microforeign", "foreign"].map(|name| setup.data().join("instances").join(name));
    for path in &foreign {
        std::fs::create_dir(path).expect("a folder can be made");
    }
    if let Some(mariadb) = mariadb {
        mariadb.execute("CREATE DATABASE IF NOT EXISTS microforeign");
    }
    let lost = "(SELECT id FROM broker_instance WHERE name LIKE 'lost-%')";
    database.run(&format!("DELETE FROM broker_bind WHERE instance IN {lost}"));
    database.run("DELETE FROM broker_instance WHERE name LIKE 'lost-%'");
    let service = setup.start();
    let orphans = service.orphans();
    for plan in &plans {
        let of_plan = orphans.iter().filter(|orphan| orphan.starts_with(plan));
        assert!(of_plan.count() > 0, "no orphan of {plan}: {orphans:?}");
    }
    let is_small = |orphan: &&String| orphan.starts_with("small/");
    assert_eq!(orphans.iter().filter(is_small).count(), 2, "{orphans:?}");
    for orphan in &orphans {
        let (plan, rest) = orphan.split_once('/').expect("its plan comes first");
        let (_, name) = rest.split_once('/').expect("then its kind");
        let path = format!("/admin/orphans/{plan}/{name}");
        let answer = service.send("DELETE", &path, "");
        // Two things may have one name.
        assert!([200, 404].contains(&answer.status), "{}", answer.text());
        assert_eq!(service.status("DELETE", &path, ""), 404, "{path}");
    }
    assert_eq!(service.orphans(), [""; 0]);
    // What is known, and what is not ours, cannot be removed.
    let left = setup.files();
    let known = known.iter().filter(|name| left.contains(name));
    for name in known.map(|name| name.trim_end_matches(".db")) {
        let path = format!("/admin/orphans/small/{name}");
        assert_eq!(service.status("DELETE", &path, ""), 404, "{path}");
    }
    for name in ["microforeign", "foreign", "..", "%2e%2e"] {
        let path = format!("/admin/orphans/small/{name}");
        assert_eq!(service.status("DELETE", &path, ""), 404, "{path}");
    }
    assert!(foreign.iter().all(|path| path.exists()));
    for plan in &plans {
        let name = format!("kept-{plan}");
        until("that it is up", || service.state(&name) == 204);
        assert_eq!(service.unbind(&name, "shop"), 200);
        assert_eq!(service.delete(&name), 200);
    }
    service.end();
}
