//! One lane before and after an edit.

use crate::diag::Code;
use crate::diag::Report;
use crate::document::rollout::bucketing::Dialect;
use crate::document::rollout::share::Share;
use crate::promise::lane::Hashing;
use crate::promise::lane::Lane;
use crate::rule::bucket;
use crate::rule::bucket::dialect;
use crate::rule::bucket::inverse;

/// Tells what the edit of one lane of the flag called `flag` breaks.
pub fn compare(flag: &str, before: &Lane, after: &Lane, report: &mut Report) {
    if before.hashing == after.hashing {
        let mut told = Vec::new();
        for change in changes(before, after) {
            let code = change.breaks(before, after);
            if let Some(code) = code.filter(|code| !told.contains(code)) {
                told.push(code);
                change.tell(flag, code, before, after, report);
            }
        }
    } else if is_divided(before) && is_divided(after) {
        tell_key(flag, before, after, report);
    }
}

/// Whether there are units on both sides of a border.
fn is_divided(lane: &Lane) -> bool {
    lane.shares.iter().filter(|(_, weight)| *weight > 0).count() > 1
}

/// An interval of hashes whose units go from one variant to another.
struct Change<'l> {
    low: u64,
    high: u64,
    from: &'l str,
    to: &'l str,
}

/// The number of different hashes.
fn hashes(hashing: &Hashing) -> u64 {
    match hashing {
        Hashing::Foreign { .. } => 100,
        Hashing::Murmur { .. } | Hashing::Computed(_) => 1 << 32,
    }
}

/// The first hash above each share, and whose it is. A bucket is `hash * total >> 32`, so the first hash of bucket `b` is
/// `b * 2^32 / total`, rounded up.
fn bounds(lane: &Lane) -> Vec<(u64, &str)> {
    let total: u64 = lane
        .shares
        .iter()
        .map(|(_, weight)| u64::from(*weight))
        .sum();
    let mut end = 0;
    let mut bounds = Vec::with_capacity(lane.shares.len());
    for (name, weight) in &lane.shares {
        end += u64::from(*weight);
        let scaled = u128::from(end) * u128::from(hashes(&lane.hashing));
        let bound = scaled.div_ceil(u128::from(total.max(1)));
        bounds.push((u64::try_from(bound).unwrap_or(u64::MAX), &**name));
    }
    bounds
}

/// All intervals in which the variant changes.
fn changes<'l>(before: &'l Lane, after: &'l Lane) -> Vec<Change<'l>> {
    let (old, new) = (bounds(before), bounds(after));
    let mut ends: Vec<u64> = old.iter().chain(&new).map(|(end, _)| *end).collect();
    ends.sort_unstable();
    ends.dedup();
    let of = |bounds: &[(u64, &'l str)], hash| {
        let found = bounds.iter().find(|(end, _)| hash < *end);
        found.map(|(_, name)| *name)
    };
    let mut low = 0;
    let mut changes = Vec::new();
    for end in ends {
        if let (Some(from), Some(to)) = (of(&old, low), of(&new, low))
            && from != to
            && low < end
        {
            let high = end - 1;
            changes.push(Change {
                low,
                high,
                from,
                to,
            });
        }
        low = end;
    }
    changes
}

/// The part of all units that a variant has, as weight and total.
fn part(lane: &Lane, name: &str) -> (u64, u64) {
    let total = lane
        .shares
        .iter()
        .map(|(_, weight)| u64::from(*weight))
        .sum();
    let own = lane.shares.iter().filter(|(known, _)| **known == *name);
    (own.map(|(_, weight)| u64::from(*weight)).sum(), total)
}

/// The part that a variant is to have in the end.
fn aim(lane: &Lane, name: &str) -> (u64, u64) {
    let total = u64::from(Share::STEPS);
    match &lane.aim {
        Some((taken, share)) if **taken == *name => (u64::from(share.weight()), total),
        Some((_, share)) => (u64::from(Share::STEPS - share.weight()), total),
        None => part(lane, name),
    }
}

/// How a variant's part changes. Where a ramp leads counts, not where it begins.
fn growth(before: &Lane, after: &Lane, name: &str) -> std::cmp::Ordering {
    let (old, old_total) = part(before, name);
    let (new, new_total) = aim(after, name);
    let (new, old) = (
        u128::from(new) * u128::from(old_total),
        u128::from(old) * u128::from(new_total),
    );
    new.cmp(&old)
}

impl Change<'_> {
    /// The promise that the change breaks: units may only leave a variant that shrinks for one that grows.
    fn breaks(&self, before: &Lane, after: &Lane) -> Option<Code> {
        use std::cmp::Ordering::Equal;
        use std::cmp::Ordering::Greater;
        use std::cmp::Ordering::Less;
        // A variant in place of another one, for those who have it.
        let replaced = part(after, self.from).0 == 0 && part(before, self.to).0 == 0;
        let growths = (
            growth(before, after, self.from),
            growth(before, after, self.to),
        );
        match growths {
            // Of two variants one grows where the other shrinks; it is about the one that is not the rest.
            (Greater, Less) if *self.from == *after.rest => Some(Code::ShownAnew),
            (Greater, _) => Some(Code::TakenAway),
            (_, Less) => Some(Code::ShownAnew),
            (Equal, _) | (_, Equal) => Some(Code::Detour),
            (Less, Greater) => replaced.then_some(Code::Detour),
        }
    }

    fn tell(&self, flag: &str, code: Code, before: &Lane, after: &Lane, report: &mut Report) {
        let (from, to) = (shown(self.from), shown(self.to));
        let name = &after.name;
        let unit = self.unit(&after.hashing);
        let unit = unit.map_or_else(|| "some unit".to_owned(), |unit| format!("`{unit}`"));
        let (message, help) = match code {
            Code::TakenAway => {
                let (old, new) = (
                    percent(part(before, self.from)),
                    percent(aim(after, self.from)),
                );
                let message = format!(
                    "{name} of flag `{flag}` changes the share of {from} from {old} to {new} and takes it from {unit}"
                );
                (
                    message,
                    "what grows stands first and begins where it was; move the border, not the variants",
                )
            }
            Code::ShownAnew => {
                let message = format!(
                    "{name} of flag `{flag}` rolls {to} back and shows it to {unit}, who did not have it"
                );
                (
                    message,
                    "who got it last loses it first; lower the share and leave the order as it is",
                )
            }
            _ => {
                let message = format!("{name} of flag `{flag}` moves {unit} from {from} to {to}");
                (
                    message,
                    "units should only leave a variant that shrinks for one that grows; begin a new flag, or go down to 0 % first",
                )
            }
        };
        report.warn(code, after.place, message, help);
    }

    /// Somebody whom it hits.
    fn unit(&self, hashing: &Hashing) -> Option<String> {
        match hashing {
            Hashing::Murmur { prefix, .. } => {
                let low = u32::try_from(self.low).ok()?;
                inverse::unit(prefix, low, u32::try_from(self.high).ok()?)
            }
            Hashing::Foreign { dialect, seed, .. } => {
                let within = |unit: &String| {
                    let bucket = dialect::bucket(*dialect, seed, unit).map(u64::from);
                    bucket.is_some_and(|bucket| (self.low..=self.high).contains(&bucket))
                };
                (0..100_000).map(|i| format!("user-{i}")).find(within)
            }
            Hashing::Computed(_) => None,
        }
    }
}

