//! Plans as the configuration has them.

use micro_api::{Config, Error, json};

use super::Plans;
use crate::kind::Kind;
use crate::options::Options;
use crate::plan::Health;
use crate::provisioner::{Bind, Failure, Found, Instance, Label, Provisioner, Secret};

/// A provisioner that makes nothing.
struct Nothing;

impl Provisioner for Nothing {
    fn create(&self, _: &Instance) -> Result<(), Failure> {
        panic!("of course");
    }

    fn destroy(&self, _: &Instance) -> Result<(), Failure> {
        Ok(())
    }

    fn bind(&self, _: &Instance, _: &Bind) -> Result<(), Failure> {
        Ok(())
    }

    fn unbind(&self, _: &Instance, _: &Bind) -> Result<(), Failure> {
        Ok(())
    }

    fn environment(&self, _: &Instance, bind: &Bind) -> Vec<(&'static str, String)> {
        vec![
            ("host", "h".to_owned()),
            ("password", bind.secret.reveal().to_owned()),
        ]
    }

    fn list(&self, _: &str) -> Result<Vec<Found>, Failure> {
        Ok(Vec::new())
    }

    fn remove(&self, _: &Found) -> Result<(), Failure> {
        Ok(())
    }
}

fn open_nothing(_: &Options<'_>) -> Result<Box<dyn Provisioner>, Error> {
    Ok(Box::new(Nothing))
}

const NOTHING: Kind = Kind {
    name: "nothing",
    options: &["url", "color"],
    environment: &[("host", "NO_HOST"), ("password", "NO_PASSWORD")],
    open: open_nothing,
    place: |_| Ok("nowhere".to_owned()),
};

fn open(settings: &[(&str, &str)]) -> Result<Plans, String> {
    let settings = settings.iter().map(|(name, value)| {
        let name = format!("broker.plan.{name}");
        (name, (*value).to_owned())
    });
    Plans::open(&Config::new(settings), &[NOTHING])
        .map_err(|error| error.detail().unwrap_or_default().to_owned())
}

fn instance() -> Instance {
    Instance {
        label: Label("m1".to_owned()),
        name: "blog".to_owned(),
        parameters: json!({}),
    }
}

/// What an app is told.
fn told(settings: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all = vec![("small.provisioner", "nothing")];
    all.extend(settings);
    let plans = open(&all).expect("they are right");
    let bind = Bind {
        label: Label("m2".to_owned()),
        kind: "app",
        subject: "shop".to_owned(),
        secret: Secret("xyzzy".to_owned()),
        parameters: json!({}),
    };
    let plan = plans.find("small").expect("it is there");
    plan.environment(&instance(), &bind).into_iter().collect()
}

#[test]
fn plans_are_found_by_their_names() {
    let plans = open(&[
        ("small.provisioner", "nothing"),
        ("small.description", "a bit"),
        ("large.provisioner", "nothing"),
        ("large.ready_after", "3s"),
    ]);
    let plans = plans.expect("they are right");
    assert_eq!(plans.listed(), "`large`, `small`");
    let descriptions = plans.iter().map(|plan| plan.description.as_str());
    assert_eq!(descriptions.collect::<Vec<_>>(), ["", "a bit"]);
    assert!(plans.find_only().is_none() && plans.find("medium").is_none());
    let large = plans.find("large").expect("it is there");
    assert_eq!(large.ready_after.as_secs(), 3);
}

#[test]
fn a_plan_without_a_url_is_not_offered() {
    let plans = open(&[
        ("small.provisioner", "nothing"),
        ("large.provisioner", "nothing"),
        ("large.url", ""),
    ]);
    let plans = plans.expect("they are right");
    let only = plans.find_only().map(|plan| plan.name.as_str());
    assert_eq!(only, Some("small"));
}

