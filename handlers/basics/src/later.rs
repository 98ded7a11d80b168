//! The module `later`: two ways to answer when some time has gone by, without keeping anybody else
//! waiting. Both take the argument `seconds`.

use std::time::Duration;

use micro_api::{Error, Json, Module, Request, sleep};

/// The longest that an answer is put off.
const SECONDS_MAX: f64 = 60.0;

/// The module `later`.
#[must_use]
pub const fn module() -> Module {
    Module::new("later")
        .version(env!("CARGO_PKG_VERSION"))
        .handler("reply", reply)
        .summary("answers from another thread, some seconds later")
        .takes::<f64>("seconds")
        .handler("sleep", sleep_first)
        .summary("answers from the loop, some seconds later")
        .takes::<f64>("seconds")
}

/// Promises an answer; another thread keeps the promise.
fn reply(request: Request) -> Result<(), Error> {
    let pause = read_pause(&request)?;
    let responder = request.delay();
    let thread = std::thread::Builder::new().name("later".to_owned());
    thread.spawn(move || {
        std::thread::sleep(pause);
        responder.answer(Json(pause.as_secs_f64()));
    })?;
    Ok(())
}

/// Waits on the service's own loop.
async fn sleep_first(request: Request) -> Result<Json<f64>, Error> {
    let pause = read_pause(&request)?;
    sleep(pause).await;
    Ok(Json(pause.as_secs_f64()))
}

fn read_pause(request: &Request) -> Result<Duration, Error> {
    let seconds: f64 = request.arg("seconds")?;
    if (0.0..=SECONDS_MAX).contains(&seconds) {
        return Ok(Duration::from_secs_f64(seconds));
    }
    Err(Error::new(
        400,
        format!("invalid value for 'seconds': must be from 0 to {SECONDS_MAX}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::module;
    use micro_api::testing::{self, Answer};
    use std::time::{Duration, Instant};

    fn call(function: &str, seconds: f64) -> Answer {
        testing::get("/later")
            .arg("seconds", seconds)
            .call_with(&module(), function)
    }

    #[test]
    fn a_thread_keeps_the_promise() {
        let start = Instant::now();
        let answer = call("reply", 0.05);
        assert_eq!((answer.status, answer.text()), (200, "0.05"));
        assert!(start.elapsed() >= Duration::from_millis(50));
    }

    #[test]
    fn the_loop_waits() {
        let answer = call("sleep", 60.0);
        assert_eq!((answer.status, answer.text()), (200, "60.0"));
        assert_eq!(answer.elapsed(), Duration::from_secs(60));
    }

    #[test]
    fn nobody_waits_for_a_nonsensical_time() {
        for function in ["reply", "sleep"] {
            for seconds in [-1.0, 60.1, 1e300] {
                let answer = call(function, seconds);
                assert_eq!(answer.status, 400, "{function} {seconds}");
                let expected = "invalid value for 'seconds': must be from 0 to 60";
                assert_eq!(answer.json()["error"], expected);
            }
        }
    }
}
