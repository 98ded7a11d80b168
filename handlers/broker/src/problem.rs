//! What is wrong with a request, or went wrong with it: `{"code": …, "message": …, "fields": …}`, as
//! tsuru's service API has errors.

use micro_api::{Reply, json};

/// What is wrong with a request, or went wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    status: u16,
    message: String,
    fields: Vec<String>,
}

impl Problem {
    /// With this sentence; what the peer has sent stands in it [quoted](micro_api::quoted).
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Problem {
        Problem {
            status,
            message: message.into(),
            fields: Vec::new(),
        }
    }

    /// The same, about one more field of what was sent.
    pub(crate) fn about(mut self, field: impl Into<String>) -> Problem {
        self.fields.push(field.into());
        self
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Reply {
        let content = json!({
            "code": problem.status,
            "message": problem.message,
            "fields": problem.fields.join(", "),
        });
        Reply::json(&content).with_status(problem.status)
    }
}

// What the peer is not told, the log is.
impl From<micro_api::Error> for Problem {
    fn from(error: micro_api::Error) -> Problem {
        if let Some(detail) = error.detail() {
            log::error!("{} {}: {detail}", error.status(), error.message());
        }
        Problem::new(error.status(), error.message())
    }
}

impl From<micro_store::Error> for Problem {
    fn from(error: micro_store::Error) -> Problem {
        Problem::from(micro_api::Error::from(error))
    }
}

#[cfg(test)]
mod tests {
    use micro_api::{Error, Reply, Request, testing};

    use super::Problem;

    #[test]
    fn a_problem_names_its_fields() {
        let problem = Problem::new(400, "no").about("name").about("plan");
        let answer = testing::get("/").call(move |_: Request| Reply::from(problem.clone()));
        assert_eq!(answer.status, 400);
        let expected = r#"{"code":400,"message":"no","fields":"name, plan"}"#;
        assert_eq!(answer.text(), expected);
    }

    #[test]
    fn what_the_log_is_told_the_peer_is_not() {
        let problem = Problem::from(Error::new(503, "later").with_detail("the secret reason"));
        assert_eq!(problem, Problem::new(503, "later"));
    }
}
