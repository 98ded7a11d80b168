//! What is written down, against an outside in memory: whatever is interrupted, both agree in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use micro_api::{Config, json};
use micro_store::{Error, Store, Transaction, values};
use proptest::prelude::*;

use super::{
    BindWish, BoundKind, Change, Claim, Deed, Fate, Key, Limits, NewBind, NewInstance, Patience,
    Settled, Step,
};
use crate::provisioner::{Failure, Label};
use crate::state::State;
use crate::tables::SCHEMA;

const LIMITS: Limits = Limits {
    instances_max: 3,
    binds_max: 2,
};
const FAR: Duration = Duration::from_secs(36_000);
const PATIENCE: Patience = Patience {
    give_up_after: Duration::from_secs(3600),
    ready_after: Duration::ZERO,
};

/// Does work in a database that is gone afterwards.
fn in_database(work: impl FnMut(&mut Transaction<'_>) -> Result<(), Error> + Send + 'static) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let url = format!("sqlite:{}", folder.path().join("broker.db").display());
    let config = Config::new([("database.broker.url", url)]);
    let store = Store::open(&config, "broker", SCHEMA).expect("it is configured");
    let result = store.write(work).wait();
    result.unwrap_or_else(|error| panic!("{error}"));
}

fn claim(runner: &str) -> Claim {
    Claim {
        runner: runner.to_owned(),
        lease: Duration::from_secs(3600),
    }
}

fn instance(name: &str, label: &str) -> NewInstance {
    NewInstance {
        name: name.to_owned(),
        label: Label(label.to_owned()),
        plan: "small".to_owned(),
        team: "red".to_owned(),
        description: "a blog".to_owned(),
        tags: vec!["a".to_owned()],
        parameters: json!({"x": 1}),
        creator: "ann".to_owned(),
    }
}

fn app(name: &str, label: &str) -> NewBind {
    NewBind {
        kind: BoundKind::App,
        subject: name.to_owned(),
        host: format!("{name}.example"),
        label: Label(label.to_owned()),
        sealed: vec![1, 2, 3],
        parameters: json!({}),
        creator: "ann".to_owned(),
    }
}

fn status_of<T>(result: Result<T, Error>) -> Option<u16> {
    let error = result.err()?;
    Some(micro_api::Error::from(error).status())
}

/// Creates an instance that is ready.
fn ready(transaction: &mut Transaction<'_>, name: &str) -> Result<u64, Error> {
    let claim = claim("setup");
    let (id, step) = super::create(transaction, &claim, LIMITS, &instance(name, name))?;
    let step = step.expect("it is to be created");
    super::settle(transaction, &claim, &step, &Ok(()), &PATIENCE)?;
    Ok(id)
}

#[test]
fn an_instance_is_created_step_by_step() {
    in_database(|transaction| {
        let ours = claim("a");
        let (id, step) = super::create(transaction, &ours, LIMITS, &instance("blog", "m1"))?;
        let step = step.expect("it is to be created");
        assert!(matches!(step.deed, Deed::Create));
        assert_eq!(super::fate(transaction, Key::Instance(id))?, None);
        let again = super::create(transaction, &ours, LIMITS, &instance("blog", "m2"));
        assert_eq!(status_of(again), Some(409));
        let bound = super::bind(transaction, &ours, LIMITS, "blog", &app("shop", "b1"));
        assert_eq!(status_of(bound), Some(412));
        let settled = super::settle(transaction, &ours, &step, &Ok(()), &PATIENCE)?;
        assert_eq!(settled.fates, [(Key::Instance(id), Fate::Ready)]);
        assert!(settled.next.is_none());
        assert!(super::due(transaction, 9, FAR)?.is_empty());
        let held = super::find_instance(transaction, "blog")?.expect("it is there");
        assert_eq!((held.state, held.tags.len()), (State::Ready, 1));
        assert_eq!(held.outside.parameters, json!({"x": 1}));
        Ok(())
    });
}

