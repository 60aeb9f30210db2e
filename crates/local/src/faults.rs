//! Errors that a test asks for, in place of what the service would answer.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// The faults that are still to come, in the order in which they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<VecDeque<(usize, Fault)>>);

/// An error to answer with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The error code; empty for the HTML page of something in front of the service.
    pub(crate) code: String,
}

impl Faults {
    /// Adds `times` faults.
    pub(crate) fn add(&self, times: usize, fault: Fault) {
        if times > 0 {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back((times, fault));
        }
    }

    /// The fault for the request at hand, if one is due.
    pub(crate) fn take(&self) -> Option<Fault> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (times, fault) = queue.front_mut()?;
        *times -= 1;
        let (used_up, fault) = (*times == 0, fault.clone());
        if used_up {
            queue.pop_front();
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Faults};

    #[test]
    fn faults_come_in_their_order_and_number() {
        let fault = |status| Fault { status, code: String::new() };
        let faults = Faults::default();
        faults.add(2, fault(500));
        faults.add(0, fault(501));
        faults.add(1, fault(429));
        let taken: Vec<u16> = std::iter::from_fn(|| faults.take()).map(|fault| fault.status).collect();
        assert_eq!(taken, [500, 500, 429]);
    }
}
