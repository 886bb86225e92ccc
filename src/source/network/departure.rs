//! `Departure`: tells control planes that the process ends, before it does.

use std::time::Duration;

use tokio::sync::watch;

/// The announcement of the process's end to the tasks that report to control planes. Clones share the same state.
#[derive(Debug, Clone, Default)]
pub struct Departure {
    state: watch::Sender<DepartureState>,
}

#[derive(Debug, Default)]
struct DepartureState {
    is_requested: bool,
    /// The open streams of receipts.
    open_reports: usize,
}

/// An open stream of receipts, until this is dropped.
#[derive(Debug)]
pub struct OpenReport(Departure);

impl Departure {
    /// Tells all control planes that this process ends, and waits for at most `within` until they know.
    pub async fn announce(&self, within: Duration) {
        self.state.send_modify(|state| state.is_requested = true);
        let mut state = self.state.subscribe();
        let told = state.wait_for(|state| state.open_reports == 0);
        let _ = tokio::time::timeout(within, told).await;
    }

    /// Completes when the end of the process is announced.
    pub async fn requested(&self) {
        let mut state = self.state.subscribe();
        // The sender lives as long as `self`.
        let _ = state.wait_for(|state| state.is_requested).await;
    }

    /// Counts a stream of receipts.
    pub fn open_report(&self) -> OpenReport {
        self.state.send_modify(|state| state.open_reports += 1);
        OpenReport(self.clone())
    }
}

impl Drop for OpenReport {
    fn drop(&mut self) {
        self.0.state.send_modify(|state| state.open_reports -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn announcement_waits_for_open_reports_within_its_time() {
        let departure = Departure::default();
        departure.announce(Duration::from_secs(60)).await;
        let report = departure.open_report();
        departure.announce(Duration::from_millis(1)).await;
        departure.requested().await;
        let announced = departure.announce(Duration::from_secs(60));
        let closed = async { drop(report) };
        tokio::join!(announced, closed);
    }
}