#[test]
fn limits_are_kept() {
    in_database(|transaction| {
        for name in ["a", "b"] {
            ready(transaction, name)?;
        }
        let ours = claim("a");
        for (name, status) in [("c", None), ("d", Some(507))] {
            let created = super::create(transaction, &ours, LIMITS, &instance(name, name));
            assert_eq!(status_of(created), status);
        }
        for (name, status) in [("x", None), ("y", None), ("z", Some(507)), ("x", None)] {
            let bound = super::bind(transaction, &ours, LIMITS, "a", &app(name, name));
            assert_eq!(status_of(bound), status, "{name}");
        }
        Ok(())
    });
}

#[test]
fn while_somebody_is_at_it_nobody_else_is() {
    in_database(|transaction| {
        ready(transaction, "blog")?;
        let (first, second) = (claim("first"), claim("second"));
        let BindWish::Wanted(_, _, Some(step)) =
            super::bind(transaction, &first, LIMITS, "blog", &app("a", "b1"))?
        else {
            panic!("it is to be bound");
        };
        let wish = super::bind(transaction, &second, LIMITS, "blog", &app("b", "b2"))?;
        assert!(matches!(wish, BindWish::Wanted(_, _, None)));
        let lost = super::settle(transaction, &second, &step, &Ok(()), &PATIENCE)?;
        assert!(lost.is_lost && lost.fates.is_empty() && lost.next.is_none());
        // Whoever is at it finds what came meanwhile.
        let settled = super::settle(transaction, &first, &step, &Ok(()), &PATIENCE)?;
        let next = settled.next.expect("there is another bind");
        assert!(matches!(next.deed, Deed::Bind(bound) if bound.subject == "b"));
        Ok(())
    });
}

#[test]
fn a_claim_that_has_ended_is_anybodys() {
    in_database(|transaction| {
        let (dead, alive) = (claim("dead"), claim("alive"));
        let (id, step) = super::create(transaction, &dead, LIMITS, &instance("blog", "m1"))?;
        let step = step.expect("it is to be created");
        assert!(super::due(transaction, 9, FAR)?.is_empty());
        assert!(super::take(transaction, id, &alive, FAR)?.is_none());
        transaction.execute("UPDATE broker_instance SET due = 1", &[])?;
        assert_eq!(super::due(transaction, 9, FAR)?, [id]);
        let taken = super::take(transaction, id, &alive, FAR)?;
        assert!(matches!(
            taken,
            Some(Step {
                deed: Deed::Create,
                ..
            })
        ));
        assert!(!super::renew(transaction, &dead, id)?);
        let settled = super::settle(transaction, &dead, &step, &Ok(()), &PATIENCE)?;
        assert!(settled.fates.is_empty());
        assert!(super::renew(transaction, &alive, id)?);
        Ok(())
    });
}

#[test]
fn what_fails_for_now_is_left_alone_for_longer_each_time() {
    in_database(|transaction| {
        let ours = claim("a");
        let (id, step) = super::create(transaction, &ours, LIMITS, &instance("blog", "m1"))?;
        let mut step = step.expect("it is to be created");
        let mut pauses = Vec::new();
        for _ in 0..12 {
            let result = Err(Failure::for_now("the server is away"));
            let before = crate::clock::now();
            let settled = super::settle(transaction, &ours, &step, &result, &PATIENCE)?;
            let fate = Fate::Later("the server is away".to_owned());
            assert_eq!(settled.fates, [(Key::Instance(id), fate)]);
            let held = super::find_instance(transaction, "blog")?.expect("it is there");
            assert_eq!(held.state, State::Pending);
            pauses.push((held.due.unwrap_or(0) - before) / 250);
            transaction.execute("UPDATE broker_instance SET due = 1", &[])?;
            step = super::take(transaction, id, &ours, FAR)?.expect("it is due");
        }
        assert_eq!(pauses[..8], [1, 2, 4, 8, 16, 32, 64, 120]);
        assert_eq!(pauses.last(), Some(&120));
        // Until it has taken too long.
        let patience = Patience {
            give_up_after: Duration::ZERO,
            ..PATIENCE
        };
        let result = Err(Failure::for_now("still away"));
        let settled = super::settle(transaction, &ours, &step, &result, &patience)?;
        let fate = Fate::Failed("still away".to_owned());
        assert_eq!(settled.fates, [(Key::Instance(id), fate.clone())]);
        assert_eq!(super::fate(transaction, Key::Instance(id))?, Some(fate));
        Ok(())
    });
}

