//! The proleptic Gregorian calendar: month lengths, and days since 1970 from and to dates.
//!
//! Rollout fields need dates and RFC 3339 with a numeric offset, no time zone database. `jiff` is not used: it is a large
//! dependency for three functions, and it accepts leap seconds, which are invalid here. The algorithms are
//! `days_from_civil` and `civil_from_days` of <https://howardhinnant.github.io/date_algorithms.html>.

/// The number of days in a month from 1 to 12.
pub fn days_in_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => 31,
    }
}

/// Days since 1970 of a date. Years are counted from March, so that the leap day is the last day of a year.
pub fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day: the inverse of [`days_from_civil`].
pub fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let of_years = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_years + of_years / 4 - of_years / 100);
    let of_months = (5 * of_year + 2) / 153;
    let day = of_year - (153 * of_months + 2) / 5 + 1;
    let month = if of_months < 10 {
        of_months + 3
    } else {
        of_months - 9
    };
    (era * 400 + of_years + i64::from(month <= 2), month, day)
}
