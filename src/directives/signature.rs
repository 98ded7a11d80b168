//! What handlers and wrappers say that they read, beside what their route and CONTENT lines give.

use std::fmt;

use micro_api::host::{FunctionInfo, ParameterInfo, ParameterType};

use super::draft::{Draft, MethodDraft, RouteDraft};
use super::functions::find_word;
use crate::config::{Action, ArgumentType, Endpoint, Reference};
use crate::diagnostics::{Diagnostic, Span, nearest};

/// An argument that the definition gives.
struct Passed<'d> {
    name: &'d str,
    argument_type: &'d ArgumentType,
    may_be_absent: bool,
    /// Its CONTENT line, or the ROUTE line.
    span: Span,
    /// Its position, if it is a group of the pattern.
    group: Option<usize>,
    /// Whether it is one that has its position for a name.
    is_nameless: bool,
}

/// A function that a request passes through.
struct Reader<'d> {
    /// What it is to the endpoint.
    word: &'static str,
    function: &'d Reference,
    span: Span,
    /// What it says that it reads; `None` if it does not say.
    parameters: Option<&'d [ParameterInfo]>,
}

/// The functions that a request passes through, and everything that they are given.
struct Call<'d> {
    /// The handler, if there is one, and the wrappers around it.
    readers: Vec<Reader<'d>>,
    has_handler: bool,
    /// The method's line, as far as its handler.
    line: String,
    route: &'d RouteDraft,
    passed: Vec<Passed<'d>>,
}

/// Where functions and the definition contradict each other.
pub(super) fn contradictions(draft: &Draft) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let routes = draft.listeners.iter().flat_map(|listener| &listener.routes);
    // Of a pattern that is wrong, the groups are not known.
    for route in routes.filter(|route| route.pattern.is_some()) {
        for (endpoint, method) in route.route.endpoints.iter().zip(&route.methods) {
            let call = call(draft, route, endpoint, method);
            let unmet: Vec<Diagnostic> = call.unmet().collect();
            // An argument that nobody reads is often the one that is missed, misspelt.
            if unmet.is_empty() {
                found.extend(call.unread());
            }
            found.extend(unmet);
        }
    }
    found
}

fn call<'d>(
    draft: &'d Draft,
    route: &'d RouteDraft,
    endpoint: &'d Endpoint,
    method: &MethodDraft,
) -> Call<'d> {
    let reader = |word, function, span| Reader {
        word,
        function,
        span,
        parameters: find_function(draft, function).and_then(|one| one.parameters.as_deref()),
    };
    let handler = match &endpoint.action {
        Action::Handler(handler) => Some(reader("handler", handler, method.handler)),
        Action::File(_) => None,
    };
    let has_handler = handler.is_some();
    let wrappers = endpoint.wrappers.iter().zip(&method.wrappers);
    let wrappers = wrappers.map(|(wrapper, span)| reader("wrapper", wrapper, *span));
    let groups = route.route.groups.iter().enumerate();
    let groups = groups.map(|(position, group)| Passed {
        name: &group.name,
        argument_type: &group.argument_type,
        may_be_absent: false,
        span: route.span,
        group: Some(position),
        is_nameless: group.name == position.to_string(),
    });
    let content = endpoint.content.iter().zip(&method.content);
    let content = content.map(|(content, span)| Passed {
        name: &content.name,
        argument_type: &content.argument_type,
        may_be_absent: !content.is_required && content.default.is_none(),
        span: *span,
        group: None,
        is_nameless: false,
    });
    Call {
        readers: handler.into_iter().chain(wrappers).collect(),
        has_handler,
        line: match &endpoint.action {
            Action::Handler(handler) => format!("{} {handler}", endpoint.method),
            Action::File(_) => endpoint.method.to_string(),
        },
        route,
        passed: groups.chain(content).collect(),
    }
}

fn find_function<'d>(draft: &'d Draft, reference: &Reference) -> Option<&'d FunctionInfo> {
    let module = draft.modules.find(&reference.module)?;
    module.info.find(&reference.function)
}

