//! Dividing a reservoir.

/// The requests a second that the process at `place` (from 0) gets of a reservoir shared by `processes`.
///
/// Only whole requests can be sampled: the first ones get what is left over, so that all shares together are the reservoir.
///
/// ```
/// use xray_segment::sampling::share;
///
/// assert_eq!([share(5, 3, 0), share(5, 3, 1), share(5, 3, 2)], [2, 2, 1]);
/// ```
pub const fn share(reservoir: u32, processes: u32, place: u32) -> u32 {
    match (
        reservoir.checked_div(processes),
        reservoir.checked_rem(processes),
    ) {
        (Some(each), Some(left)) if place < processes => each + (place < left) as u32,
        _ => 0,
    }
}
