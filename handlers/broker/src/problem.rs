//! provisional
use micro_api::{Reply, json};
#[derive(Debug)]
pub(crate) struct Problem {
    status: u16,
    message: String,
    fields: Vec<String>,
}
impl Problem {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Problem {
        Problem {
            status,
            message: message.into(),
            fields: Vec::new(),
        }
    }
    pub(crate) fn about(mut self, field: impl Into<String>) -> Problem {
        self.fields.push(field.into());
        self
    }
}
impl From<Problem> for Reply {
    fn from(p: Problem) -> Reply {
        Reply::json(&json!({"code": p.status, "message": p.message, "fields": p.fields.join(", ")}))
            .with_status(p.status)
    }
}
impl From<micro_api::Error> for Problem {
    fn from(error: micro_api::Error) -> Problem {
        if let Some(detail) = error.detail() {
            log::error!("{detail}");
        }
        Problem::new(error.status(), error.message().to_owned())
    }
}
impl From<micro_store::Error> for Problem {
    fn from(error: micro_store::Error) -> Problem {
        Problem::from(micro_api::Error::from(error))
    }
}