impl<'d> Call<'d> {
    fn unmet(&self) -> impl Iterator<Item = Diagnostic> {
        let parameters = self.readers.iter().flat_map(|reader| {
            let parameters = reader.parameters.unwrap_or_default().iter().enumerate();
            parameters.map(move |(position, parameter)| (reader, position, parameter))
        });
        parameters.filter_map(|(reader, position, parameter)| {
            self.find_unmet(reader, position, parameter)
        })
    }

    fn find_unmet(
        &self,
        reader: &Reader,
        position: usize,
        parameter: &ParameterInfo,
    ) -> Option<Diagnostic> {
        let Some(passed) = self.find(position, parameter) else {
            return parameter
                .is_required
                .then(|| self.missing(reader, parameter));
        };
        if !is_read_as(passed.argument_type, parameter.parameter_type) {
            return Some(self.of_other_type(reader, parameter, passed));
        }
        let is_unsure = parameter.is_required && passed.may_be_absent;
        is_unsure.then(|| optional(reader, parameter, passed))
    }

    /// What a parameter reads: by name, else by position what has no name.
    fn find(&self, position: usize, parameter: &ParameterInfo) -> Option<&Passed<'d>> {
        let by_name = self.passed.iter().find(|one| one.name == parameter.name);
        by_name.or_else(|| self.passed.get(position).filter(|one| one.is_nameless))
    }

    fn is_read(&self, passed: &Passed) -> bool {
        let declared = self.readers.iter().filter_map(|reader| reader.parameters);
        declared.flatten().any(|one| one.name == passed.name)
    }

    /// What none of the functions reads, if all of them say what they do.
    fn unread(&self) -> impl Iterator<Item = Diagnostic> {
        let is_told = |reader: &Reader| reader.parameters.is_some();
        let are_told = self.has_handler && self.readers.iter().all(is_told);
        let passed = self.passed.iter().filter(move |_| are_told);
        // Groups without names often only hold an expression together.
        let unread = passed.filter(|one| !one.is_nameless && !self.is_read(one));
        unread.map(|passed| {
            let (handler, name) = (&self.readers[0], passed.name);
            let function = handler.function;
            let message = match self.readers.len() {
                1 => format!("handler `{function}` does not read `{name}`"),
                2 => format!("neither handler `{function}` nor its wrapper reads `{name}`"),
                _ => format!("neither handler `{function}` nor its wrappers read `{name}`"),
            };
            Diagnostic::warning(message)
                .at(handler.span)
                .label(passed.span, "it is given here")
        })
    }

    fn missing(&self, reader: &Reader, parameter: &ParameterInfo) -> Diagnostic {
        let name = &parameter.name;
        let message = format!("{reader} requires `{name}`, which this route does not give");
        let unread = self.passed.iter().filter(|passed| !self.is_read(passed));
        let unread: Vec<&Passed> = unread.collect();
        let near = nearest(name, unread.iter().map(|passed| passed.name));
        let near = near.first().and_then(|near| {
            let mut passed = unread.iter();
            passed.find(|passed| passed.name == *near)
        });
        let fitting = unread.iter().filter(|passed| {
            let is_named = passed.group.is_some() && !passed.is_nameless;
            is_named && is_read_as(passed.argument_type, parameter.parameter_type)
        });
        let fitting: Vec<&&Passed> = fitting.collect();
        let line = format!("`{}` below `{}`", content_line(parameter), self.line);
        let instead = |passed: &Passed| {
            Diagnostic::error(&message)
                .at(reader.span)
                .label(passed.span, format!("it gives `{}`", passed.name))
                .help(format!(
                    "did you mean `{name}` instead of `{}`?",
                    passed.name
                ))
        };
        match (near, fitting.as_slice()) {
            (Some(passed), _) => instead(passed),
            // Whatever it is called, it may be what is missed.
            (None, [passed]) => instead(passed).help(format!("else put a line such as {line}")),
            (None, _) => Diagnostic::error(message)
                .at(reader.span)
                .label(self.route.span, "the route is here")
                .help(format!("put a line such as {line}")),
        }
    }

    fn of_other_type(
        &self,
        reader: &Reader,
        parameter: &ParameterInfo,
        passed: &Passed,
    ) -> Diagnostic {
        let ParameterInfo {
            name,
            parameter_type,
            ..
        } = parameter;
        let message = format!(
            "{reader} reads `{name}` as {}, which is {} here",
            parameter_type.describe(),
            describe_argument(passed.argument_type),
        );
        let word = parameter_type.word();
        let help = match passed.group {
            None => format!("write `{}`", content_line(parameter)),
            Some(position) if passed.is_nameless => self.argument_lines(position, word),
            // A segment without a type is text.
            Some(_) if *parameter_type == ParameterType::Text => {
                format!(
                    "write `{{{name}}}` in the pattern, without a type, or `ARG {word}` below it"
                )
            }
            Some(_) => {
                format!("write `{{{name}:{word}}}` in the pattern, or `ARG {word}` below it")
            }
        };
        Diagnostic::error(message)
            .at(reader.span)
            .label(passed.span, "it is given here")
            .help(help)
    }

    /// How the group at this position gets a type: ARG lines are for the groups in their order.
    fn argument_lines(&self, position: usize, word: &str) -> String {
        let given = self.route.arguments;
        if position < given {
            return format!("write `ARG {word}` where its type is given");
        }
        let before = self.passed[given..position].iter();
        let before = before.map(|one| find_word(one.argument_type).unwrap_or("str"));
        let lines = before.chain([word]).map(|word| format!("`ARG {word}`"));
        let lines: Vec<String> = lines.collect();
        let noun = if position == given { "line" } else { "lines" };
        let place = match given {
            0 => format!("`ROUTE {}`", self.route.route.pattern),
            _ => "its last `ARG`".to_owned(),
        };
        format!("put the {noun} {} below {place}", lines.join(", "))
    }
}

