//! Values by selector: concurrent requests share one, which is created once.

use std::sync::Arc;

use fanion::selector::Selector;
use shuttle::sync::atomic::AtomicUsize;
use shuttle::sync::atomic::Ordering;
use shuttle::thread;

use crate::explore;
use crate::program::selector_cache::SelectorCache;

pub fn value_of_a_selector_is_created_once() {
    explore(500, || {
        let cache = Arc::new(SelectorCache::<usize>::default());
        let created = Arc::new(AtomicUsize::new(0));
        let requests = (0..3).map(|_| {
            let (cache, created) = (cache.clone(), created.clone());
            let make = move || Some(created.fetch_add(1, Ordering::SeqCst));
            thread::spawn(move || cache.get_or_create(&Selector::NoFlagSet, make))
        });
        let requests: Vec<_> = requests.collect();
        for request in requests {
            assert_eq!(request.join().expect("no panic"), Some(0));
        }
        assert_eq!(created.load(Ordering::SeqCst), 1);
    });
}
