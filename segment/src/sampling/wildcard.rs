//! Patterns of sampling rules: `*` is any text, `?` any one character, letters of both cases are the same.

use std::str::Chars;

/// Whether the whole text fits the pattern.
///
/// The last `*` takes as little as it can and one character more at each dead end; what an earlier one took is never looked
/// at again. So no pattern makes the work grow beyond the text's length times the pattern's, which X-Ray limits to 128
/// characters.
///
/// ```
/// use xray_segment::sampling::matches;
///
/// assert!(matches("/users/*/orders", "/Users/7/orders"));
/// assert!(!matches("/users/?", "/users/42"));
/// ```
pub fn matches(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // What follows the last `*`, and the text it has not taken yet.
    let mut star: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        let (mut next_pattern, mut next_text) = (pattern.clone(), text.clone());
        match (next_pattern.next(), next_text.next()) {
            (Some('*'), _) => {
                star = Some((next_pattern.clone(), text.clone()));
                pattern = next_pattern;
            }
            (Some(wanted), Some(found)) if wanted == '?' || is_same(wanted, found) => {
                (pattern, text) = (next_pattern, next_text);
            }
            (None, None) => return true,
            _ => {
                let Some((after, left)) = &mut star else {
                    return false;
                };
                if left.next().is_none() {
                    return false;
                }
                (pattern, text) = (after.clone(), left.clone());
            }
        }
    }
}

fn is_same(one: char, other: char) -> bool {
    one == other || one.to_lowercase().eq(other.to_lowercase())
}
