//! What is to be done in the catalogue of a tsuru, and what is said when it is done.

use micro_api::serde_json::{Map, json};
use micro_api::{Response, Value};

use super::manifest::Manifest;
use crate::cli::table;
use crate::diagnostics::{Diagnostic, clean, mask_secrets};

/// What is to be done.
pub(super) enum Order {
    /// And under which URL tsuru reaches the service.
    Create(Manifest, String),
    Update(Manifest, String),
    /// The service of this name.
    Delete(String),
    /// All of them, or one alone.
    List(Option<String>),
}

impl Order {
    /// The resource, its argument in the path, and the fields of its form.
    pub(super) fn call(&self) -> (&'static str, Option<String>, Map<String, Value>) {
        match self {
            Order::Create(manifest, url) => {
                let mut fields = fields(manifest, url);
                fields.insert("id".to_owned(), json!(manifest.id));
                let is_multi_cluster = manifest.is_multi_cluster.to_string();
                fields.insert("multi-cluster".to_owned(), json!(is_multi_cluster));
                ("create", None, fields)
            }
            Order::Update(manifest, url) => {
                ("update", Some(manifest.id.clone()), fields(manifest, url))
            }
            Order::Delete(id) => ("delete", Some(id.clone()), Map::new()),
            Order::List(_) => ("list", None, Map::new()),
        }
    }

    /// Whether it is done if tsuru answers with this status.
    pub(super) fn is_done_with(&self, status: u16) -> bool {
        match self {
            Order::Create(..) => status == 201,
            Order::Update(..) | Order::Delete(_) => status == 200,
            Order::List(_) => matches!(status, 200 | 204),
        }
    }

    /// What it sends that nobody is shown.
    pub(super) fn secret(&self) -> Option<&str> {
        match self {
            Order::Create(manifest, _) | Order::Update(manifest, _) => Some(&manifest.password),
            Order::Delete(_) | Order::List(_) => None,
        }
    }

    /// What is said when it is done.
    ///
    /// # Errors
    ///
    /// If the answer does not say what was asked for.
    pub(super) fn told(&self, response: &Response) -> Result<String, Diagnostic> {
        let told = |done: &str, id: &str, url: &str| {
            let url = mask_secrets(url);
            Ok(format!("{done} `{id}`, which is at {url}\n"))
        };
        match self {
            Order::Create(manifest, url) => told("created", &manifest.id, url),
            Order::Update(manifest, url) => told("updated", &manifest.id, url),
            Order::Delete(id) => Ok(format!("deleted `{id}`\n")),
            Order::List(only) => listed(response, only.as_deref()),
        }
    }

    /// What may help if tsuru refuses so.
    pub(super) fn hint(&self, status: u16) -> Option<String> {
        Some(match (status, self) {
            (401, _) => "the token is wrong, or too old: `tsuru login`, or set TSURU_TOKEN".into(),
            (403, Order::Delete(id)) => format!(
                "only the team of `{id}` may delete it, and only when it has no instances: `micro \
                 crane list` shows them"
            ),
            (403, _) => "the owner of the token may not do this: ask an administrator".into(),
            (404, Order::Update(manifest, _)) => {
                format!(
                    "there is no service `{}` yet: `micro crane create`",
                    manifest.id
                )
            }
            (404, Order::Delete(id)) => format!("there is no service `{id}` any more"),
            (409, _) => "there is a service of this name: `micro crane update` changes it".into(),
            _ => return None,
        })
    }
}

fn fields(manifest: &Manifest, url: &str) -> Map<String, Value> {
    let fields = [
        ("username", manifest.username.as_str()),
        ("password", &manifest.password),
        ("team", &manifest.team),
        ("endpoint", url),
    ];
    let encoding = manifest.encoding.as_deref();
    let fields = fields
        .into_iter()
        .chain(encoding.map(|encoding| ("encoding", encoding)));
    fields
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect()
}

/// The services and their instances, as a table.
fn listed(response: &Response, only: Option<&str>) -> Result<String, Diagnostic> {
    let services: Vec<Value> = match response.bytes().is_empty() {
        // There are none.
        true => Vec::new(),
        false => response.json().map_err(|failure| {
            let message = "tsuru answers with something else than a list of services";
            Diagnostic::error(format!("{message}: {failure}"))
        })?,
    };
    let text = |value: &Value| clean(value.as_str().unwrap_or_default());
    let mut rows: Vec<Vec<String>> = Vec::new();
    for service in &services {
        let name = text(&service["service"]);
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let instances = service["instances"].as_array();
        let instances = instances.into_iter().flatten().map(text);
        rows.push(vec![name, instances.collect::<Vec<_>>().join(", ")]);
    }
    match (rows.is_empty(), only) {
        (true, Some(only)) => {
            let message = format!("there is no service `{only}` in the catalogue");
            Err(Diagnostic::error(message))
        }
        (true, None) => Ok("there are no services\n".to_owned()),
        (false, _) => {
            rows.insert(0, vec!["SERVICE".to_owned(), "INSTANCES".to_owned()]);
            Ok(table::align(&rows))
        }
    }
}
