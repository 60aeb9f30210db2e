//! Panics become errors: a panic that left a call would end the I/O thread's task without an outcome, or unwind into the host.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

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

fn internal(payload: &(dyn Any + Send)) -> Error {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
    Error::new(ErrorKind::Internal, format!("internal error, please report it: {text}"))
}
