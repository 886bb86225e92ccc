//! `AllowedWindow`: the hours of a week in which a stage may begin.
//!
//! Hours are those of a fixed offset from UTC, without daylight saving time, so that each of them exists once a day.

/// The milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// The names of the days, from Monday.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Hours of a week.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct AllowedWindow {
    /// True for each allowed day, from Monday.
    pub days: [bool; 7],
    /// The minute of the day at which the window opens.
    pub from_minute: u32,
    /// The minute of the day at which it closes; greater than `from_minute`, at most 1440.
    pub to_minute: u32,
    /// The offset from UTC in minutes; positive east of Greenwich.
    pub offset_minutes: i32,
}

impl AllowedWindow {
    /// Returns true if the window is open at a time in milliseconds since 1970.
    pub fn contains(&self, wall_ms: u64) -> bool {
        let local = self.local_ms(wall_ms);
        let minute = local.rem_euclid(DAY_MS) / 60_000;
        self.is_allowed_day(local.div_euclid(DAY_MS))
            && (i64::from(self.from_minute)..i64::from(self.to_minute)).contains(&minute)
    }

    /// The next time at which the window opens, in milliseconds since 1970; the time itself if it is open.
    pub fn opens_at(&self, wall_ms: u64) -> Option<u64> {
        if self.contains(wall_ms) {
            return Some(wall_ms);
        }
        let today = self.local_ms(wall_ms).div_euclid(DAY_MS);
        let opening = |day: i64| {
            let local = day * DAY_MS + i64::from(self.from_minute) * 60_000;
            u64::try_from(local - i64::from(self.offset_minutes) * 60_000).ok()
        };
        let mut days = (today..=today + 7).filter(|day| self.is_allowed_day(*day));
        days.find_map(|day| opening(day).filter(|at| *at > wall_ms))
    }

    fn local_ms(&self, wall_ms: u64) -> i64 {
        let wall = i64::try_from(wall_ms).unwrap_or(i64::MAX / 2);
        wall.saturating_add(i64::from(self.offset_minutes) * 60_000)
    }

    /// Day 0, the first of January 1970, was a Thursday.
    fn is_allowed_day(&self, day: i64) -> bool {
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
        self.days.get(weekday).copied().unwrap_or(false)
    }
}

/// Returns true if one of the windows is open, or if there are none.
pub fn is_open(windows: &[AllowedWindow], wall_ms: u64) -> bool {
    windows.is_empty() || windows.iter().any(|window| window.contains(wall_ms))
}

/// The next time at which one of the windows opens.
pub fn next_opening(windows: &[AllowedWindow], wall_ms: u64) -> Option<u64> {
    let openings = windows.iter().filter_map(|window| window.opens_at(wall_ms));
    openings.min()
}