impl fmt::Display for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.word, self.function)
    }
}

fn optional(reader: &Reader, parameter: &ParameterInfo, passed: &Passed) -> Diagnostic {
    let name = &parameter.name;
    let message = format!("{reader} requires `{name}`, which may be absent here");
    Diagnostic::error(message)
        .at(reader.span)
        .label(passed.span, "it need not be sent")
        .help("give it a `default=`, or leave `is_required=false` out")
}

fn content_line(parameter: &ParameterInfo) -> String {
    match parameter.parameter_type {
        ParameterType::Any => format!("CONTENT {}", parameter.name),
        known => format!("CONTENT {} {}", parameter.name, known.word()),
    }
}

/// Whether every value of the one type is one of the other.
fn is_read_as(argument: &ArgumentType, parameter: ParameterType) -> bool {
    use ArgumentType::{Bool, Count, Enum, Float, Function, Int, Text, Uuid};
    match (parameter, argument) {
        (ParameterType::Any, _) | (_, Function(_)) => true,
        (ParameterType::Text, one) => matches!(one, Text | Uuid | Enum(_)),
        (ParameterType::Int, one) => matches!(one, Int | Count),
        (ParameterType::Float, one) => matches!(one, Int | Count | Float),
        (ParameterType::Bool, one) => matches!(one, Bool),
    }
}

fn describe_argument(argument: &ArgumentType) -> String {
    match argument {
        ArgumentType::Text => "text".to_owned(),
        ArgumentType::Int | ArgumentType::Count => "a whole number".to_owned(),
        ArgumentType::Float => "a number".to_owned(),
        ArgumentType::Bool => "`true` or `false`".to_owned(),
        ArgumentType::Uuid => "a UUID".to_owned(),
        ArgumentType::Enum(known) => format!("a word of `ENUM {}`", known.name),
        ArgumentType::Function(function) => format!("what `{function}` makes of it"),
    }
}
