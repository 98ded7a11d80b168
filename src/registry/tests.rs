//! Adding, listing and opening modules.

use std::cell::Cell;
use std::rc::Rc;

use micro_api::host::{Function, Kind};
use micro_api::{Config, Error, LocalModule, Module, Request};

use super::{Registry, RegistryError};
use crate::config::Reference;

fn reference(module: &str, function: &str) -> Reference {
    Reference {
        module: module.to_owned(),
        function: function.to_owned(),
    }
}

fn hello() -> Module {
    Module::new("hello")
        .handler("greet", |_: Request| "hello")
        .turn("tick", || ())
}

/// A module that counts how often it is opened.
fn counting(opened: &Rc<Cell<u32>>) -> LocalModule<u32> {
    let opened = Rc::clone(opened);
    let open = move |_: &Config| {
        opened.set(opened.get() + 1);
        Ok::<_, Error>(opened.get())
    };
    LocalModule::with_state("counting", open)
        .handler("one", |state: &u32, _: Request| state.to_string())
        .handler("two", |state: &u32, _: Request| state.to_string())
}

fn expect_error(registry: &Registry, used: &[Reference]) -> String {
    match registry.open(&[], used, &Config::default()) {
        Ok(_) => panic!("it opened"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn infos_list_modules_and_functions_in_order() {
    let mut registry = Registry::new();
    registry.add(&hello()).unwrap();
    registry.add(&Module::new("empty")).unwrap();
    let infos = registry.infos();
    let names: Vec<&str> = infos.iter().map(|info| info.name.as_str()).collect();
    assert_eq!(names, ["hello", "empty"]);
    let functions = infos[0].functions.iter();
    let functions: Vec<(&str, Kind)> = functions.map(|one| (one.name.as_str(), one.kind)).collect();
    assert_eq!(functions, [("greet", Kind::Handler), ("tick", Kind::Turn)]);
    assert!(infos[1].functions.is_empty());
    assert_eq!(registry.info("hello").as_ref(), Some(&infos[0]));
    assert_eq!(registry.info("hell"), None);
}

#[test]
fn two_modules_of_one_name_are_refused() {
    let mut registry = Registry::new();
    registry.add(&hello()).unwrap();
    let error = registry.add(&Module::new("hello")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there are two modules of the name `hello`"
    );
    assert_eq!(registry.infos().len(), 1);
}

#[test]
fn two_functions_of_one_name_are_refused() {
    let module = hello().handler("tick", |_: Request| "tock");
    let error = Registry::new().add(&module).unwrap_err();
    assert_eq!(
        error,
        RegistryError::FunctionTwice(reference("hello", "tick"))
    );
    assert_eq!(
        error.to_string(),
        "module `hello` has two functions of the name `tick`"
    );
}

#[test]
fn a_referenced_module_is_opened_once_and_others_are_not() {
    let opened = Rc::new(Cell::new(0));
    let mut registry = Registry::new();
    registry.add(&hello()).unwrap();
    registry.add(&counting(&opened)).unwrap();

    let functions = registry
        .open(&[], &[reference("hello", "greet")], &Config::default())
        .unwrap();
    assert_eq!(opened.get(), 0);
    assert!(matches!(
        functions.find(&reference("hello", "tick")),
        Some(Function::Turn(_))
    ));
    assert!(functions.find(&reference("counting", "one")).is_none());

    let used = [reference("counting", "one"), reference("counting", "two")];
    let functions = registry.open(&[], &used, &Config::default()).unwrap();
    assert_eq!(opened.get(), 1);
    assert!(matches!(
        functions.find(&used[1]),
        Some(Function::Handler(_))
    ));
}

#[test]
fn errors_name_the_module() {
    let mut registry = Registry::new();
    registry.add(&hello()).unwrap();
    let open = |config: &Config| config.get::<u64>("broken.size");
    registry
        .add(&Module::with_state("broken", open).handler("f", |_: Request| ""))
        .unwrap();

    let of = |module, function| expect_error(&registry, &[reference(module, function)]);
    assert_eq!(
        of("nobody", "f"),
        "there is no module `nobody` for `nobody.f`"
    );
    assert_eq!(of("hello", "f"), "module `hello` has no function `f`");
    assert_eq!(
        of("broken", "f"),
        "module `broken` cannot be opened: setting `broken.size` has no value"
    );
}

#[test]
fn linked_modules_can_be_told_apart() {
    let registry = Registry::linked();
    let infos = registry.infos().into_iter();
    let mut names: Vec<String> = infos.map(|info| info.name).collect();
    let count = names.len();
    assert!(names.iter().any(|name| name == "ping"));
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn a_module_of_ones_own_takes_the_place_of_a_linked_one_once() {
    let mut registry = Registry::linked();
    let count = registry.infos().len();
    let own = Module::new("ping").handler("own", |_: Request| "mine");
    registry.add(&own).unwrap();
    assert_eq!(registry.infos().len(), count);
    let functions = registry.info("ping").unwrap().functions;
    assert_eq!(functions[0].name, "own");
    let error = registry.add(&own).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there are two modules of the name `ping`"
    );
}
