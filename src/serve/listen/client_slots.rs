//! `ClientSlots`: the open connections of a port by client, so that one client cannot take all connections of the port.
//!
//! A client is an IP address. An address without connections has no entry, so the connections bound the memory.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

/// The open connections of a port, and the maximum number for one client.
#[derive(Debug)]
pub struct ClientSlots {
    most: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// The error of a connection whose client has no free slot.
#[derive(Debug)]
pub struct TooManyConnections;

/// The slot of one connection, released on drop.
#[derive(Debug)]
pub struct ClientSlot {
    slots: Arc<ClientSlots>,
    client: IpAddr,
}

impl ClientSlots {
    /// Returns slots for `most` connections of each client.
    pub fn new(most: usize) -> Arc<ClientSlots> {
        Arc::new(ClientSlots {
            most,
            open: Mutex::default(),
        })
    }

    /// Acquires a slot for a connection.
    ///
    /// # Errors
    /// If the client has no free slot.
    pub fn try_acquire(
        self: &Arc<ClientSlots>,
        client: IpAddr,
    ) -> Result<ClientSlot, TooManyConnections> {
        let mut open = self.lock();
        let count = open.entry(client).or_insert(0);
        if *count >= self.most {
            return Err(TooManyConnections);
        }
        *count += 1;
        Ok(ClientSlot {
            slots: self.clone(),
            client,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ClientSlot {
    fn drop(&mut self) {
        let mut open = self.slots.lock();
        if let Some(count) = open.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.client);
            }
        }
        // An attack from many addresses must not leave its memory behind.
        if open.is_empty() {
            open.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_counted_apart_and_forgotten_at_their_end() {
        let slots = ClientSlots::new(2);
        let [a, b] = [IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2])];
        let first = slots.try_acquire(a).expect("a slot");
        let second = slots.try_acquire(a).expect("a slot");
        assert!(slots.try_acquire(a).is_err());
        let other = slots.try_acquire(b).expect("a slot of another client");
        assert_eq!(slots.lock().len(), 2);
        drop(first);
        let third = slots.try_acquire(a).expect("a slot that was released");
        assert!(slots.try_acquire(a).is_err());
        drop((second, third));
        assert_eq!(slots.lock().keys().collect::<Vec<_>>(), [&b]);
        drop(other);
        assert_eq!(slots.lock().capacity(), 0);
    }
}
