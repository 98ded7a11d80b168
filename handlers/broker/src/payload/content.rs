//! The content of a request, whichever way it was sent.

use micro_api::{Request, Value, json, quoted};

use super::form::Form;
use super::json::Object;
use super::{Field, PayloadLimits};
use crate::problem::Problem;

/// The content of a request.
pub(super) struct Content<'l> {
    kind: Kind,
    limits: &'l PayloadLimits,
}

enum Kind {
    Form(Form),
    Json(Object),
}

impl<'l> Content<'l> {
    /// Reads it. Without a media type it is a form.
    ///
    /// # Errors
    ///
    /// 415 for another media type, 400 for what is neither.
    pub(super) fn read(
        request: &Request,
        limits: &'l PayloadLimits,
    ) -> Result<Content<'l>, Problem> {
        let media_type = request.header("content-type").unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        let kind = match essence.to_ascii_lowercase().as_str() {
            "application/json" => Kind::Json(Object::read(request.body())?),
            "" | "application/x-www-form-urlencoded" => Kind::Form(Form::read(request.body())?),
            _ if request.body().is_empty() => Kind::Form(Form::default()),
            _ => {
                let why = format!(
                    "the content is {}: expected `application/x-www-form-urlencoded` or \
                     `application/json`",
                    quoted(essence)
                );
                return Err(Problem::new(415, why));
            }
        };
        Ok(Content { kind, limits })
    }

    /// What a field is called in content of this kind.
    pub(super) fn called(&self, field: Field) -> &'static str {
        match &self.kind {
            Kind::Form(_) => field.form,
            Kind::Json(_) => field.json,
        }
    }

    /// The text of a field. What is empty, null or missing is nothing.
    ///
    /// # Errors
    ///
    /// 400 if it is no text, or too long.
    pub(super) fn text(&self, field: Field) -> Result<Option<String>, Problem> {
        let text = match &self.kind {
            Kind::Form(form) => form.text(field.form)?,
            Kind::Json(object) => object.text(field.json)?,
        };
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        self.check_length(field, &text)?;
        Ok(Some(text))
    }

    /// The first of these hosts that is there; each must be one.
    ///
    /// # Errors
    ///
    /// 400 if one of them is none, which says why.
    pub(super) fn first(
        &self,
        hosts: &[Field],
        parse: fn(&str) -> Result<String, String>,
    ) -> Result<Option<String>, Problem> {
        let mut first = None;
        for &field in hosts {
            let host = self
                .text(field)?
                .map(|host| self.parse(field, &host, parse));
            first = first.or(host.transpose()?);
        }
        Ok(first)
    }

    /// The hosts of a field.
    ///
    /// # Errors
    ///
    /// 400 if one of them is none, or there are too many.
    pub(super) fn hosts(
        &self,
        field: Field,
        parse: fn(&str) -> Result<String, String>,
    ) -> Result<Vec<String>, Problem> {
        let hosts = self.list(field)?;
        let parsed = hosts.iter().map(|host| self.parse(field, host, parse));
        parsed.collect()
    }

    fn parse(
        &self,
        field: Field,
        text: &str,
        parse: fn(&str) -> Result<String, String>,
    ) -> Result<String, Problem> {
        parse(text).map_err(|why| Problem::new(400, why).about(self.called(field)))
    }

    /// The texts of a field.
    ///
    /// # Errors
    ///
    /// 400 if they are none, too many, or one is too long.
    pub(super) fn list(&self, field: Field) -> Result<Vec<String>, Problem> {
        let list = match &self.kind {
            Kind::Form(form) => form.list(field.form),
            Kind::Json(object) => object.list(field.json)?,
        };
        let (name, count, most) = (self.called(field), list.len(), self.limits.items_max);
        if count > most {
            let why = format!("`{name}` has {count} items: expected {most} at most");
            return Err(Problem::new(400, why).about(name));
        }
        for text in &list {
            self.check_length(field, text)?;
        }
        Ok(list)
    }

    /// The parameters, an object; nothing if there are none.
    ///
    /// # Errors
    ///
    /// 400 if they are no object, too many, or too deep within one another.
    pub(super) fn parameters(&self) -> Result<Option<Value>, Problem> {
        match &self.kind {
            Kind::Form(form) => form.parameters(self.limits),
            Kind::Json(object) => object.parameters(self.limits),
        }
    }

    /// Refuses a text that is too long.
    pub(super) fn check_length(&self, field: Field, text: &str) -> Result<(), Problem> {
        let (name, length, most) = (self.called(field), text.len(), self.limits.text_bytes_max);
        if length <= most {
            return Ok(());
        }
        let why = format!("`{name}` has {length} bytes: expected {most} at most");
        Err(Problem::new(400, why).about(name))
    }
}

/// No parameters.
pub(super) fn none() -> Value {
    json!({})
}
