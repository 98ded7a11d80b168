//! The tables, against a model of them in memory.

use std::collections::BTreeSet;

use micro_api::Config;
use micro_store::{Error, Store, Transaction};
use proptest::prelude::*;

use super::{Change, Changes, create_or_replace, delete, export, find, import, list, update};
use crate::backends::Limits;
use crate::domain::Domain;
use crate::line::Line;
use crate::precondition::Precondition;
use crate::tables::SCHEMA;
use crate::tenant::Tenant;

const CHANGES: Changes = Changes {
    mappings_max: 90,
    is_mirrored: true,
    is_waited_for: false,
};

/// Does work in a database that is gone afterwards.
fn in_database(work: impl FnMut(&mut Transaction<'_>) -> Result<(), Error> + Send + 'static) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let url = format!("sqlite:{}", folder.path().join("routing.db").display());
    let config = Config::new([("database.routing.url", url)]);
    let store = Store::open(&config, "routing", SCHEMA).expect("it is configured");
    let result = store.write(work).wait();
    result.unwrap_or_else(|error| panic!("{error}"));
}

fn tenant(name: &str) -> Tenant {
    Tenant::parse(name).expect("it is a name")
}

fn domain(number: u8) -> Domain {
    Domain::parse(&format!("d{number}.example")).expect("it is a domain")
}

fn backend(number: u8) -> String {
    format!("http://10.0.0.{number}:80")
}

/// What the tables should have: the mappings in the order in which they were made.
#[derive(Default)]
struct Model {
    mappings: Vec<(&'static str, u8, u8)>,
}

impl Model {
    fn owner(&self, domain: u8) -> Option<&'static str> {
        let found = self.mappings.iter().find(|mapping| mapping.1 == domain);
        found.map(|mapping| mapping.0)
    }

    fn change(&mut self, tenant: &str, domain: u8, to: (u8, u8)) {
        for mapping in &mut self.mappings {
            if mapping.0 == tenant && mapping.1 == domain {
                (mapping.1, mapping.2) = to;
            }
        }
    }

    fn of(&self, tenant: &str) -> Vec<(String, u8)> {
        let of_tenant = self.mappings.iter().filter(|mapping| mapping.0 == tenant);
        of_tenant
            .map(|mapping| (domain(mapping.1).to_string(), mapping.2))
            .collect()
    }
}

