//! `WatchStream`: splits the response of a watch into events, one in each line.

use reqwest::Response;

use crate::limits;
use crate::source::error::SourceError;
use crate::source::error::kubernetes::KubernetesError;
use crate::source::network::kubernetes::feature_flag::WatchEvent;

/// The response of a watch.
#[derive(Debug)]
pub struct WatchStream {
    response: Response,
    /// The bytes that were received after the last event.
    buffer: Vec<u8>,
    /// The number of these bytes that are known to contain no line feed.
    scanned: usize,
}

impl WatchStream {
    /// The stream of a response of which nothing was read.
    pub fn new(response: Response) -> WatchStream {
        WatchStream {
            response,
            buffer: Vec::new(),
            scanned: 0,
        }
    }

    /// Returns the next event; `None` at the end of the stream. May be cancelled and called again.
    ///
    /// # Errors
    /// If the connection fails, an event is incomplete, or too large.
    pub async fn next_event(&mut self) -> Result<Option<WatchEvent>, SourceError> {
        loop {
            if let Some(line) = self.take_line() {
                if line.trim_ascii().is_empty() {
                    continue;
                }
                return Ok(Some(WatchEvent::parse(&line)?));
            }
            if self.buffer.len() > limits::KUBERNETES_OBJECT {
                let limit = limits::KUBERNETES_OBJECT as u64;
                return Err(SourceError::ResponseTooLarge(limit));
            }
            match self.response.chunk().await? {
                Some(chunk) => self.buffer.extend_from_slice(&chunk),
                None if self.buffer.trim_ascii().is_empty() => return Ok(None),
                None => {
                    let why = "the watch ended in the middle of an event".to_owned();
                    return Err(KubernetesError::Malformed(why).into());
                }
            }
        }
    }

    /// Removes the first line from the buffer.
    fn take_line(&mut self) -> Option<Vec<u8>> {
        let unscanned = self.buffer.get(self.scanned..)?;
        let Some(length) = unscanned.iter().position(|byte| *byte == b'\n') else {
            self.scanned = self.buffer.len();
            return None;
        };
        let rest = self.buffer.split_off(self.scanned + length + 1);
        self.scanned = 0;
        Some(std::mem::replace(&mut self.buffer, rest))
    }
}
