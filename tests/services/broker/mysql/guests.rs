//! A server that lets anybody in, who goes before the users of binds.

use mysql::prelude::Queryable;

use super::{at, bind, done, instance, log_in};
use crate::mariadb::Mariadb;

#[test]
fn a_bind_whose_user_is_not_let_in_is_none() {
    let Some(mariadb) = Mariadb::shared() else {
        return;
    };
    let mysql = at(mariadb);
    let (instance, bind) = (instance("guest"), bind("guest", "Passw0rd"));
    done(mysql.create(&instance));
    let user = bind.label.as_str();
    // The server takes the account with the more telling host, whatever its password.
    let mut administrator =
        mysql::Conn::new(mysql::Opts::from_url(&mariadb.url("")).expect("it is one"))
            .expect("it is let in");
    administrator
        .query_drop(format!(
            "CREATE USER `{user}`@`127.0.0.1` IDENTIFIED BY 'other'"
        ))
        .expect("it may");
    let failure = mysql.bind(&instance, &bind).expect_err("it is not let in");
    let failure = failure.to_string();
    assert!(failure.contains("Access denied"), "{failure}");
    assert!(!failure.contains("Passw0rd"), "{failure}");
    administrator
        .query_drop(format!("DROP USER `{user}`@`127.0.0.1`"))
        .expect("it may");
    done(mysql.bind(&instance, &bind));
    assert!(log_in(&*mysql, &instance, &bind).is_ok());
    done(mysql.unbind(&instance, &bind));
    done(mysql.destroy(&instance));
}