#[test]
fn what_has_failed_is_given_another_chance() {
    in_database(|transaction| {
        let ours = claim("a");
        let (id, step) = super::create(transaction, &ours, LIMITS, &instance("blog", "m1"))?;
        let step = step.expect("it is to be created");
        let result = Err(Failure::for_good("no"));
        super::settle(transaction, &ours, &step, &result, &PATIENCE)?;
        let bound = super::bind(transaction, &ours, LIMITS, "blog", &app("shop", "b1"));
        assert_eq!(status_of(bound), Some(412));
        let (held, step) = super::update(transaction, &ours, "blog", &Change::default())?;
        assert_eq!(held.state, State::Pending);
        let step = step.expect("it is to be created");
        super::settle(transaction, &ours, &step, &Ok(()), &PATIENCE)?;
        assert_eq!(
            super::fate(transaction, Key::Instance(id))?,
            Some(Fate::Ready)
        );
        Ok(())
    });
}

#[test]
fn a_plan_that_changes_meanwhile_is_not_forgotten() {
    in_database(|transaction| {
        let ours = claim("a");
        let (_, step) = super::create(transaction, &ours, LIMITS, &instance("blog", "m1"))?;
        let step = step.expect("it is to be created");
        let change = Change {
            plan: Some("large".to_owned()),
            ..Change::default()
        };
        let (held, none) = super::update(transaction, &claim("b"), "blog", &change)?;
        assert!(none.is_none());
        assert_eq!(
            (held.description.as_str(), held.team.as_str()),
            ("a blog", "red")
        );
        let settled = super::settle(transaction, &ours, &step, &Ok(()), &PATIENCE)?;
        let next = settled.next.expect("it is to be changed");
        assert_eq!(next.instance.plan, "large");
        assert!(matches!(next.deed, Deed::Create));
        Ok(())
    });
}

#[test]
fn who_has_no_name_is_unbound_by_his_host() {
    in_database(|transaction| {
        ready(transaction, "blog")?;
        let ours = claim("a");
        super::bind(transaction, &ours, LIMITS, "blog", &app("shop", "b1"))?;
        let unbind = |transaction: &mut Transaction<'_>, subject, host| {
            super::unbind(
                transaction,
                &claim("b"),
                "blog",
                BoundKind::App,
                subject,
                host,
            )
        };
        let host = Some("shop.example");
        assert_eq!(
            status_of(unbind(transaction, Some("other"), host)),
            Some(404)
        );
        assert_eq!(
            status_of(unbind(transaction, None, Some("elsewhere"))),
            Some(404)
        );
        assert!(unbind(transaction, None, host).is_ok());
        Ok(())
    });
}

#[test]
fn deleting_waits_until_the_binds_are_gone() {
    in_database(|transaction| {
        let id = ready(transaction, "blog")?;
        let ours = claim("a");
        let BindWish::Wanted(_, bind, Some(step)) =
            super::bind(transaction, &ours, LIMITS, "blog", &app("shop", "b1"))?
        else {
            panic!("it is to be bound");
        };
        let (deleted, none) = super::delete(transaction, &claim("b"), "blog")?;
        assert_eq!((deleted, none.is_none()), (id, true));
        let settled = super::settle(transaction, &ours, &step, &Ok(()), &PATIENCE)?;
        let step = settled.next.expect("it is unwanted by now");
        assert!(matches!(step.deed, Deed::Unbind(_)));
        // Who waits for the instance is told that it takes longer.
        let result = Err(Failure::for_good("no"));
        let settled = super::settle(transaction, &ours, &step, &result, &PATIENCE)?;
        let fate = Fate::Later("no".to_owned());
        let fates = [
            (Key::Instance(id), fate.clone()),
            (Key::Bind(bind.id), fate),
        ];
        assert_eq!(settled.fates, fates);
        let (_, step) = super::delete(transaction, &ours, "blog")?;
        let step = step.expect("nobody is at it");
        let settled = super::settle(transaction, &ours, &step, &Ok(()), &PATIENCE)?;
        let step = settled.next.expect("the instance is left");
        assert!(matches!(step.deed, Deed::Destroy));
        super::settle(transaction, &ours, &step, &Ok(()), &PATIENCE)?;
        assert!(super::find_instance(transaction, "blog")?.is_none());
        assert!(super::known_labels(transaction)?.is_empty());
        Ok(())
    });
}