#[test]
fn variables_have_the_names_that_the_plan_gives_them() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let defaults = [pair("NO_HOST", "h"), pair("NO_PASSWORD", "xyzzy")];
    assert_eq!(told(&[]), defaults);
    let renamed = [pair("A", "h"), pair("NO_PASSWORD", "xyzzy")];
    assert_eq!(told(&[("small.env.host", "A")]), renamed);
    let left_out = [pair("NO_PASSWORD", "xyzzy")];
    assert_eq!(told(&[("small.env.host", "")]), left_out);
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    let with = |name: &str, value: &str| {
        let all = [("small.provisioner", "nothing"), (name, value)];
        open(&all).err().unwrap_or_default()
    };
    for (name, value, why) in [
        (
            "small.provisioner",
            "noting",
            "`broker.plan.small.provisioner` is `noting`, expected one of `nothing`",
        ),
        (
            "large.color",
            "red",
            "there is no `broker.plan.large.provisioner`: expected one of `nothing`",
        ),
        (
            "small.colour",
            "red",
            "a plan of `nothing` has no setting `broker.plan.small.colour`, only `provisioner`, \
             `description`, `ready_after`, `timeout`, `threads`, `url`, `color`, `env.host`, \
             `env.password`",
        ),
        (
            "small.threads",
            "0",
            "`broker.plan.small.threads` is 0, expected 1 to 64",
        ),
        (
            "small.threads",
            "65",
            "`broker.plan.small.threads` is 65, expected 1 to 64",
        ),
        (
            "small.ready_after",
            "86401s",
            "`broker.plan.small.ready_after` is 86401 s, expected 0 s to 86400 s",
        ),
        (
            "small.env.host",
            "A-B",
            "`broker.plan.small.env.host` is `A-B`, expected a variable's name such as `NO_HOST`",
        ),
        (
            "small.env.host",
            "1",
            "`broker.plan.small.env.host` is `1`, expected a variable's name such as `NO_HOST`",
        ),
        (
            "small.env.host",
            "NO_PASSWORD",
            "`broker.plan.small.env.password` and `broker.plan.small.env.host` are both \
             `NO_PASSWORD`, expected a variable each",
        ),
    ] {
        assert_eq!(with(name, value), why);
    }
    for (name, value) in [
        ("small.threads", "1"),
        ("small.threads", "64"),
        ("small.ready_after", "86400s"),
        ("small.color", "red"),
    ] {
        assert_eq!(with(name, value), "", "{name}={value}");
    }
    let none = "there is no plan: expected a setting such as `broker.plan.small.provisioner`";
    assert_eq!(open(&[]).err().as_deref(), Some(none));
    let long = format!("{}.provisioner", "x".repeat(101));
    assert!(open(&[(&long, "nothing")]).is_err());
    let long = format!("{}.provisioner", "x".repeat(100));
    assert!(open(&[(&long, "nothing")]).is_ok());
}

#[test]
fn all_of_a_plan_or_some_of_it_may_be_down() {
    let plans = open(&[("small.provisioner", "nothing")]).expect("they are right");
    let plan = plans.find("small").expect("it is there");
    let [one, other] = ["m1", "m2"].map(|label| Label(label.to_owned()));
    assert_eq!(plan.find_trouble(&one), None);
    plan.set_health(Health {
        outage: None,
        down: [(one.clone(), "full".to_owned())].into(),
    });
    assert_eq!(plan.find_trouble(&one).as_deref(), Some("full"));
    assert_eq!(plan.find_trouble(&other), None);
    plan.set_health(Health {
        outage: Some("away".to_owned()),
        ..Health::default()
    });
    assert_eq!(plan.find_trouble(&other).as_deref(), Some("away"));
}

#[test]
fn a_provisioner_that_panics_has_not_done_it() {
    let plans = open(&[("small.provisioner", "nothing"), ("small.threads", "1")]);
    let plans = plans.expect("they are right");
    let plan = plans.find("small").expect("it is there");
    let ask = || {
        let asked = plan.crew.ask(|provisioner| provisioner.create(&instance()));
        micro_api::testing::block_on(asked)
    };
    // The thread is still there.
    for _ in 0..2 {
        let failure = ask().expect_err("it panics");
        assert_eq!(failure.to_string(), "the provisioner panicked: of course");
    }
}
