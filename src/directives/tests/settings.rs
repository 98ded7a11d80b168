//! Where settings get their values.

use std::time::Duration;

use super::{Definition, PING, definition};
use crate::config::Origin;

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_definition() {
    let lines = [
        &PING[..],
        &["CONFIG x.y default=1", "CONFIG z default=1 env=ZED"],
    ]
    .concat();
    let value = |definition: Definition| definition.service().config.find("x.y").map(str::to_owned);
    assert_eq!(value(definition(&lines)).as_deref(), Some("1"));
    assert_eq!(
        value(definition(&lines).config("x.y=2")).as_deref(),
        Some("2")
    );
    assert_eq!(
        value(definition(&lines).config("x.y=2").env("X_Y", "3")).as_deref(),
        Some("3")
    );
    let service = definition(&lines).env("ZED", "4").env("Z", "5").service();
    assert_eq!(service.config.find("z"), Some("4"));
}

#[test]
fn settings_change_the_listener() {
    let listener = definition(&PING)
        .config("server.a.port = 9000 # another")
        .config("server.a.http_max_content_length=2MiB")
        .env("SERVER_a_HOST", "127.0.0.1")
        .env("SERVER_A_IDLE_TIMEOUT", "1m")
        .listener();
    assert_eq!((listener.host.as_str(), listener.port), ("127.0.0.1", 9000));
    assert_eq!(listener.limits.content_bytes_max, 2 << 20);
    assert_eq!(listener.limits.idle_timeout, Duration::from_secs(60));
    let service = definition(&PING)
        .config("server.a.is_active=false")
        .service();
    assert!(service.listeners.is_empty());
}

#[test]
fn a_secret_may_come_from_a_file_and_is_not_shown() {
    let mut file = tempfile::NamedTempFile::new().expect("a file can be made");
    std::io::Write::write_all(&mut file, b"hush\n").expect("a file can be written");
    let path = file.path().display().to_string();
    let loaded = definition(&["CONFIG pass.word secret=true"])
        .env("PASS_WORD_FILE", &path)
        .load();
    let record = loaded
        .records
        .iter()
        .find(|record| record.name == "pass.word")
        .expect("declared");
    assert_eq!(record.value.as_deref(), Some("hush"));
    assert_eq!(record.shown_value().as_deref(), Some("***"));
    assert_eq!(
        record.origin,
        Origin::File {
            variable: "PASS_WORD_FILE".to_owned(),
            path
        }
    );
}

#[test]
fn a_variable_and_its_file_exclude_each_other() {
    let error = definition(&["CONFIG k secret=true"])
        .env("K", "1")
        .env("K_FILE", "/x")
        .error();
    assert!(
        error.starts_with("error: environment variables `K` and `K_FILE` both set `k`\n"),
        "{error}"
    );
    let service = definition(&["CONFIG k", "CONFIG k.file"])
        .env("K_FILE", "1")
        .service();
    assert_eq!(service.config.find("k.file"), Some("1"));
    assert_eq!(service.config.find("k"), None);
}

#[test]
fn a_setting_belongs_to_one_line() {
    for lines in [
        ["SERVER a 1", "CONFIG server.a.port"],
        ["CONFIG server.a.port", "SERVER a 1"],
    ] {
        let error = definition(&lines).error();
        assert!(
            error.starts_with("error: setting `server.a.port` is declared twice\n"),
            "{error}"
        );
    }
    assert!(
        definition(&["CONFIG log.level"])
            .error()
            .contains("the framework makes it")
    );
}
