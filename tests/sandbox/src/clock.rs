//! Moments as Lambda writes them: epoch milliseconds in deadlines, RFC 3339 in telemetry.
//!
//! Inside, the sandbox counts in [`Instant`]s; the wall clock is read only to write such a moment down.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970 of a monotonic moment, past or to come.
pub(crate) fn epoch_millis(moment: Instant) -> u64 {
    u64::try_from(since_epoch(wall(moment)).as_millis()).unwrap_or(u64::MAX)
}

/// Seconds since 1970, now; the first part of a trace id.
pub(crate) fn epoch_seconds() -> u64 {
    since_epoch(SystemTime::now()).as_secs()
}

/// The wall clock's time at a monotonic moment.
pub(crate) fn wall(moment: Instant) -> SystemTime {
    let (now, wall_now) = (Instant::now(), SystemTime::now());
    if moment >= now {
        wall_now + (moment - now)
    } else {
        wall_now - (now - moment)
    }
}

/// `2026-01-31T12:00:00.123Z`, as in telemetry records.
pub(crate) fn rfc3339(at: SystemTime) -> String {
    let since = since_epoch(at);
    let seconds = since.as_secs();
    let (year, month, day) = civil_date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let millis = since.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Milliseconds with their fraction, as in telemetry metrics.
pub(crate) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

fn since_epoch(at: SystemTime) -> Duration {
    at.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Year, month and day of a day since 1970-01-01, in the Gregorian calendar.
///
/// Years begin in March here, so that the leap day is the last one and months follow one formula.
fn civil_date(days_since_1970: u64) -> (u64, u64, u64) {
    const DAYS_FROM_YEAR_0_TO_1970: u64 = 719_468;
    const DAYS_IN_400_YEARS: u64 = 146_097;
    let days = days_since_1970 + DAYS_FROM_YEAR_0_TO_1970;
    let (era, day_of_era) = (days / DAYS_IN_400_YEARS, days % DAYS_IN_400_YEARS);
    let leap_days = day_of_era / 1_460 + day_of_era / 146_096 - day_of_era / 36_524;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(seconds: u64, millis: u64) -> String {
        rfc3339(UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_millis(millis))
    }

    #[test]
    fn dates_are_gregorian() {
        assert_eq!(written(0, 0), "1970-01-01T00:00:00.000Z");
        assert_eq!(written(951_782_400, 7), "2000-02-29T00:00:00.007Z");
        assert_eq!(written(951_868_799, 999), "2000-02-29T23:59:59.999Z");
        assert_eq!(written(951_868_800, 0), "2000-03-01T00:00:00.000Z");
        assert_eq!(written(1_735_689_599, 0), "2024-12-31T23:59:59.000Z");
        assert_eq!(written(4_107_542_400, 0), "2100-03-01T00:00:00.000Z");
    }

    #[test]
    fn a_deadline_in_a_second_is_a_second_ahead_of_the_wall_clock() {
        let ahead = epoch_millis(Instant::now() + Duration::from_secs(1));
        let behind = epoch_millis(Instant::now());
        assert!(
            (990..=1_010).contains(&(ahead - behind)),
            "{ahead} - {behind}"
        );
    }
}
