//! How long things are held: calls that are given up, and what goes round between settings,
//! connections, functions and states.

use std::cell::Cell;
use std::future::{Future, IntoFuture, pending};
use std::rc::Rc;
use std::task::{Context, Waker};

use micro_api::host::{
    AnyModule, Call, Connections, Function, Outcome, fresh_config, set_connections,
};
use micro_api::{BoxFuture, Config, Error, LocalModule, Reply};

use super::Fake;

/// Says when it is dropped.
struct Dropping(Rc<Cell<bool>>);

impl Drop for Dropping {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

#[test]
fn a_call_that_is_given_up_is_ended() {
    let is_ended = Rc::new(Cell::new(false));
    let ended = Rc::clone(&is_ended);
    let fake = Fake::new(move || {
        let held = Dropping(Rc::clone(&ended));
        Box::pin(async move {
            let _held = held;
            pending().await
        })
    });
    let call = fake.resource().call(());
    let mut calling = call.into_future();
    let polled = calling
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending() && !is_ended.get());
    drop(calling);
    assert!(is_ended.get());
}

/// Connections that need a function of a module.
struct Needing {
    #[expect(dead_code, reason = "it is held")]
    functions: Vec<Function>,
    config: Config,
}

impl Connections for Needing {
    fn find(&self, _: &str, _: Option<&str>) -> Result<(), Error> {
        Ok(())
    }

    fn call(&self, _: Call) -> BoxFuture<Reply> {
        Box::pin(async { Reply::status(204) })
    }
}

impl Drop for Needing {
    // Whoever is dropped may look at what it was taken out of.
    fn drop(&mut self) {
        let gone = self.config.connection("docker").expect_err("it is gone");
        assert_eq!(gone.detail(), Some("the service has ended"));
    }
}

#[test]
fn a_state_is_closed_when_the_connections_are_taken_out() {
    let is_closed = Rc::new(Cell::new(false));
    let closed = Rc::clone(&is_closed);
    let open =
        move |config: &Config| Ok::<_, Error>((config.clone(), Dropping(Rc::clone(&closed))));
    let module = LocalModule::with_state("held", open)
        .transform("url", |_: &(Config, Dropping)| "http://localhost");
    let config = Config::new([("color", "red")]);
    let functions = module.describe().open(&config).expect("it opens");
    let needing = Needing {
        functions,
        config: config.clone(),
    };
    set_connections(&config, Some(Rc::new(needing)));
    let kept = config.connection("docker").expect("it is there");
    assert!(!is_closed.get());
    set_connections(&config, None);
    assert!(is_closed.get(), "though a connection is kept");
    assert!(kept.resource("create").is_err());
}

#[test]
fn fresh_settings_have_the_values_and_no_connections() {
    let fake = Fake::ready(Reply::default);
    let config = Config::new([("color", "red"), ("size", "7")]);
    set_connections(&config, Some(fake));
    let fresh = fresh_config(&config);
    let values: Vec<_> = fresh.iter().collect();
    assert_eq!(values, [("color", "red"), ("size", "7")]);
    let none = fresh.connection("docker").expect_err("it has none");
    let why = "the definition declares no connection `docker`";
    assert_eq!(none.detail(), Some(why));
    set_connections(&config, None);
    set_connections(&fresh, Some(Fake::ready(Reply::default)));
    assert!(
        fresh.connection("docker").is_ok(),
        "they do not go with the others"
    );
}

#[test]
fn a_transform_that_goes_on_holds_its_module_open() {
    let is_closed = Rc::new(Cell::new(false));
    let closed = Rc::clone(&is_closed);
    let open = move |_: &Config| Ok::<_, Error>(Dropping(Rc::clone(&closed)));
    let module = LocalModule::with_state("held", open)
        .transform("never", async |_: &Dropping, _: u8| -> u16 {
            pending().await
        });
    let mut functions = module
        .describe()
        .open(&Config::default())
        .expect("it opens");
    let Some(Function::Transform(transform)) = functions.pop() else {
        panic!("it is a transform");
    };
    let Outcome::Pending(later) = transform(Some(b"1")) else {
        panic!("it goes on");
    };
    drop((transform, functions));
    let mut later = Box::pin(later);
    let polled = later.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending() && !is_closed.get());
    drop(later);
    assert!(is_closed.get());
}
