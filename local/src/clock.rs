//! Time as X-Ray writes it: seconds since 1970, with a fraction.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Reads the wall clock; called at the edges only and passed on from there.
pub(crate) fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |elapsed| elapsed.as_secs_f64())
}

/// Rounds to milliseconds, as the service does in every number of a summary.
pub(crate) fn to_millis(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// Whole seconds since 1970.
#[expect(
    clippy::cast_possible_truncation,
    reason = "beyond the range of a time the nearest number is as good"
)]
pub(crate) const fn whole_seconds(seconds: f64) -> i64 {
    seconds.floor() as i64
}

/// Date and time of day in UTC, to the millisecond.
pub(crate) fn utc(seconds: f64) -> String {
    let millis = Duration::try_from_secs_f64(seconds.max(0.0)).map_or(0, |it| it.as_millis());
    let (whole, millis) = (millis / 1000, millis % 1000);
    let (days, of_day) = (whole / 86_400, whole % 86_400);
    let (year, month, day) = date_from_days(i64::try_from(days).unwrap_or_default());
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{millis:03} UTC")
}

/// Days since 1970-01-01 of a date in the Gregorian calendar.
///
/// Counts years from March, so that a leap day is the last of its year (Howard Hinnant, "chrono-compatible
/// low-level date algorithms").
pub(crate) const fn days_from_date(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of days since 1970-01-01: the way back.
pub(crate) const fn date_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_are_each_others_inverse() {
        assert_eq!(days_from_date(1970, 1, 1), 0);
        assert_eq!(days_from_date(2000, 2, 29), 11_016);
        assert_eq!(days_from_date(2026, 11, 23), 20_780);
        for days in (-800_000..800_000).step_by(13) {
            let (year, month, day) = date_from_days(days);
            assert_eq!(days_from_date(year, month, day), days);
        }
    }
}