/// Binds somebody, and gives the step to be done for it.
fn wanted(transaction: &mut Transaction<'_>, claim: &Claim) -> Result<Step, Error> {
    match super::bind(transaction, claim, LIMITS, "blog", &app("shop", "b1"))? {
        BindWish::Wanted(_, _, Some(step)) => Ok(step),
        _ => panic!("it is to be bound"),
    }
}

#[test]
fn a_bind_whose_secret_somebody_has_is_tried_for_ever() {
    in_database(|transaction| {
        ready(transaction, "blog")?;
        let ours = claim("a");
        let step = wanted(transaction, &ours)?;
        let Deed::Bind(bound) = &step.deed else {
            panic!("it is to be bound");
        };
        super::settle(transaction, &ours, &step, &Ok(()), &PATIENCE)?;
        assert!(super::lost(transaction, &bound.label)?);
        let step = wanted(transaction, &ours)?;
        let result = Err(Failure::for_good("no"));
        let settled = super::settle(transaction, &ours, &step, &result, &PATIENCE)?;
        let fate = Fate::Later("no".to_owned());
        assert_eq!(settled.fates, [(Key::Bind(bound.id), fate)]);
        super::give_up_bind(transaction, bound.id)?;
        let step = wanted(transaction, &ours)?;
        super::settle(transaction, &ours, &step, &Ok(()), &PATIENCE)?;
        let fate = super::fate(transaction, Key::Bind(bound.id))?;
        assert_eq!(fate, Some(Fate::Ready));
        Ok(())
    });
}

#[test]
fn a_bind_that_never_was_may_fail_and_be_given_up() {
    in_database(|transaction| {
        ready(transaction, "blog")?;
        let ours = claim("a");
        let step = wanted(transaction, &ours)?;
        let Deed::Bind(bound) = &step.deed else {
            panic!("it is to be bound");
        };
        let result = Err(Failure::for_good("no"));
        let settled = super::settle(transaction, &ours, &step, &result, &PATIENCE)?;
        let fate = Fate::Failed("no".to_owned());
        assert_eq!(settled.fates, [(Key::Bind(bound.id), fate)]);
        wanted(transaction, &ours)?;
        super::give_up_bind(transaction, bound.id)?;
        transaction.execute("UPDATE broker_instance SET due = 1", &[])?;
        let id = step.instance.id;
        let taken = super::take(transaction, id, &claim("b"), FAR)?;
        assert!(matches!(
            taken,
            Some(Step {
                deed: Deed::Unbind(_),
                ..
            })
        ));
        Ok(())
    });
}

#[test]
fn an_instance_that_cannot_be_changed_stays_ready() {
    in_database(|transaction| {
        let id = ready(transaction, "blog")?;
        let ours = claim("a");
        let change = Change {
            parameters: Some(json!({"x": 2})),
            ..Change::default()
        };
        let (_, step) = super::update(transaction, &ours, "blog", &change)?;
        let step = step.expect("it is told of its parameters");
        let result = Err(Failure::for_good("no"));
        let settled = super::settle(transaction, &ours, &step, &result, &PATIENCE)?;
        let fate = Fate::Failed("no".to_owned());
        assert_eq!(settled.fates, [(Key::Instance(id), fate)]);
        assert_eq!(
            super::fate(transaction, Key::Instance(id))?,
            Some(Fate::Ready)
        );
        assert!(super::delete_failed(transaction, &ours, id)?.is_none());
        Ok(())
    });
}

