//! The API of a tsuru: its catalogue of services, below `/1.0/services`.
//!
//! What is sent to it is declared as handlers' calls are, and made by the same client.

use micro_api::serde_json::{Map, json};
use micro_api::{CallError, Response, Value};

use super::access::Access;
use super::manifest::Manifest;
use crate::Micro;
use crate::cli::table;
use crate::config::Service;

/// What is to be done.
pub(super) enum Order<'m> {
    /// And under which URL tsuru reaches the service.
    Create(&'m Manifest, &'m str),
    Update(&'m Manifest, &'m str),
    Delete(&'m str),
    /// All of them, or one alone.
    List(Option<&'m str>),
}

/// A tsuru.
pub(super) struct Platform<'a> {
    micro: Micro,
    service: Service,
    access: &'a Access,
}

const DEFINITION: &str = "
LOG crane level=error
CONFIG token secret=true
CONNECTION tsuru ${CRANE_TARGET} is_form=true is_json=false timeout=${CRANE_TIMEOUT} deadline=${CRANE_TIMEOUT}
  HEADER Authorization config=authorization secret=true
  RESOURCE create /1.0/services POST
    REQUIRED id
    REQUIRED username
    REQUIRED password
    REQUIRED team
    REQUIRED endpoint
    REQUIRED multi-cluster
    OPTIONAL encoding
  RESOURCE update /1.0/services/{id} PUT
    REQUIRED username
    REQUIRED password
    REQUIRED team
    REQUIRED endpoint
    OPTIONAL encoding
  RESOURCE delete /1.0/services/{id} DELETE
  RESOURCE list /1.0/services
";

impl<'a> Platform<'a> {
    /// Declares how it is called.
    ///
    /// # Errors
    ///
    /// If its URL is none.
    pub(super) fn reach(access: &'a Access) -> Result<Platform<'a>, String> {
        let variables = [
            ("CRANE_TARGET", access.target.clone()),
            (
                "CRANE_TIMEOUT",
                format!("{}s", access.timeout.as_secs_f64()),
            ),
            (
                "CONNECTION_TSURU_HEADER_AUTHORIZATION",
                format!("bearer {}", access.token),
            ),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        let micro = Micro::new()
            .text("crane", DEFINITION)
            .environment(variables);
        let service = micro.load_to_start().service.ok_or_else(|| {
            let target = &access.target;
            format!(
                "`{target}` is no URL of a tsuru, expected one such as `https://tsuru.example.com`"
            )
        })?;
        Ok(Platform {
            micro,
            service,
            access,
        })
    }

    /// Has it do something; what it says of that.
    ///
    /// # Errors
    ///
    /// If it cannot be reached, or refuses.
    pub(super) fn carry_out(&self, order: &Order<'_>) -> Result<String, String> {
        let (resource, id, fields) = order.call();
        let mut running = self
            .micro
            .start_service(&self.service)
            .map_err(|error| error.to_string())?;
        let connection = running
            .connection("tsuru")
            .map_err(|error| error.to_string())?;
        let callee = connection
            .resource(resource)
            .map_err(|error| error.to_string())?;
        let call = callee.call(id.into_iter().map(Value::from).collect::<Vec<_>>());
        let call = fields
            .into_iter()
            .fold(call, |call, (name, value)| call.with(name, value));
        let answered = running.wait(async move { call.await });
        match answered.map_err(|error| error.to_string())? {
            Ok(response) => order.told(&response),
            Err(failure) => Err(self.refusal(order, &failure)),
        }
    }

    fn refusal(&self, order: &Order<'_>, failure: &CallError) -> String {
        let Some(response) = failure.response() else {
            return format!("tsuru at `{}`: {failure}", self.access.target);
        };
        let said = response.text().unwrap_or_default().trim();
        let status = response.status();
        let message = match said.is_empty() {
            true => format!("tsuru refuses with status {status}"),
            false => format!("tsuru refuses with status {status}: {said}"),
        };
        match order.hint(status) {
            Some(hint) => format!("{message}\n  = help: {hint}"),
            None => message,
        }
    }
}

impl Order<'_> {
    /// The resource, its argument in the path, and the fields of its form.
    fn call(&self) -> (&'static str, Option<String>, Map<String, Value>) {
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
            Order::Delete(id) => ("delete", Some((*id).to_owned()), Map::new()),
            Order::List(_) => ("list", None, Map::new()),
        }
    }

    /// What is said when it is done.
    fn told(&self, response: &Response) -> Result<String, String> {
        Ok(match self {
            Order::Create(manifest, url) => {
                format!("created `{}`, which is at {url}\n", manifest.id)
            }
            Order::Update(manifest, url) => {
                format!("updated `{}`, which is at {url}\n", manifest.id)
            }
            Order::Delete(id) => format!("deleted `{id}`\n"),
            Order::List(only) => return listed(response, *only),
        })
    }

    /// What may help if tsuru refuses so.
    fn hint(&self, status: u16) -> Option<String> {
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
fn listed(response: &Response, only: Option<&str>) -> Result<String, String> {
    let services: Vec<Value> = match response.bytes().is_empty() {
        // There are none.
        true => Vec::new(),
        false => response.json().map_err(|failure| {
            format!("tsuru answers with something else than a list of services: {failure}")
        })?,
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
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
        (true, Some(only)) => Err(format!("there is no service `{only}` in the catalogue")),
        (true, None) => Ok("there are no services\n".to_owned()),
        (false, _) => {
            rows.insert(0, vec!["SERVICE".to_owned(), "INSTANCES".to_owned()]);
            Ok(table::align(&rows))
        }
    }
}
