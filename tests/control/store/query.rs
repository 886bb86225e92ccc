//! Pages of events: each filter, alone and combined, against a filter in plain Rust.

use fanion::control::store::EventPage;
use fanion::control::store::EventQuery;
use fanion::control::store::Store;
use fanion::control::store::StoreReader;
use fanion::control::store::limits;
use fanion::event_log::LogEventKind;
use fanion::event_log::SealedEvent;

use crate::store::script::Random;
use crate::store::script::TestStore;
use crate::store::script::append_all;
use crate::store::script::script;

/// The events that a query selects, without its limit.
fn select<'a>(events: &'a [SealedEvent], query: &EventQuery) -> Vec<&'a SealedEvent> {
    let matches = |sealed: &&SealedEvent| {
        let event = sealed.event();
        query
            .flag
            .as_ref()
            .is_none_or(|flag| event.flag.as_ref() == Some(flag))
            && query
                .actor
                .as_ref()
                .is_none_or(|actor| event.actor.name == *actor)
            && query.kind.as_ref().is_none_or(|kind| event.kind == *kind)
            && query.from_ms.is_none_or(|from| event.at_ms >= from)
            && query.until_ms.is_none_or(|until| event.at_ms < until)
            && query.after_seq.is_none_or(|seq| event.seq > seq)
            && query.before_seq.is_none_or(|seq| event.seq < seq)
    };
    let mut selected: Vec<&SealedEvent> = events.iter().filter(matches).collect();
    if query.newest_first {
        selected.reverse();
    }
    selected
}

/// Reads all pages of a query.
fn read_all(reader: &dyn StoreReader, query: &EventQuery) -> Vec<SealedEvent> {
    let mut query = query.clone();
    let mut all = Vec::new();
    loop {
        let EventPage { events, has_more } = reader.events("prod", &query).unwrap();
        assert!(events.len() <= query.limit);
        let last = events.last().map(|event| event.event().seq);
        all.extend(events);
        match last {
            Some(last) if has_more && query.newest_first => query.before_seq = Some(last),
            Some(last) if has_more => query.after_seq = Some(last),
            _ => return all,
        }
    }
}

fn random_query(random: &mut Random, events: &[SealedEvent]) -> EventQuery {
    let kinds: Vec<LogEventKind> = LogEventKind::known().collect();
    let mut some = |share| random.below(share) == 0;
    let parts: [bool; 7] = std::array::from_fn(|_| some(3));
    let newest_first = some(2);
    let any = |random: &mut Random| {
        let index = usize::try_from(random.below(events.len() as u64)).unwrap();
        events[index].event().clone()
    };
    EventQuery {
        flag: parts[0].then(|| format!("flag-{}", random.below(9))),
        actor: parts[1].then(|| format!("actor-{}", random.below(6))),
        kind: parts[2].then(|| kinds[usize::try_from(random.below(14)).unwrap()].clone()),
        from_ms: parts[3].then(|| any(random).at_ms + random.below(3) - 1),
        until_ms: parts[4].then(|| any(random).at_ms + random.below(3) - 1),
        after_seq: parts[5].then(|| any(random).seq),
        before_seq: parts[6].then(|| any(random).seq),
        limit: 1 + usize::try_from(random.below(40)).unwrap(),
        newest_first,
    }
}

#[test]
fn every_combination_of_filters_selects_the_right_events() {
    let test = TestStore::new();
    let mut store = test.open();
    let events = append_all(&mut store, &script(11, 500));
    let is_prod = |event: &SealedEvent| event.event().environment == "prod";
    let prod: Vec<SealedEvent> = events.into_iter().filter(is_prod).collect();
    let reader = store.reader();
    let mut random = Random(11);
    let mut found = 0;
    for _ in 0..400 {
        let query = random_query(&mut random, &prod);
        let want: Vec<SealedEvent> = select(&prod, &query).into_iter().cloned().collect();
        assert_eq!(read_all(&*reader, &query), want, "{query:?}");
        found += want.len();
    }
    assert!(found > 2500, "the queries find events: {found}");
}

#[test]
fn page_is_bounded_by_events_and_bytes() {
    let test = TestStore::new();
    let mut store = test.open();
    let mut changes = script(12, 120);
    for change in &mut changes {
        change.event.environment = "prod".to_owned();
        change.event.change = serde_json::Value::String("x".repeat(60 * 1024));
    }
    let mut seq = 0;
    for change in &mut changes {
        seq += 1;
        change.seq = seq;
        store.append(&change.append()).unwrap();
    }
    let reader = store.reader();
    let page = reader.events("prod", &EventQuery::default()).unwrap();
    let size = |events: &[SealedEvent]| {
        events
            .iter()
            .map(|event| event.bytes().len())
            .sum::<usize>()
    };
    assert!(page.has_more && size(&page.events) < limits::PAGE_BYTES + 100_000);
    let raw = reader.raw_events("prod", 0, usize::MAX).unwrap();
    assert_eq!(raw.len(), page.events.len());
    let unknown = EventQuery {
        flag: Some("unknown".to_owned()),
        ..EventQuery::default()
    };
    assert!(reader.events("prod", &unknown).unwrap().events.is_empty());
    assert!(
        reader
            .events("unknown", &EventQuery::default())
            .unwrap()
            .events
            .is_empty()
    );
}
