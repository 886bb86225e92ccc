use super::*;

/// A repeatable source of chance.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn of(&mut self, count: u64) -> u64 {
        (self.next() >> 20) % count
    }

    fn fraction(&mut self) -> f64 {
        self.of(1000) as f64 / 1000.0
    }
}

const DAY_MS: u64 = 24 * 3_600_000;
const TIMEOUT_MS: u64 = 15_000;

/// A receiver that fails in phases of the day, hangs, and loses answers.
#[derive(Default)]
struct Receiver {
    /// The events of each flag, in the order of their first arrival.
    arrived: BTreeMap<String, Vec<u64>>,
    duplicates: usize,
}

impl Receiver {
    /// Receives an event. Returns true if the sender sees a success, and the time that it took.
    fn receive(&mut self, flag: &str, event: u64, now: u64, chance: &mut Chance) -> (bool, u64) {
        let is_down = (now / 3_600_000) % 6 == 2;
        match chance.of(10) {
            _ if is_down => (false, 10),
            0 => (false, TIMEOUT_MS),
            // It has the event, and the answer is lost.
            1 => {
                self.keep(flag, event);
                (false, TIMEOUT_MS)
            }
            2 => (false, 50),
            _ => {
                self.keep(flag, event);
                (true, 50)
            }
        }
    }

    fn keep(&mut self, flag: &str, event: u64) {
        let events = self.arrived.entry(flag.to_owned()).or_default();
        if events.contains(&event) {
            self.duplicates += 1;
        } else {
            events.push(event);
        }
    }
}

/// A day with an event about every minute. Sometimes the process ends before an attempt is recorded.
fn simulate_day(seed: u64) -> (Receiver, BTreeMap<String, Vec<u64>>, Outbox) {
    let mut chance = Chance(seed);
    let mut receiver = Receiver::default();
    let mut sent: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let (mut outbox, mut now, mut log, mut next_event) = (Outbox::after(0), 0, Vec::new(), 0);
    while now < 2 * DAY_MS && (now < DAY_MS || outbox.waiting() > 0) {
        while next_event <= now.min(DAY_MS) {
            let flag = format!("flag-{}", chance.of(20));
            log.push(flag.clone());
            sent.entry(flag).or_default().push(log.len() as u64);
            next_event += 1 + chance.of(120_000);
        }
        while outbox.cursor < log.len() as u64 && !outbox.is_full() {
            let event = outbox.cursor + 1;
            outbox.take_up(
                event,
                &log[usize::try_from(outbox.cursor).expect("a small number")],
            );
        }
        let recorded = outbox.clone();
        if let Some((flag, event)) = outbox.due(now) {
            let flag = flag.to_owned();
            let (is_success, took) = receiver.receive(&flag, event, now, &mut chance);
            now += took;
            if is_success {
                outbox.delivered(&flag);
            } else {
                outbox.failed(&flag, now, "status 500", chance.fraction());
            }
            if chance.of(50) == 0 {
                let stored = serde_json::to_string(&recorded).expect("JSON");
                outbox = serde_json::from_str(&stored).expect("an outbox");
            }
        } else {
            let next_event = Some(next_event).filter(|at| *at <= DAY_MS);
            let wake = outbox.next_ms().into_iter().chain(next_event).min();
            let wake = wake.unwrap_or(2 * DAY_MS);
            now = wake.max(now + 1);
        }
    }
    (receiver, sent, outbox)
}

#[test]
fn simulated_day_delivers_each_event_in_order_per_flag() {
    for seed in 1..=5 {
        let (receiver, sent, outbox) = simulate_day(seed);
        assert_eq!(receiver.arrived, sent, "seed {seed}");
        assert!(receiver.duplicates > 0, "seed {seed}: no answer was lost");
        assert!(outbox.lanes.is_empty() && outbox.dead.is_empty());
    }
}

#[test]
fn flag_that_fails_holds_up_no_other() {
    let mut outbox = Outbox::after(7);
    outbox.take_up(7, "old");
    for (event, flag) in [(8, "a"), (9, "b"), (10, "a")] {
        outbox.take_up(event, flag);
    }
    assert_eq!(outbox.due(0), Some(("a", 8)));
    outbox.failed("a", 0, "status 500", 0.0);
    assert_eq!(outbox.due(0), Some(("b", 9)));
    outbox.delivered("b");
    assert_eq!((outbox.due(0), outbox.next_ms()), (None, Some(2500)));
    assert_eq!(outbox.due(2500), Some(("a", 8)));
    outbox.delivered("a");
    assert_eq!(outbox.due(2500), Some(("a", 10)));
}

#[test]
fn event_is_dead_after_three_days_and_can_be_retried() {
    let mut outbox = Outbox::after(0);
    outbox.take_up(1, "a");
    outbox.take_up(2, "a");
    let (mut now, mut attempts) = (0, 0);
    while outbox.dead.is_empty() {
        now = outbox.next_ms().expect("a lane").max(now);
        outbox.failed("a", now, "status 500", 1.0);
        attempts += 1;
    }
    assert!((GIVE_UP_MS..GIVE_UP_MS + MAX_DELAY_MS).contains(&now));
    let letter = outbox.dead.front().expect("a letter");
    assert_eq!((letter.event, letter.attempts), (1, attempts));
    assert_eq!(letter.why, "status 500");
    assert_eq!(outbox.due(now), Some(("a", 2)));
    outbox.retry_all();
    assert_eq!(outbox.due(now), Some(("a", 1)), "before the newer one");
    outbox.delivered("a");
    assert_eq!(outbox.due(now), Some(("a", 2)));
}

#[test]
fn full_outbox_takes_up_nothing_and_drops_nothing() {
    let mut outbox = Outbox::after(0);
    let mut event = 0;
    while !outbox.is_full() {
        event += 1;
        outbox.take_up(event, &format!("{}{event}", "k".repeat(500)));
    }
    assert_eq!(outbox.waiting(), MAX_WAITING);
    for _ in 0..MAX_DEAD {
        let flag = outbox.next().expect("a lane").0.to_owned();
        outbox.failed(&flag, 0, "x", 0.0);
        outbox.failed(&flag, GIVE_UP_MS, &"y".repeat(200), 0.0);
    }
    assert_eq!(outbox.dead.len(), MAX_DEAD);
    let flag = outbox.next().expect("a lane").0.to_owned();
    outbox.failed(&flag, 0, "x", 0.0);
    outbox.failed(&flag, GIVE_UP_MS, "y", 0.0);
    assert_eq!(outbox.waiting() + MAX_DEAD, MAX_WAITING, "it is tried on");
    let stored = serde_json::to_string(&outbox).expect("JSON");
    assert!(stored.len() < crate::control::store::limits::RECORD);
}

#[test]
fn delay_doubles_up_to_an_hour() {
    let delays: Vec<u64> = (1..=12).map(|attempts| delay_ms(attempts, 1.0)).collect();
    assert_eq!(delays[..3], [5_000, 10_000, 20_000]);
    assert_eq!(delays[11], MAX_DELAY_MS);
    assert_eq!(delay_ms(1, 0.0), 2_500);
    assert_eq!(delay_ms(u32::MAX, 0.0), MAX_DELAY_MS / 2);
}