#[test]
fn what_could_not_be_made_is_removed_and_nothing_else() {
    in_database(|transaction| {
        let ours = claim("a");
        let (id, step) = super::create(transaction, &ours, LIMITS, &instance("blog", "m1"))?;
        let step = step.expect("it is to be created");
        assert!(super::delete_failed(transaction, &ours, id)?.is_none());
        let result = Err(Failure::for_good("no"));
        super::settle(transaction, &ours, &step, &result, &PATIENCE)?;
        let step = super::delete_failed(transaction, &ours, id)?;
        let step = step.expect("it has failed");
        assert!(matches!(step.deed, Deed::Destroy));
        super::settle(transaction, &ours, &step, &Ok(()), &PATIENCE)?;
        assert!(super::find_instance(transaction, "blog")?.is_none());
        assert!(super::delete_failed(transaction, &ours, id)?.is_none());
        Ok(())
    });
}

#[test]
fn what_a_wrong_clock_has_put_off_is_due() {
    in_database(|transaction| {
        let ours = claim("a");
        let (id, _) = super::create(transaction, &ours, LIMITS, &instance("blog", "m1"))?;
        let next_week = crate::clock::now() + 7 * 86_400_000;
        let later = "UPDATE broker_instance SET due = ?";
        transaction.execute(later, &values![next_week])?;
        assert_eq!(super::due(transaction, 9, FAR)?, [id]);
        assert!(super::take(transaction, id, &claim("b"), FAR)?.is_some());
        assert!(super::due(transaction, 9, FAR)?.is_empty());
        super::put_off(transaction, id)?;
        assert!(super::due(transaction, 9, FAR)?.is_empty());
        Ok(())
    });
}

/// What happens to a broker.
#[derive(Clone, Debug)]
enum Event {
    Create(u8),
    Delete(u8),
    Bind(u8, u8),
    Unbind(u8, u8),
    GiveUp(u8, u8),
    Lose(u8, u8),
    /// Somebody takes what is due.
    Sweep,
    /// A runner does its step, but is killed before he writes it down.
    Die(u8),
    /// A runner is killed before his step.
    Stop(u8),
    Succeed(u8),
    Fail(u8),
    FailForGood(u8),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let (name, who, runner) = (0..3_u8, 0..2_u8, 0..8_u8);
    let event = prop_oneof![
        3 => name.clone().prop_map(Event::Create),
        1 => name.clone().prop_map(Event::Delete),
        3 => (name.clone(), who.clone()).prop_map(|(name, who)| Event::Bind(name, who)),
        1 => (name.clone(), who.clone()).prop_map(|(name, who)| Event::Unbind(name, who)),
        1 => (name.clone(), who.clone()).prop_map(|(name, who)| Event::GiveUp(name, who)),
        1 => (name, who).prop_map(|(name, who)| Event::Lose(name, who)),
        2 => Just(Event::Sweep),
        1 => runner.clone().prop_map(Event::Die),
        1 => runner.clone().prop_map(Event::Stop),
        6 => runner.clone().prop_map(Event::Succeed),
        1 => runner.clone().prop_map(Event::Fail),
        1 => runner.prop_map(Event::FailForGood),
    ];
    proptest::collection::vec(event, 1..60)
}

/// The outside, and the runners at it.
#[derive(Default)]
struct World {
    instances: BTreeSet<Label>,
    /// Those bound, and to what.
    binds: BTreeMap<Label, Label>,
    runners: Vec<(Claim, Step)>,
    labels: u32,
    /// The names of instances that were promised, and not deleted since.
    wanted: BTreeSet<String>,
    /// The same of their binds.
    wanted_binds: BTreeSet<(String, String)>,
}

impl World {
    fn new_label(&mut self) -> String {
        self.labels += 1;
        format!("m{}", self.labels)
    }

    fn new_claim(&mut self) -> Claim {
        claim(&self.new_label())
    }

    fn start(&mut self, claim: Claim, step: Option<Step>) {
        self.runners.extend(step.map(|step| (claim, step)));
    }

