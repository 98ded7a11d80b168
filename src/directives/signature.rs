//! What a handler says that it reads, beside what its route and CONTENT lines give.

use micro_api::host::{FunctionInfo, ParameterInfo, ParameterType};

use super::draft::{Draft, MethodDraft, RouteDraft};
use crate::config::{Action, ArgumentType, Endpoint, Reference};
use crate::diagnostics::{Diagnostic, Span, nearest};

/// An argument that the definition gives.
struct Given<'d> {
    name: &'d str,
    argument_type: &'d ArgumentType,
    may_be_absent: bool,
    /// Its CONTENT line, or the ROUTE line.
    span: Span,
    /// Whether it is a group of the pattern.
    is_group: bool,
    /// Whether it is one that has its position for a name.
    is_nameless: bool,
}

/// A handler that declares its parameters, and everything that it is given.
struct Call<'d> {
    handler: &'d Reference,
    span: Span,
    route: Span,
    parameters: &'d [ParameterInfo],
    given: Vec<Given<'d>>,
}

/// Where handlers and the definition contradict each other.
pub(super) fn contradictions(draft: &Draft) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let routes = draft.listeners.iter().flat_map(|listener| &listener.routes);
    // Of a pattern that is wrong, the groups are not known.
    for route in routes.filter(|route| route.pattern.is_some()) {
        for (endpoint, method) in route.route.endpoints.iter().zip(&route.methods) {
            let Some(call) = call(draft, route, endpoint, method) else {
                continue;
            };
            let unmet: Vec<Diagnostic> = call.unmet().collect();
            // An argument that nobody reads is often the one that is missed, misspelt.
            if unmet.is_empty() && !may_be_read_by_wrappers(draft, endpoint) {
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
) -> Option<Call<'d>> {
    let Action::Handler(handler) = &endpoint.action else {
        return None;
    };
    let parameters = find_function(draft, handler)?.parameters.as_deref()?;
    let groups = route.route.groups.iter().enumerate();
    let groups = groups.map(|(position, group)| Given {
        name: &group.name,
        argument_type: &group.argument_type,
        may_be_absent: false,
        span: route.span,
        is_group: true,
        is_nameless: group.name == position.to_string(),
    });
    let content = endpoint.content.iter().zip(&method.content);
    let content = content.map(|(content, span)| Given {
        name: &content.name,
        argument_type: &content.argument_type,
        may_be_absent: !content.is_required && content.default.is_none(),
        span: *span,
        is_group: false,
        is_nameless: false,
    });
    Some(Call {
        handler,
        span: method.handler,
        route: route.span,
        parameters,
        given: groups.chain(content).collect(),
    })
}

fn find_function<'d>(draft: &'d Draft, reference: &Reference) -> Option<&'d FunctionInfo> {
    let module = draft.modules.find(&reference.module)?;
    module.info.find(&reference.function)
}

fn may_be_read_by_wrappers(draft: &Draft, endpoint: &Endpoint) -> bool {
    !endpoint.wrappers.iter().all(|wrapper| {
        let parameters = find_function(draft, wrapper).map(|function| &function.parameters);
        parameters.is_some_and(|declared| declared.as_ref().is_some_and(Vec::is_empty))
    })
}

