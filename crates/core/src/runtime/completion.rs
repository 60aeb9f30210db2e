//! What a binding keeps of the calls under way for one thread of its host: the events that have come for it, and a table of the calls.
//!
//! Events come from the I/O thread, which must never wait for the host: they are queued, and one wake-up of the host's thread
//! serves as many of them as have come by the time when it looks.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::runtime::fork;

/// Wakes the thread that takes the events of a queue. Called on any thread; it must not block.
pub trait Wake: Clone {
    /// Has the thread look into the queue.
    fn wake(&self);
}

/// Events on their way to one thread.
pub struct CompletionQueue<E, W> {
    arriving: Mutex<Arriving<E, W>>,
    /// Those that the thread has collected and not taken yet.
    collected: Mutex<VecDeque<E>>,
}

struct Arriving<E, W> {
    events: Vec<E>,
    waker: Option<W>,
}

impl<E, W: Wake> CompletionQueue<E, W> {
    /// An empty queue; without a waker, events wait until somebody looks.
    pub fn new(waker: Option<W>) -> CompletionQueue<E, W> {
        let arriving = Arriving { events: Vec::new(), waker };
        CompletionQueue { arriving: Mutex::new(arriving), collected: Mutex::default() }
    }

    /// Adds an event. The first one since the thread has looked wakes it, which then finds those that have come meanwhile, too.
    pub fn push(&self, event: E) {
        let mut arriving = lock(&self.arriving);
        arriving.events.push(event);
        let waker = if arriving.events.len() == 1 { arriving.waker.clone() } else { None };
        drop(arriving);
        // Outside of the lock, for it is a system call.
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Collects what has come so far, for [`CompletionQueue::pop`].
    pub fn collect(&self) {
        let arrived = std::mem::take(&mut lock(&self.arriving).events);
        lock(&self.collected).extend(arrived);
    }

    /// Takes the next of the events that were collected: one at a time, for what the thread does with one may have it look again.
    pub fn pop(&self) -> Option<E> {
        lock(&self.collected).pop_front()
    }

    /// Wakes the thread although nothing has come.
    pub fn wake(&self) {
        let waker = lock(&self.arriving).waker.clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// From now on wakes the thread in that way. Drops what has come before, for which nobody looked.
    pub fn listen(&self, waker: W) {
        let late = std::mem::replace(&mut *lock(&self.arriving), Arriving { events: Vec::new(), waker: Some(waker) });
        // Outside of the lock, for who waits for the reply to a dropped question learns that there is none.
        drop(late);
    }

    /// Lets go of the waker if nothing has come meanwhile; says whether it did.
    pub fn let_go(&self) -> bool {
        let mut arriving = lock(&self.arriving);
        let waker = if arriving.events.is_empty() { arriving.waker.take() } else { None };
        drop(arriving);
        waker.is_some()
    }
}

impl<E, W> fmt::Debug for CompletionQueue<E, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompletionQueue").field("arriving", &lock(&self.arriving).events.len()).finish_non_exhaustive()
    }
}

/// A call of the table.
pub trait Abort {
    /// Drops its request, for nobody waits for it any more.
    fn abort(self);
}

/// The calls under way for one thread, by their numbers. Those that are left when it is dropped are aborted.
pub struct CallTable<T: Abort> {
    calls: ManuallyDrop<HashMap<u64, T>>,
    /// The process that made it.
    generation: u64,
}

impl<T: Abort> CallTable<T> {
    /// An empty table.
    #[must_use]
    pub fn new() -> CallTable<T> {
        CallTable { calls: ManuallyDrop::default(), generation: fork::generation() }
    }

    /// Whether this process made it. In a forked one the calls are the parent's, and are left alone.
    #[must_use]
    pub fn is_of_this_process(&self) -> bool {
        self.generation == fork::generation()
    }

    /// Enters a call under a number that no other one has.
    pub fn insert(&mut self, number: u64, call: T) {
        self.calls.insert(number, call);
    }

    /// The call of that number, if it is still under way.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        self.calls.get_mut(&number)
    }

    /// Takes out a call that is over, or is given up; who gives it up aborts it.
    pub fn remove(&mut self, number: u64) -> Option<T> {
        self.calls.remove(&number)
    }

    /// The calls under way.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.calls.values()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Takes out all calls of a thread that is gone, for the caller to abort: outside of any lock that the table is behind.
    #[must_use]
    pub fn take_all(&mut self) -> Vec<T> {
        if !self.is_of_this_process() {
            return Vec::new();
        }
        std::mem::take(&mut *self.calls).into_values().collect()
    }
}

impl<T: Abort> Default for CallTable<T> {
    fn default() -> CallTable<T> {
        CallTable::new()
    }
}

impl<T: Abort> Drop for CallTable<T> {
    fn drop(&mut self) {
        // In a forked process it is kept for ever: its tasks are the parent's, whose locks may be held for ever here.
        if self.is_of_this_process() {
            for call in self.take_all() {
                call.abort();
            }
        }
    }
}

