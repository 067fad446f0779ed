//! Names and annotation keys, made valid rather than rejected.
//!
//! X-Ray turns away a document for one character in its name. A trace with a name that differs in that character
//! is worth more than no trace, so what is not allowed is replaced, and what is too long is cut.

use std::borrow::Cow;

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::limits;

/// A name that X-Ray takes: letters, digits and spaces of any script and `_.:/%&#=+-@`, 1 to 200 characters (segment schema).
///
/// ```
/// use xray_segment::name::legal_name;
///
/// assert_eq!(legal_name("orders@db:5432"), "orders@db:5432");
/// assert_eq!(legal_name("what?!"), "what__");
/// assert_eq!(legal_name(""), "unnamed");
/// ```
pub fn legal_name(name: &str) -> Cow<'_, str> {
    if name.trim().is_empty() {
        return Cow::Borrowed("unnamed");
    }
    legal(name, limits::NAME_CHARS, is_name_character)
}

/// An annotation key that X-Ray takes: `A-Z`, `a-z`, `0-9` and `_`, 1 to 500 characters.
///
/// ```
/// use xray_segment::name::legal_annotation_key;
///
/// assert_eq!(legal_annotation_key("order.id"), "order_id");
/// ```
pub fn legal_annotation_key(key: &str) -> Cow<'_, str> {
    if key.is_empty() {
        return Cow::Borrowed("_");
    }
    legal(key, limits::ANNOTATION_KEY_CHARS, |character| {
        character.is_ascii_alphanumeric() || character == '_'
    })
}

/// The first `limit` characters of a text.
///
/// ```
/// assert_eq!(xray_segment::name::cut("grün", 3), "grü");
/// ```
pub fn cut(text: &str, limit: usize) -> &str {
    let end = text
        .char_indices()
        .nth(limit)
        .map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

fn legal(text: &str, limit: usize, allowed: impl Fn(char) -> bool) -> Cow<'_, str> {
    let text = cut(text, limit);
    if text.chars().all(&allowed) {
        return Cow::Borrowed(text);
    }
    text.chars()
        .map(|character| if allowed(character) { character } else { '_' })
        .collect()
}

fn is_name_character(character: char) -> bool {
    // Plain names are the rule, so they are looked up first.
    match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        _ if character.is_ascii() => " _.:/%&#=+-@".contains(character),
        _ => matches!(
            character.general_category_group(),
            GeneralCategoryGroup::Letter
                | GeneralCategoryGroup::Number
                | GeneralCategoryGroup::Separator
        ),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn names_come_out_legal_and_stay_so(name: String) {
            let legal = legal_name(&name).into_owned();
            prop_assert!((1..=200).contains(&legal.chars().count()));
            prop_assert_eq!(&*legal_name(&legal), &*legal);
        }

        #[test]
        fn keys_come_out_legal_and_stay_so(key: String) {
            let legal = legal_annotation_key(&key).into_owned();
            prop_assert!(legal.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
            prop_assert_eq!(&*legal_annotation_key(&legal), &*legal);
        }
    }

    #[test]
    fn long_names_are_cut_by_characters() {
        let name = "é".repeat(300);
        assert_eq!(legal_name(&name).chars().count(), 200);
    }
}
