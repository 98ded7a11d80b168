//! Every shape of function that a module takes, without an annotation.

use std::cell::Cell;

use micro_api::host::{AnyModule, Kind, ParameterInfo, ParameterType};
use micro_api::{
    Config, Error, FUNCTIONS_MAX, Json, Module, Next, PARAMETERS_MAX, Reply, Request, Value, json,
};

#[derive(Default)]
struct Counter(Cell<u64>);

fn plain(_: Request) -> Value {
    json!({})
}

async fn later(_: Request) -> Result<Json<u64>, Error> {
    Ok(Json(1))
}

fn with_state(counter: &Counter, _: Request) -> Option<u16> {
    u16::try_from(counter.0.get()).ok()
}

async fn later_with_state(counter: &Counter, _: Request) -> (u16, String) {
    (200, counter.0.get().to_string())
}

async fn around(request: Request, next: Next) -> Reply {
    next.run(request).await
}

async fn around_with_state(_: &Counter, request: Request, next: Next) -> Reply {
    next.run(request).await
}

fn job(_: Config) {}

async fn job_later(counter: &Counter, _: Config) -> Result<(), Error> {
    counter.0.set(1);
    Ok(())
}

fn turn() {}

fn turn_with_state(counter: &Counter) {
    counter.0.set(2);
}

fn even(text: &str) -> Result<u64, &'static str> {
    text.parse()
        .ok()
        .filter(|n| n % 2 == 0)
        .ok_or("must be even")
}

#[test]
fn every_shape_is_taken() {
    let module = Module::with_state("shapes", |_: &Config| Ok::<_, Error>(Counter::default()))
        .handler("plain", plain)
        .handler("later", later)
        .handler("with_state", with_state)
        .handler("later_with_state", later_with_state)
        .handler("closure", |_: Request| "text")
        .wrapper("around", around)
        .wrapper("around_with_state", around_with_state)
        .job("job", job)
        .job("job_later", job_later)
        .turn("turn", turn)
        .turn("turn_with_state", turn_with_state)
        .convert("even", even);
    let module = module.describe();
    let functions = module.info().functions;
    assert_eq!(functions.len(), 12);
    assert_eq!(functions[5].name, "around");
    assert_eq!(functions[5].kind, Kind::Wrapper);
    assert_eq!(functions[5].parameters, None);
    assert_eq!(module.open(&Config::default()).expect("opens").len(), 12);
}

const LISTED: Module = Module::new("listed")
    .version("1.2.3")
    .handler("two", plain)
    .summary("reads two arguments")
    .takes::<&str>("name")
    .takes::<Option<u64>>("page")
    .handler("none", plain)
    .takes_nothing()
    .convert("even", even);

#[test]
fn what_a_module_says_of_itself() {
    let info = LISTED.describe().info();
    assert_eq!((&*info.name, &*info.version), ("listed", "1.2.3"));
    let parameter = |name: &str, parameter_type, is_required| ParameterInfo {
        name: name.to_owned(),
        parameter_type,
        is_required,
    };
    let two = info.find("two").expect("it is listed");
    assert_eq!(two.summary, "reads two arguments");
    let expected = [
        parameter("name", ParameterType::Text, true),
        parameter("page", ParameterType::Int, false),
    ];
    assert_eq!(two.parameters.as_deref(), Some(&expected[..]));
    let none = info.find("none").expect("it is listed");
    assert_eq!(none.parameters.as_deref(), Some(&[][..]));
    let even = info.find("even").expect("it is listed");
    assert_eq!((even.kind, &even.parameters), (Kind::Type, &None));
    assert_eq!(info.find("odd"), None);
}

fn module_of(functions: usize, parameters: usize) -> Module {
    let mut module = Module::new("large");
    for _ in 0..functions {
        module = module.handler("f", plain);
    }
    for _ in 0..parameters {
        module = module.takes::<&str>("p");
    }
    module
}

#[test]
fn as_many_functions_as_allowed() {
    for functions in [FUNCTIONS_MAX - 1, FUNCTIONS_MAX] {
        let info = module_of(functions, 0).describe().info();
        assert_eq!(info.functions.len(), functions);
    }
}

#[test]
#[should_panic(expected = "a module has at most 64 functions")]
fn more_functions_than_allowed() {
    let _ = module_of(FUNCTIONS_MAX + 1, 0);
}

#[test]
fn as_many_parameters_as_allowed() {
    for parameters in [PARAMETERS_MAX - 1, PARAMETERS_MAX] {
        let info = module_of(1, parameters).describe().info();
        let listed = info.functions[0].parameters.as_ref();
        assert_eq!(listed.map(Vec::len), Some(parameters));
    }
}

#[test]
#[should_panic(expected = "the functions of a module list at most 128 arguments")]
fn more_parameters_than_allowed() {
    let _ = module_of(1, PARAMETERS_MAX + 1);
}