impl<T: Abort> fmt::Debug for CallTable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallTable").field("calls", &self.calls.len()).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Arc, Mutex};
    use std::thread;
    use std::time::Duration;

    use super::{Abort, CallTable, CompletionQueue, Wake};

    /// Wakes a thread that waits on a channel, and counts how often.
    #[derive(Clone)]
    struct Bell(Sender<()>, Arc<AtomicUsize>);

    impl Wake for Bell {
        fn wake(&self) {
            self.1.fetch_add(1, Ordering::Relaxed);
            // Nobody waits any more at the end of a test.
            let _ = self.0.send(());
        }
    }

    fn bell() -> (Bell, Receiver<()>) {
        let (sender, rings) = channel();
        (Bell(sender, Arc::default()), rings)
    }

    #[test]
    fn no_event_is_lost_and_none_comes_twice_whoever_pushes_while_the_thread_looks() {
        const THREADS: usize = 8;
        const EVENTS: usize = 20_000;
        let (bell, rings) = bell();
        let queue = Arc::new(CompletionQueue::new(Some(bell.clone())));
        let pushing: Vec<_> = (0..THREADS)
            .map(|thread| {
                let queue = queue.clone();
                thread::spawn(move || (0..EVENTS).for_each(|event| queue.push((thread, event))))
            })
            .collect();
        let mut seen: HashMap<usize, usize> = HashMap::new();
        let mut total = 0;
        while total < THREADS * EVENTS {
            // It looks only when it is woken: a wake-up that is lost is an end of the wait.
            rings.recv_timeout(Duration::from_secs(20)).expect("a wake-up");
            queue.collect();
            while let Some((thread, event)) = queue.pop() {
                let next = seen.entry(thread).or_default();
                assert_eq!(*next, event, "the order of one thread's events");
                *next += 1;
                total += 1;
            }
        }
        for thread in pushing {
            thread.join().expect("no panic");
        }
        queue.collect();
        assert!(queue.pop().is_none());
        assert!(bell.1.load(Ordering::Relaxed) <= THREADS * EVENTS);
    }

    #[test]
    fn events_that_come_before_the_thread_looks_wake_it_once() {
        let (bell, _rings) = bell();
        let queue = CompletionQueue::new(Some(bell.clone()));
        (0..100).for_each(|event| queue.push(event));
        assert_eq!(bell.1.load(Ordering::Relaxed), 1);
        queue.collect();
        queue.push(100);
        assert_eq!(bell.1.load(Ordering::Relaxed), 2);
        queue.collect();
        assert_eq!(std::iter::from_fn(|| queue.pop()).collect::<Vec<_>>(), (0..=100).collect::<Vec<_>>());
    }

    #[test]
    fn a_thread_that_looks_again_while_it_takes_events_takes_each_once_and_in_order() {
        let queue = CompletionQueue::<u32, Bell>::new(None);
        queue.push(1);
        queue.push(2);
        queue.collect();
        assert_eq!(queue.pop(), Some(1));
        queue.push(3);
        queue.collect();
        assert_eq!([queue.pop(), queue.pop(), queue.pop()], [Some(2), Some(3), None]);
    }

    #[test]
    fn a_waker_is_let_go_only_while_nothing_has_come() {
        let (bell, _rings) = bell();
        let queue = CompletionQueue::new(Some(bell.clone()));
        queue.push(1);
        assert!(!queue.let_go());
        queue.collect();
        assert!(queue.let_go() && !queue.let_go());
        queue.push(2);
        queue.wake();
        assert_eq!(bell.1.load(Ordering::Relaxed), 1);
        queue.listen(bell.clone());
        queue.collect();
        assert_eq!(queue.pop(), Some(1));
        assert_eq!(queue.pop(), None, "what came while nobody listened is dropped");
        queue.push(3);
        queue.wake();
        assert_eq!(bell.1.load(Ordering::Relaxed), 3);
    }

    /// A call that notes its abort.
    struct Noting(u64, Arc<Mutex<Vec<u64>>>);

    impl Abort for Noting {
        fn abort(self) {
            self.1.lock().expect("no panic").push(self.0);
        }
    }

    #[test]
    fn the_calls_that_are_left_are_aborted_and_those_that_are_over_are_not() {
        let aborted: Arc<Mutex<Vec<u64>>> = Arc::default();
        let mut table = CallTable::new();
        for number in 1..=4 {
            table.insert(number, Noting(number, aborted.clone()));
        }
        assert_eq!(table.remove(2).map(|call| call.0), Some(2));
        assert!(table.remove(2).is_none() && table.get_mut(3).is_some());
        if let Some(call) = table.remove(4) {
            call.abort();
        }
        assert_eq!((table.iter().count(), table.is_empty()), (2, false));
        drop(table);
        let mut aborted = aborted.lock().expect("no panic").clone();
        aborted.sort_unstable();
        assert_eq!(aborted, [1, 3, 4]);
    }

    #[test]
    fn calls_of_another_process_are_left_alone() {
        let aborted: Arc<Mutex<Vec<u64>>> = Arc::default();
        let mut table = CallTable::new();
        table.insert(1, Noting(1, aborted.clone()));
        table.generation += 1;
        assert!(!table.is_of_this_process() && table.take_all().is_empty());
        drop(table);
        assert!(aborted.lock().expect("no panic").is_empty());
    }
}
