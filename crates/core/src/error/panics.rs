//! Panics become errors: a panic that left a call would end the I/O thread's task without an outcome, or unwind into the host.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use tokio::task::JoinError;

use crate::error::kinds::{Error, ErrorKind};

/// The outcome of `call`; of one that panics, an internal error with the panic's message.
pub(crate) fn caught<'c, T>(
    call: Pin<&'c mut (impl Future<Output = Result<T, Error>> + 'c)>,
) -> impl Future<Output = Result<T, Error>> + 'c {
    caught_as(call, |payload| Err(internal(payload)))
}

/// The outcome of `call`; of one that panics, what `outcome` makes of the panic's payload.
///
/// By reference, for a call by value would be in the outer future twice, and it is large.
pub(crate) fn caught_as<'c, T>(
    mut call: Pin<&'c mut (impl Future<Output = T> + 'c)>,
    outcome: impl Fn(&(dyn Any + Send)) -> T + 'c,
) -> impl Future<Output = T> + 'c {
    // What the call shares with others is behind locks that ignore poison, and each is consistent between two statements.
    poll_fn(move |context| {
        // It is not polled again after a panic.
        catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(context)))
            .unwrap_or_else(|payload| Poll::Ready(outcome(payload.as_ref())))
    })
}

/// The error of what a task was to do that has no outcome: it panicked, or its runtime has ended.
pub(crate) fn of_task(error: JoinError) -> Error {
    match error.try_into_panic() {
        Ok(payload) => internal(payload.as_ref()),
        Err(cancelled) => Error::new(ErrorKind::Internal, format!("internal error, please report it: {cancelled}")),
    }
}

/// What `work` gives; where it panics, an internal error with the panic's message.
pub(crate) fn caught_now<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(internal(payload.as_ref())))
}

fn internal(payload: &(dyn Any + Send)) -> Error {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
    Error::new(ErrorKind::Internal, format!("internal error, please report it: {text}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "`tokio::test` makes a runtime of its own")]

    use super::{caught_now, of_task};
    use crate::error::kinds::{Error, ErrorKind};

    #[tokio::test]
    async fn a_panic_is_an_internal_error_with_its_message_wherever_it_happens() {
        let here = caught_now(|| -> Result<(), Error> { panic!("of a file") });
        let apart = tokio::task::spawn_blocking(|| panic!("of a file")).await.map_err(of_task);
        for outcome in [here, apart] {
            let error = outcome.expect_err("a panic");
            assert_eq!(error.kind(), ErrorKind::Internal);
            assert!(error.to_string().ends_with("of a file"), "{error}");
        }
        assert!(caught_now(|| Ok(1)).is_ok_and(|one| one == 1));
    }
}
