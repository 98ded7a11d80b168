//! The API of a tsuru: its catalogue of services, below `/1.0/services`.
//!
//! What is sent to it is declared as handlers' calls are, and made by the same client.

use micro_api::{CallError, Error, Response, Value};

use super::access::Access;
use super::order::Order;
use crate::client::hide_values;
use crate::config::Service;
use crate::diagnostics::{Diagnostic, clean};
use crate::{Micro, StartError};

/// How many characters of what a tsuru says are shown.
const SAID_CHARS_MAX: usize = 500;

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
    pub(super) fn reach(access: &'a Access) -> Result<Platform<'a>, Diagnostic> {
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
            Diagnostic::error(format!(
                "`{target}` is no URL of a tsuru, expected one such as `https://tsuru.example.com`"
            ))
        })?;
        Ok(Platform {
            micro,
            service,
            access,
        })
    }

    /// Has it do something; what there is to say of that.
    ///
    /// # Errors
    ///
    /// If it cannot be reached, or refuses.
    pub(super) fn carry_out(&self, order: &Order) -> Result<String, Diagnostic> {
        let answered = self
            .answer_to(order)
            .map_err(|why| Diagnostic::error(why.to_string()))?;
        match answered {
            Ok(response) if order.is_done_with(response.status()) => order.told(&response),
            Ok(response) => Err(self.misunderstanding(&response)),
            Err(failure) => Err(self.refusal(order, &failure)),
        }
    }

    fn answer_to(&self, order: &Order) -> Result<Result<Response, CallError>, StartError> {
        let (resource, id, fields) = order.call();
        let mut running = self.micro.start_service(&self.service)?;
        let declared = "the definition declares it";
        let connection = running.connection("tsuru").expect(declared);
        let id = id.into_iter().map(Value::from).collect::<Vec<_>>();
        let call: Result<_, Error> = connection.resource(resource).map(|callee| callee.call(id));
        let call = fields
            .into_iter()
            .fold(call.expect(declared), |call, (name, value)| {
                call.with(name, value)
            });
        running.wait(async move { call.await })
    }

    /// What answers is something else than a tsuru, such as the page of a proxy.
    fn misunderstanding(&self, response: &Response) -> Diagnostic {
        let (target, status) = (&self.access.target, response.status());
        let message = format!("`{target}` answers with status {status}, which no tsuru does here");
        Diagnostic::error(message).help("is this the URL of its API?")
    }

    fn refusal(&self, order: &Order, failure: &CallError) -> Diagnostic {
        let target = &self.access.target;
        let Some(response) = failure.response() else {
            return Diagnostic::error(format!("tsuru at `{target}`: {failure}"));
        };
        let status = response.status();
        if (300..400).contains(&status) {
            return self.elsewhere(response);
        }
        let said = self.said(order, response);
        let message = match said.is_empty() {
            true => format!("tsuru refuses with status {status}"),
            false => format!("tsuru refuses with status {status}: {said}"),
        };
        Diagnostic::error(message).help_if(order.hint(status))
    }

    /// The token is not sent on to where an answer says.
    fn elsewhere(&self, response: &Response) -> Diagnostic {
        let (target, status) = (&self.access.target, response.status());
        let message = format!("`{target}` answers with status {status}: its API is elsewhere");
        let place = response.header("location").map(clean);
        let help = place.map(|place| {
            format!("it says `{place}`: if you trust that, make its beginning the target")
        });
        Diagnostic::error(message).help_if(help)
    }

    /// What it says, in a line, and without secrets that it was sent.
    fn said(&self, order: &Order, response: &Response) -> String {
        let text = response.text().unwrap_or_default();
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut secrets = vec![self.access.token.clone()];
        secrets.extend(order.secret().map(str::to_owned));
        let said = hide_values(&words.join(" "), &secrets);
        match said.char_indices().nth(SAID_CHARS_MAX) {
            Some((end, _)) => format!("{}…", &said[..end]),
            None => said,
        }
    }
}