#[derive(Clone, Debug)]
enum Step {
    Put(&'static str, u8, u8),
    Rename(&'static str, u8, u8, u8),
    Delete(&'static str, u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let tenant = prop_oneof![4 => Just("a"), 1 => Just("b")];
    let step = (tenant, 0..120_u8, 0..120_u8, 0..3_u8, 0..10_u8).prop_map(
        |(tenant, domain, other, backend, kind)| match kind {
            0..7 => Step::Put(tenant, domain, backend),
            7 => Step::Rename(tenant, domain, other, backend),
            _ => Step::Delete(tenant, domain),
        },
    );
    proptest::collection::vec(step, 0..400)
}

/// The status of a refusal, or what was changed.
fn outcome(result: Result<super::Changed, Error>) -> Result<Change, u16> {
    result
        .map(|changed| changed.change)
        .map_err(|error| micro_api::Error::from(error).status())
}

fn carry_out(transaction: &mut Transaction<'_>, model: &mut Model, step: &Step) {
    let any = &Precondition::NONE;
    match *step {
        Step::Put(name, number, to) => {
            let (tenant, domain) = (tenant(name), domain(number));
            let backends = [backend(to)];
            let result = create_or_replace(transaction, CHANGES, &tenant, &domain, &backends, any);
            let is_same = model.mappings.contains(&(name, number, to));
            let expected = match model.owner(number) {
                Some(owner) if owner != name => Err(409),
                Some(_) if is_same => Ok(Change::Unchanged),
                Some(_) => Ok(Change::Replaced),
                None if model.of(name).len() as u64 == CHANGES.mappings_max => Err(409),
                None => Ok(Change::Created),
            };
            assert_eq!(outcome(result), expected, "{step:?}");
            match expected {
                Ok(Change::Created) => model.mappings.push((name, number, to)),
                Ok(_) => model.change(name, number, (number, to)),
                Err(_) => {}
            }
        }
        Step::Rename(name, number, other, to) => {
            let (tenant, domain, new) = (tenant(name), domain(number), domain(other));
            let backends = [backend(to)];
            let wanted = (&new, &backends[..]);
            let result = update(transaction, CHANGES, &tenant, &domain, wanted, any);
            let expected = match (model.owner(number), model.owner(other)) {
                (Some(owner), _) if owner != name => Err(404),
                (None, _) => Err(404),
                (Some(_), Some(_)) if number != other => Err(409),
                (Some(_), _) if model.mappings.contains(&(name, other, to)) => {
                    Ok(Change::Unchanged)
                }
                (Some(_), _) => Ok(Change::Replaced),
            };
            assert_eq!(outcome(result), expected, "{step:?}");
            if expected.is_ok() {
                model.change(name, number, (other, to));
            }
        }
        Step::Delete(name, number) => {
            let result = delete(transaction, CHANGES, &tenant(name), &domain(number), any);
            let is_there = model.owner(number) == Some(name);
            let expected = is_there.then_some(Change::Deleted).ok_or(404);
            assert_eq!(outcome(result), expected, "{step:?}");
            model
                .mappings
                .retain(|mapping| (mapping.0, mapping.1) != (name, number));
        }
    }
}

fn compare(transaction: &mut Transaction<'_>, model: &Model) -> Result<(), Error> {
    for name in ["a", "b", "nobody"] {
        let (tenant, expected) = (tenant(name), model.of(name));
        for offset in 0..=expected.len() + 1 {
            let page = list(transaction, &tenant, offset as u64, 7)?;
            assert_eq!(page.total, expected.len() as u64);
            let found: Vec<_> = page.mappings.iter().map(|it| it.domain.clone()).collect();
            let rest = expected.iter().skip(offset).take(7);
            let rest: Vec<_> = rest.map(|(domain, _)| domain.clone()).collect();
            assert_eq!(found, rest, "of {name} from {offset}");
        }
        for (domain, to) in expected {
            let domain = Domain::parse(&domain).expect("it is a domain");
            let found = find(transaction, &tenant, &domain)?.expect("it is in the model");
            assert_eq!(found.backends.get(), format!("[\"{}\"]", backend(to)));
        }
    }
    Ok(())
}

/// Which domains the mirror was told of.
fn noted(transaction: &mut Transaction<'_>) -> Result<BTreeSet<String>, Error> {
    let noted = transaction.query("SELECT domain FROM routing_outbox", &[], |row| row.take(0))?;
    let domains: BTreeSet<String> = noted.iter().cloned().collect();
    assert_eq!(domains.len(), noted.len(), "a domain is noted once");
    Ok(domains)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn changes_do_what_a_model_does(steps in steps()) {
        in_database(move |transaction| {
            let (mut model, mut touched) = (Model::default(), BTreeSet::new());
            for step in &steps {
                let before = model.mappings.clone();
                carry_out(transaction, &mut model, step);
                let all = before.iter().chain(&model.mappings);
                let differing = all.filter(|it| before.contains(it) != model.mappings.contains(it));
                touched.extend(differing.map(|mapping| domain(mapping.1).to_string()));
            }
            compare(transaction, &model)?;
            assert_eq!(noted(transaction)?, touched);
            Ok(())
        });
    }
}

#[test]
fn pages_of_thousands_with_gaps() {
    in_database(|transaction| {
        let changes = Changes {
            mappings_max: 20_000,
            ..CHANGES
        };
        let any = &Precondition::NONE;
        let (tenant, backends) = (tenant("a"), [backend(1)]);
        let name = |number| Domain::parse(&format!("d{number}.example")).expect("it is a domain");
        for number in 0..9000 {
            create_or_replace(transaction, changes, &tenant, &name(number), &backends, any)?;
        }
        // A whole coarse block, a whole fine one, and every third mapping elsewhere.
        let is_gone = |number: &u32| {
            (4096..8192).contains(number) || (64..128).contains(number) || number.is_multiple_of(3)
        };
        for number in (0..9000).filter(is_gone) {
            delete(transaction, changes, &tenant, &name(number), any)?;
        }
        let left: Vec<u32> = (0..9000).filter(|number| !is_gone(number)).collect();
        for offset in (0..left.len())
            .step_by(13)
            .chain([left.len() - 1, left.len()])
        {
            let page = list(transaction, &tenant, offset as u64, 3)?;
            let found: Vec<_> = page.mappings.iter().map(|it| it.domain.clone()).collect();
            let expected = left.iter().skip(offset).take(3);
            let expected: Vec<_> = expected.map(|number| name(*number).to_string()).collect();
            assert_eq!(found, expected, "from {offset}");
            assert_eq!(page.total, left.len() as u64);
        }
        Ok(())
    });
}

#[test]
fn pages_across_blocks_of_each_size() {
    in_database(|transaction| {
        let any = &Precondition::NONE;
        let (tenant, backends) = (tenant("a"), [backend(1)]);
        let mut made = Vec::new();
        for first in [0, 62, 4094, 262_142, 524_286, 10 * 262_144 - 2] {
            // As if all those between had been made, and deleted again.
            transaction.execute(
                "UPDATE routing_tenant SET next_number = ? WHERE name = 'a'",
                &micro_store::values![first],
            )?;
            for _ in 0..5 {
                let domain = domain(u8::try_from(made.len()).expect("they are few"));
                create_or_replace(transaction, CHANGES, &tenant, &domain, &backends, any)?;
                made.push(domain.to_string());
            }
        }
        for gone in [7, 3, 0] {
            let domain = Domain::parse(&made.remove(gone)).expect("it is a domain");
            delete(transaction, CHANGES, &tenant, &domain, any)?;
        }
        for offset in 0..=made.len() {
            let page = list(transaction, &tenant, offset as u64, 4)?;
            let found: Vec<_> = page.mappings.iter().map(|it| it.domain.clone()).collect();
            let expected: Vec<_> = made.iter().skip(offset).take(4).cloned().collect();
            assert_eq!(found, expected, "from {offset}");
        }
        Ok(())
    });
}

#[test]
fn a_tenant_without_mappings_leaves_nothing_behind() {
    in_database(|transaction| {
        let any = &Precondition::NONE;
        let (tenant, domain) = (tenant("a"), domain(1));
        create_or_replace(transaction, CHANGES, &tenant, &domain, &[backend(1)], any)?;
        delete(transaction, CHANGES, &tenant, &domain, any)?;
        for count in [
            "SELECT COUNT(*) FROM routing_tenant",
            "SELECT COUNT(*) FROM routing_block",
            "SELECT COUNT(*) FROM routing_mapping",
        ] {
            let count = transaction.find(count, &[], |row| row.take::<u64>(0))?;
            assert_eq!(count, Some(0));
        }
        Ok(())
    });
}

#[test]
fn just_as_many_mappings_as_a_tenant_may_have() {
    in_database(|transaction| {
        let any = &Precondition::NONE;
        let (tenant, backends) = (tenant("a"), [backend(1)]);
        let changes = Changes {
            mappings_max: 2,
            ..CHANGES
        };
        let mut put = |number| {
            let domain = domain(number);
            create_or_replace(transaction, changes, &tenant, &domain, &backends, any)
        };
        assert_eq!(outcome(put(1)), Ok(Change::Created));
        assert_eq!(outcome(put(2)), Ok(Change::Created));
        let error = micro_api::Error::from(put(3).err().expect("it is one too many"));
        assert_eq!(
            (error.status(), error.message()),
            (
                409,
                "tenant `a` has 2 mappings, as many as it may have (`routing.mappings_max`)"
            )
        );
        // What is there may be changed all the same.
        assert_eq!(outcome(put(2)), Ok(Change::Unchanged));
        Ok(())
    });
}

const NOTES: &str = "SELECT COUNT(*) FROM routing_outbox";

#[test]
fn who_waits_has_the_mirror_look_at_what_is_unchanged() {
    in_database(|transaction| {
        let any = &Precondition::NONE;
        let (tenant, domain, backends) = (tenant("a"), domain(1), [backend(1)]);
        let mut put = |is_waited_for| {
            let changes = Changes {
                is_waited_for,
                ..CHANGES
            };
            create_or_replace(transaction, changes, &tenant, &domain, &backends, any)
        };
        let first = put(true)?.notes.remove(0);
        assert_eq!(put(false)?.notes.len(), 0);
        let again = put(true)?;
        assert_eq!(again.change, Change::Unchanged);
        assert!(again.notes.len() == 1 && again.notes[0].id > first.id);
        let notes = transaction.find(NOTES, &[], |row| row.take::<u64>(0))?;
        assert_eq!(notes, Some(1));
        Ok(())
    });
}

#[test]
fn changes_are_noted_for_the_mirrors_of_others() {
    in_database(|transaction| {
        let any = &Precondition::NONE;
        let changes = Changes {
            is_mirrored: false,
            ..CHANGES
        };
        let tenant = tenant("a");
        let notes = |transaction: &mut Transaction<'_>, number| {
            let (domain, backends) = (domain(number), [backend(1)]);
            create_or_replace(transaction, changes, &tenant, &domain, &backends, any)?;
            transaction.find(NOTES, &[], |row| row.take::<u64>(0))
        };
        assert_eq!(notes(transaction, 1)?, Some(0));
        crate::mirror::found(transaction, "a name")?;
        assert_eq!(notes(transaction, 2)?, Some(1));
        Ok(())
    });
}

fn lines(texts: &[&str]) -> Vec<(u64, Line)> {
    let limits = Limits {
        backends_max: 2,
        backend_bytes_max: 100,
    };
    let read = |text: &&str| Line::read(text.as_bytes(), limits).expect("it is a line");
    (1..).zip(texts.iter().map(read)).collect()
}

fn exported(transaction: &mut Transaction<'_>) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    export(transaction, |mapping| {
        let line = micro_api::serde_json::to_string(&mapping.exported());
        found.push(line.expect("it is JSON"));
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    Ok(found)
}

const A: &str = r#"{"tenant":"a","domain":"a.example","backends":["http://a:1","http://a:2/"]}"#;
const B: &str = r#"{"tenant":"b","domain":"*.b.example","backends":["https://[::1]:443/x"]}"#;
const C: &str = r#"{"tenant":"a","domain":"c.example","backends":["http://c:1"]}"#;

#[test]
fn an_import_restores_what_an_export_saved() {
    in_database(|transaction| {
        let (imported, _) = import(transaction, CHANGES, &lines(&[A, B, C]), false)?;
        assert_eq!((imported.created, imported.deleted), (3, 0));
        assert_eq!(exported(transaction)?, [A, B, C]);
        let (again, _) = import(transaction, CHANGES, &lines(&[A, B, C]), true)?;
        assert_eq!((again.unchanged, again.deleted), (3, 0));
        assert_eq!(exported(transaction)?, [A, B, C]);
        Ok(())
    });
}

#[test]
fn an_import_may_be_all_that_there_is_afterwards() {
    in_database(|transaction| {
        import(transaction, CHANGES, &lines(&[A, B]), false)?;
        // The domain changes its tenant: the old mapping goes.
        let moved = A.replace(r#""tenant":"a""#, r#""tenant":"z""#);
        let (imported, _) = import(transaction, CHANGES, &lines(&[&moved, C]), true)?;
        assert_eq!((imported.created, imported.deleted), (2, 2));
        assert_eq!(exported(transaction)?, [&moved, C]);
        Ok(())
    });
}

#[test]
fn a_line_that_is_refused_is_named() {
    in_database(|transaction| {
        import(transaction, CHANGES, &lines(&[A]), false)?;
        let stolen = A.replace(r#""tenant":"a""#, r#""tenant":"z""#);
        let refused = import(transaction, CHANGES, &lines(&[C, &stolen]), false);
        let error = micro_api::Error::from(refused.map(drop).expect_err("it is another tenant's"));
        assert_eq!(
            (error.status(), error.message()),
            (
                409,
                "line 2: the domain `a.example` belongs to another tenant"
            )
        );
        Ok(())
    });
}