fn shown(name: &str) -> String {
    if name.is_empty() {
        "the default".to_owned()
    } else {
        format!("`{name}`")
    }
}

fn percent((part, total): (u64, u64)) -> String {
    let percent = part as f64 * 100.0 / total.max(1) as f64;
    format!("{} %", (percent * 1000.0).round() / 1000.0)
}

/// What is hashed has changed: everybody is dealt anew.
fn tell_key(flag: &str, before: &Lane, after: &Lane, report: &mut Report) {
    let hit = (0..10_000).map(|i| format!("user-{i}")).find_map(|unit| {
        let (from, to) = (variant(before, &unit)?, variant(after, &unit)?);
        let lost = from != to && growth(before, after, from).is_ge();
        lost.then(|| format!("`{unit}` goes from {} to {}", shown(from), shown(to)))
    });
    let hit = hit.map_or_else(String::new, |hit| format!(": {hit}"));
    let (old, new) = (described(&before.hashing), described(&after.hashing));
    let name = &after.name;
    let message = format!(
        "{name} of flag `{flag}` hashed {old} and now hashes {new}, so all units are dealt anew{hit}"
    );
    let help = "keep `bucketBy`, `seed`, `dialect` and the flag's key while a rollout runs";
    report.warn(Code::BucketingKey, after.place, message, help);
}

fn variant<'l>(lane: &'l Lane, unit: &str) -> Option<&'l str> {
    let hash = match &lane.hashing {
        Hashing::Murmur { prefix, .. } => {
            u64::from(bucket::hash([prefix.as_bytes(), unit.as_bytes()]))
        }
        Hashing::Foreign { dialect, seed, .. } => u64::from(dialect::bucket(*dialect, seed, unit)?),
        Hashing::Computed(_) => return None,
    };
    let bounds = bounds(lane);
    bounds
        .iter()
        .find(|(end, _)| hash < *end)
        .map(|(_, name)| *name)
}

fn described(hashing: &Hashing) -> String {
    match hashing {
        Hashing::Murmur { prefix, unit } if prefix.is_empty() => format!("`{unit}`"),
        Hashing::Murmur { prefix, unit } => format!("`{prefix}` and `{unit}`"),
        Hashing::Foreign {
            dialect: Dialect::Fnv1a,
            unit,
            ..
        } => {
            format!("`{unit}` as `{}`", Dialect::Fnv1a.name())
        }
        Hashing::Foreign {
            dialect,
            seed,
            unit,
        } => {
            format!("`{seed}` and `{unit}` as `{}`", dialect.name())
        }
        Hashing::Computed(_) => "something computed".to_owned(),
    }
}
