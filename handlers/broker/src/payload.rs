//! provisional
use crate::problem::Problem;
use micro_api::{Config, Error, Request, Value, json};
use std::collections::BTreeMap;
use std::fmt;
pub(crate) struct PayloadLimits {
    pub(crate) name_bytes_max: usize,
}
impl PayloadLimits {
    pub(crate) fn read(_: &Config) -> Result<PayloadLimits, Error> {
        Ok(PayloadLimits {
            name_bytes_max: 100,
        })
    }
}
#[derive(Default)]
pub(crate) struct Caller {
    pub(crate) user: String,
}
impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.user)
    }
}
fn map(r: &Request) -> BTreeMap<String, String> {
    r.form_pairs()
        .map(|(a, b)| (a.into_owned(), b.into_owned()))
        .collect()
}
fn get(m: &BTreeMap<String, String>, n: &str) -> Option<String> {
    m.get(n).filter(|t| !t.is_empty()).cloned()
}
impl Caller {
    pub(crate) fn read(_: &Request, _: &PayloadLimits) -> Result<Caller, Problem> {
        Ok(Caller::default())
    }
}
pub(crate) struct Create {
    pub(crate) name: String,
    pub(crate) plan: Option<String>,
    pub(crate) team: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) parameters: Value,
    pub(crate) caller: Caller,
}
impl Create {
    pub(crate) fn read(r: &Request, _: &PayloadLimits) -> Result<Create, Problem> {
        let m = map(r);
        Ok(Create {
            name: get(&m, "name").ok_or(Problem::new(400, "no name"))?,
            plan: get(&m, "plan"),
            team: get(&m, "team"),
            description: get(&m, "description"),
            tags: vec![],
            parameters: json!({}),
            caller: Caller::default(),
        })
    }
}
pub(crate) struct Update {
    pub(crate) plan: Option<String>,
    pub(crate) team: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) parameters: Option<Value>,
    pub(crate) caller: Caller,
}
impl Update {
    pub(crate) fn read(r: &Request, _: &PayloadLimits) -> Result<Update, Problem> {
        let m = map(r);
        Ok(Update {
            plan: get(&m, "plan"),
            team: get(&m, "team"),
            description: get(&m, "description"),
            tags: vec![],
            parameters: None,
            caller: Caller::default(),
        })
    }
}
pub(crate) struct BindApp {
    pub(crate) subject: String,
    pub(crate) host: Option<String>,
    pub(crate) parameters: Value,
    pub(crate) caller: Caller,
}
impl BindApp {
    pub(crate) fn read(r: &Request, _: &PayloadLimits) -> Result<BindApp, Problem> {
        let m = map(r);
        Ok(BindApp {
            subject: get(&m, "app-name").ok_or(Problem::new(400, "no app-name"))?,
            host: get(&m, "app-host"),
            parameters: json!({}),
            caller: Caller::default(),
        })
    }
    pub(crate) fn read_subject(
        r: &Request,
        _: &PayloadLimits,
    ) -> Result<(Option<String>, Option<String>, Caller), Problem> {
        let m = map(r);
        Ok((get(&m, "app-name"), get(&m, "app-host"), Caller::default()))
    }
}
pub(crate) struct BindJob {
    pub(crate) name: String,
    pub(crate) caller: Caller,
}
impl BindJob {
    pub(crate) fn read(r: &Request, _: &PayloadLimits) -> Result<BindJob, Problem> {
        Ok(BindJob {
            name: r.arg::<&str>("job")?.to_owned(),
            caller: Caller::default(),
        })
    }
}
pub(crate) struct BindUnit {
    pub(crate) host: String,
    pub(crate) app_host: Option<String>,
    pub(crate) caller: Caller,
}
impl BindUnit {
    pub(crate) fn read(r: &Request, _: &PayloadLimits) -> Result<BindUnit, Problem> {
        let m = map(r);
        Ok(BindUnit {
            host: get(&m, "unit-hostname").ok_or(Problem::new(400, "no unit"))?,
            app_host: get(&m, "app-hostname"),
            caller: Caller::default(),
        })
    }
    pub(crate) fn read_host(r: &Request, _: &PayloadLimits) -> Result<(String, Caller), Problem> {
        Ok((r.arg::<&str>("host")?.to_owned(), Caller::default()))
    }
}
