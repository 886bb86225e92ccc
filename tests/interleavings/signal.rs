//! A task's waker: a thread waits until it is woken.

use std::sync::Arc;
use std::task::Wake;
use std::task::Waker;

use shuttle::sync::Condvar;
use shuttle::sync::Mutex;

/// The run queue of one task.
#[derive(Default)]
pub struct Signal {
    is_woken: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    pub fn waker(self: &Arc<Signal>) -> Waker {
        self.clone().into()
    }

    /// Waits until the task is woken.
    pub fn wait(&self) {
        let is_woken = self.is_woken.lock().expect("a lock");
        let waited = self.changed.wait_while(is_woken, |is_woken| !*is_woken);
        *waited.expect("a lock") = false;
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Signal>) {
        *self.is_woken.lock().expect("a lock") = true;
        self.changed.notify_all();
    }
}
