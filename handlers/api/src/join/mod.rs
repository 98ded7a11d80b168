//! Waiting for several things at once.

mod members;

use std::future::{IntoFuture, poll_fn};
use std::task::Poll;

use members::{Member, Members};

/// Waits for all of a tuple of two to eight futures, and gives their results in the same order. They
/// make headway side by side; each is polled only when it is woken itself.
///
/// ```
/// use std::time::Duration;
/// use micro_api::{blocking, join, sleep, testing};
///
/// let (sum, ()) = testing::block_on(async {
///     join((blocking(|| 1 + 2), sleep(Duration::from_secs(1)))).await
/// });
/// assert_eq!(sum.unwrap(), 3);
/// ```
pub async fn join<T: Joinable>(futures: T) -> T::Output {
    futures.join().await
}

/// Waits for all of these futures, and gives their results in the same order. Each is polled only when
/// it is woken itself, so that there may be many.
///
/// ```
/// use std::time::Duration;
/// use micro_api::{join_all, sleep, testing};
///
/// let slept = (1..=1000).map(async |seconds| {
///     sleep(Duration::from_secs(seconds)).await;
///     seconds
/// });
/// let slept = testing::block_on(join_all(slept));
/// assert_eq!(slept.iter().sum::<u64>(), 500_500);
/// ```
pub async fn join_all<I>(futures: I) -> Vec<<I::Item as IntoFuture>::Output>
where
    I: IntoIterator,
    I::Item: IntoFuture,
{
    let mut futures: Vec<_> = futures.into_iter().map(Member::new).collect();
    let mut members = Members::new(futures.len());
    poll_fn(|context| members.poll(context, |at, context| futures[at].poll(context))).await;
    futures.into_iter().map(Member::expect).collect()
}

/// What [`join`] waits for: a tuple of two to eight futures.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be joined",
    note = "`join` takes a tuple of two to eight futures, as in `join((one, other))`; `join_all` \
            takes any number of one type"
)]
pub trait Joinable {
    /// Their results.
    type Output;

    #[doc(hidden)]
    fn join(self) -> impl Future<Output = Self::Output>;
}

macro_rules! tuples {
    ($($count:literal: $($name:ident $at:literal)*;)*) => {$(
        impl<$($name: IntoFuture),*> Joinable for ($($name,)*) {
            type Output = ($($name::Output,)*);

            #[allow(non_snake_case, reason = "a variable for each type")]
            async fn join(self) -> Self::Output {
                let ($($name,)*) = self;
                $(let mut $name = Member::new($name);)*
                let mut members = Members::new($count);
                poll_fn(|context| {
                    members.poll(context, |at, context| match at {
                        $($at => $name.poll(context),)*
                        _ => Poll::Pending,
                    })
                })
                .await;
                ($($name.expect(),)*)
            }
        }
    )*};
}

tuples! {
    2: A 0 B 1;
    3: A 0 B 1 C 2;
    4: A 0 B 1 C 2 D 3;
    5: A 0 B 1 C 2 D 3 E 4;
    6: A 0 B 1 C 2 D 3 E 4 F 5;
    7: A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    8: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
}