    /// Does what a step says.
    fn carry_out(&mut self, step: &Step) {
        let instance = &step.instance.outside.label;
        match &step.deed {
            Deed::Create => {
                self.instances.insert(instance.clone());
            }
            Deed::Destroy => {
                assert!(!self.binds.values().any(|bound| bound == instance));
                self.instances.remove(instance);
            }
            Deed::Bind(bind) => {
                assert!(self.instances.contains(instance));
                self.binds.insert(bind.label.clone(), instance.clone());
            }
            Deed::Unbind(bind) => {
                self.binds.remove(&bind.label);
            }
        }
    }

    fn take_runner(&mut self, number: u8) -> Option<(Claim, Step)> {
        let number = usize::from(number);
        (number < self.runners.len()).then(|| self.runners.swap_remove(number))
    }

    fn settle(
        &mut self,
        transaction: &mut Transaction<'_>,
        number: u8,
        result: &Result<(), Failure>,
    ) -> Result<(), Error> {
        if let Some((claim, step)) = self.take_runner(number) {
            if result.is_ok() {
                self.carry_out(&step);
            }
            let Settled { next, .. } =
                super::settle(transaction, &claim, &step, result, &PATIENCE)?;
            self.start(claim, next);
        }
        Ok(())
    }

    fn sweep(&mut self, transaction: &mut Transaction<'_>) -> Result<bool, Error> {
        let due = super::due(transaction, 32, FAR)?;
        for &id in &due {
            let claim = self.new_claim();
            let step = super::take(transaction, id, &claim, FAR)?;
            self.start(claim, step);
        }
        Ok(!due.is_empty())
    }

    fn happen(&mut self, transaction: &mut Transaction<'_>, event: &Event) -> Result<(), Error> {
        let claim = self.new_claim();
        let label = self.new_label();
        let step = match event {
            Event::Create(name) => {
                let new = instance(&format!("i{name}"), &label);
                let created = super::create(transaction, &claim, LIMITS, &new);
                let created = unless_refused(created)?;
                self.wanted.extend(created.is_some().then_some(new.name));
                created.and_then(|(_, step)| step)
            }
            Event::Delete(name) => {
                let name = format!("i{name}");
                let deleted = super::delete(transaction, &claim, &name);
                self.wanted.remove(&name);
                self.wanted_binds.retain(|(of, _)| *of != name);
                unless_refused(deleted)?.and_then(|(_, step)| step)
            }
            Event::Bind(name, who) => {
                let new = app(&format!("a{who}"), &label);
                let name = format!("i{name}");
                let wish = super::bind(transaction, &claim, LIMITS, &name, &new);
                match unless_refused(wish)? {
                    Some(BindWish::Wanted(_, _, step)) => {
                        self.wanted_binds.insert((name, new.subject));
                        step
                    }
                    Some(BindWish::Leaving(_, step)) => step,
                    Some(BindWish::Ready(..)) | None => None,
                }
            }
            Event::Unbind(name, who) => {
                let (name, who) = (format!("i{name}"), format!("a{who}"));
                let app = Some(who.as_str());
                let unbound = super::unbind(transaction, &claim, &name, BoundKind::App, app, None);
                self.wanted_binds.remove(&(name, who));
                unless_refused(unbound)?.and_then(|(_, step)| step)
            }
            Event::GiveUp(name, who) => {
                if let Some(bound) = find(transaction, *name, *who)? {
                    super::give_up_bind(transaction, bound.id)?;
                    if is_unwanted(transaction, bound.id)? {
                        self.wanted_binds
                            .remove(&(format!("i{name}"), format!("a{who}")));
                    }
                }
                None
            }
            Event::Lose(name, who) => {
                if let Some(bound) = find(transaction, *name, *who)?
                    && super::lost(transaction, &bound.label)?
                {
                    self.binds.remove(&bound.label);
                }
                None
            }
            Event::Sweep => {
                self.sweep(transaction)?;
                None
            }
            Event::Die(runner) => {
                if let Some((claim, step)) = self.take_runner(*runner) {
                    self.carry_out(&step);
                    expire(transaction, &claim)?;
                }
                None
            }
            Event::Stop(runner) => {
                if let Some((claim, _)) = self.take_runner(*runner) {
                    expire(transaction, &claim)?;
                }
                None
            }
            Event::Succeed(runner) => {
                self.settle(transaction, *runner, &Ok(()))?;
                None
            }
            Event::Fail(runner) => {
                self.settle(transaction, *runner, &Err(Failure::for_now("away")))?;
                None
            }
            Event::FailForGood(runner) => {
                self.settle(transaction, *runner, &Err(Failure::for_good("no")))?;
                None
            }
        };
        self.start(claim, step);
        Ok(())
    }

