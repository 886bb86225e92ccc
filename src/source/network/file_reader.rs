//! `FileReader`: reads the files of a network source, such as credentials, on a blocking thread.
//!
//! A file system that does not respond must not hold a thread of the runtime, which serves requests.

use std::panic;
use std::sync::Arc;

use tokio::sync::Semaphore;

/// Reads one file after the other. Clones share the same limit.
#[derive(Debug, Clone)]
pub struct FileReader {
    /// A read that does not return keeps the permit, so that later ones take no threads.
    permits: Arc<Semaphore>,
}

impl Default for FileReader {
    fn default() -> FileReader {
        FileReader {
            permits: Arc::new(Semaphore::new(1)),
        }
    }
}

impl FileReader {
    /// Runs a read on a blocking thread. Completes only after all earlier reads, so callers set a time limit.
    pub async fn read<T: Send + 'static>(&self, read: impl FnOnce() -> T + Send + 'static) -> T {
        let permit = self.permits.clone().acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let value = read();
            drop(permit);
            value
        });
        match done.await {
            Ok(value) => value,
            Err(error) if error.is_panic() => panic::resume_unwind(error.into_panic()),
            // The runtime ends.
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    #[tokio::test]
    async fn blocked_read_takes_one_thread_and_later_ones_wait() {
        let reader = FileReader::default();
        let (release, blocked) = mpsc::channel::<()>();
        let first = reader.read(move || blocked.recv().is_err());
        let first = tokio::time::timeout(Duration::from_millis(20), first);
        assert!(first.await.is_err());
        let second = reader.read(|| 2);
        let second = tokio::time::timeout(Duration::from_millis(20), second);
        assert!(second.await.is_err());
        drop(release);
        assert_eq!(reader.read(|| 3).await, 3);
    }
}
