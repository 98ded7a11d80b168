//! TASK.

use micro_api::host;

use super::arguments::Arguments;
use super::directive::Directive;
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use crate::config::Task;

pub(super) static TASK: Directive = Directive {
    word: "TASK",
    places: &[Scope::Top],
    parameters: &[
        Parameter::required("name", Kind::Name, "its name in the log"),
        Parameter::required("path", Kind::Function(host::Kind::Job), "what it runs"),
    ],
    summary: "starts a background task with the service",
    example: "TASK cleaner jobs.clean",
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let name = arguments.text("name");
    draft.declare("TASK", &name, arguments.span_of("name"));
    if let Some(function) = draft.function(arguments, "path", host::Kind::Job) {
        draft.tasks.push(Task { name, function });
    }
}