    /// Everything that is to be done is done.
    fn finish(&mut self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        for (claim, _) in std::mem::take(&mut self.runners) {
            expire(transaction, &claim)?;
        }
        loop {
            transaction.execute("UPDATE broker_instance SET due = 1 WHERE due > 1", &[])?;
            if !self.sweep(transaction)? {
                return Ok(());
            }
            while !self.runners.is_empty() {
                self.settle(transaction, 0, &Ok(()))?;
            }
        }
    }

    fn assert_agrees(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let unsettled = "SELECT label FROM broker_instance WHERE state IN ('pending', 'deleting') \
                         OR due IS NOT NULL OR runner <> '' \
                         UNION ALL SELECT label FROM broker_bind WHERE state = 'deleting'";
        let unsettled = transaction.query(unsettled, &[], |row| row.take::<String>(0))?;
        assert!(unsettled.is_empty(), "{unsettled:?} are left");
        let names = "SELECT name FROM broker_instance";
        let names = transaction.query(names, &[], |row| row.take::<String>(0))?;
        assert_eq!(names.into_iter().collect::<BTreeSet<_>>(), self.wanted);
        let binds = "SELECT i.name, b.subject FROM broker_bind b \
                     JOIN broker_instance i ON i.id = b.instance";
        let binds = transaction.query(binds, &[], |row| Ok((row.take(0)?, row.take(1)?)))?;
        assert_eq!(
            binds.into_iter().collect::<BTreeSet<_>>(),
            self.wanted_binds
        );
        let known = super::known_labels(transaction)?;
        let outside = self.instances.iter().chain(self.binds.keys());
        for label in outside {
            assert!(known.contains(label.as_str()), "{label} is an orphan");
        }
        for ready in super::ready(transaction, "small")? {
            assert!(self.instances.contains(&ready.instance));
            for bind in &ready.binds {
                assert_eq!(self.binds.get(bind), Some(&ready.instance));
            }
        }
        Ok(())
    }
}

fn find(
    transaction: &mut Transaction<'_>,
    name: u8,
    who: u8,
) -> Result<Option<super::Bound>, Error> {
    match super::find_instance(transaction, &format!("i{name}"))? {
        Some(held) => {
            super::bind::find_bind(transaction, held.id, BoundKind::App, &format!("a{who}"))
        }
        None => Ok(None),
    }
}

fn is_unwanted(transaction: &mut Transaction<'_>, bind: u64) -> Result<bool, Error> {
    let state = "SELECT state FROM broker_bind WHERE id = ?";
    let state = transaction.find(state, &values![bind], |row| row.take::<State>(0))?;
    Ok(state == Some(State::Deleting))
}

fn expire(transaction: &mut Transaction<'_>, claim: &Claim) -> Result<(), Error> {
    let expired = "UPDATE broker_instance SET due = 1 WHERE runner = ?";
    transaction.execute(expired, &values![&claim.runner])?;
    Ok(())
}

fn unless_refused<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Err(error) if error.kind() == micro_store::ErrorKind::Refused => Ok(None),
        other => other.map(Some),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn whatever_is_interrupted_rows_and_outside_agree_in_the_end(events in events()) {
        in_database(move |transaction| {
            let mut world = World::default();
            for event in &events {
                world.happen(transaction, event)?;
            }
            world.finish(transaction)?;
            world.assert_agrees(transaction)
        });
    }
}