impl<'d> Call<'d> {
    /// What a parameter reads: by name, else by position what has no name.
    fn find(&self, position: usize) -> Option<&Given<'d>> {
        let name = &self.parameters[position].name;
        let by_name = self.given.iter().find(|given| given.name == name);
        by_name.or_else(|| self.given.get(position).filter(|given| given.is_nameless))
    }

    fn unmet(&self) -> impl Iterator<Item = Diagnostic> {
        let parameters = self.parameters.iter().enumerate();
        parameters.filter_map(|(position, parameter)| match self.find(position) {
            None if parameter.is_required => Some(self.missing(parameter)),
            None => None,
            Some(given) if !is_read_as(given.argument_type, parameter.parameter_type) => {
                Some(self.of_other_type(parameter, given))
            }
            Some(given) if parameter.is_required && given.may_be_absent => {
                Some(self.optional(parameter, given))
            }
            Some(_) => None,
        })
    }

    fn unread(&self) -> impl Iterator<Item = Diagnostic> {
        // Groups without names often only hold an expression together.
        let named = self.given.iter().filter(|given| !given.is_nameless);
        let unread = named.filter(|given| self.parameters.iter().all(|one| one.name != given.name));
        unread.map(|given| {
            let message = format!("handler `{}` does not read `{}`", self.handler, given.name);
            Diagnostic::warning(message)
                .at(self.span)
                .label(given.span, "it is given here")
        })
    }

    fn missing(&self, parameter: &ParameterInfo) -> Diagnostic {
        let name = &parameter.name;
        let message = format!(
            "handler `{}` requires `{name}`, which this route does not give",
            self.handler
        );
        let unread = self.given.iter().filter(|given| {
            let mut parameters = self.parameters.iter();
            parameters.all(|known| known.name != given.name)
        });
        let unread: Vec<&Given> = unread.collect();
        let near = nearest(name, unread.iter().map(|given| given.name));
        let near = near.first().and_then(|near| {
            let mut given = unread.iter();
            given.find(|given| given.name == *near)
        });
        let diagnostic = Diagnostic::error(message).at(self.span);
        match near {
            Some(given) => diagnostic
                .label(given.span, format!("it gives `{}`", given.name))
                .help(format!(
                    "did you mean `{name}` instead of `{}`?",
                    given.name
                )),
            None => diagnostic
                .label(self.route, "the route is here")
                .help(format!(
                    "put a line such as `{}` below it",
                    content_line(parameter)
                )),
        }
    }

    fn of_other_type(&self, parameter: &ParameterInfo, given: &Given) -> Diagnostic {
        let ParameterInfo {
            name,
            parameter_type,
            ..
        } = parameter;
        let message = format!(
            "handler `{}` reads `{name}` as {}, which is {} here",
            self.handler,
            describe_parameter(*parameter_type),
            describe_argument(given.argument_type),
        );
        let word = type_word(*parameter_type);
        let help = match (given.is_group, given.is_nameless) {
            (false, _) => format!("write `{}`", content_line(parameter)),
            (true, true) => format!("give the group the type `{word}`"),
            // A segment without a type is text.
            (true, false) if *parameter_type == ParameterType::Text => {
                format!(
                    "write `{{{name}}}` in the pattern, without a type, or `ARG {word}` below it"
                )
            }
            (true, false) => {
                format!("write `{{{name}:{word}}}` in the pattern, or `ARG {word}` below it")
            }
        };
        Diagnostic::error(message)
            .at(self.span)
            .label(given.span, "it is given here")
            .help(help)
    }

    fn optional(&self, parameter: &ParameterInfo, given: &Given) -> Diagnostic {
        let name = &parameter.name;
        let message = format!(
            "handler `{}` requires `{name}`, which may be absent here",
            self.handler
        );
        Diagnostic::error(message)
            .at(self.span)
            .label(given.span, "it need not be sent")
            .help("give it a `default=`, or leave `is_required=false` out")
    }
}

fn content_line(parameter: &ParameterInfo) -> String {
    match parameter.parameter_type {
        ParameterType::Any => format!("CONTENT {}", parameter.name),
        known => format!("CONTENT {} {}", parameter.name, type_word(known)),
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

fn describe_parameter(parameter: ParameterType) -> &'static str {
    match parameter {
        ParameterType::Any => "anything",
        ParameterType::Text => "text",
        ParameterType::Int => "a whole number",
        ParameterType::Float => "a number",
        ParameterType::Bool => "`true` or `false`",
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

/// The type as ARG and CONTENT call it.
fn type_word(parameter: ParameterType) -> &'static str {
    match parameter {
        ParameterType::Any | ParameterType::Text => "str",
        ParameterType::Int => "int",
        ParameterType::Float => "float",
        ParameterType::Bool => "bool",
    }
}
