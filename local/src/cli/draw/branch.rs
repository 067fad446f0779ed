//! The lines of the tree.

use std::cmp::min;

/// Levels of nesting that are indented; deeper ones stay there.
pub(super) const DEPTH: usize = 24;

/// The lines that lead to a row, and on from it.
pub(super) struct Branch {
    /// In front of the row.
    pub(super) before: String,
    /// In front of what is said beneath it.
    pub(super) below: String,
}

/// A row's lines depend on what comes after it, so they are found from the end: an open level is one where a sibling follows.
pub(super) fn branches(depths: impl DoubleEndedIterator<Item = usize>) -> Vec<Branch> {
    let mut open = [false; DEPTH + 2];
    let mut branches: Vec<_> = depths
        .rev()
        .scan(0, |next_depth, depth| {
            let depth = min(depth, DEPTH);
            let has_children = *next_depth > depth;
            *next_depth = depth;
            Some(branch(&mut open, depth, has_children))
        })
        .collect();
    branches.reverse();
    branches
}

fn branch(open: &mut [bool; DEPTH + 2], depth: usize, has_children: bool) -> Branch {
    let line = |is_open: bool| if is_open { "│ " } else { "  " };
    let levels = open.get(1..=depth).unwrap_or_default();
    let above = levels.split_last().map_or(&[][..], |(_, above)| above);
    let stem: String = above.iter().map(|it| line(*it)).collect();
    let (own, on) = match levels.last() {
        Some(true) => ("├ ", "│ "),
        Some(false) => ("└ ", "  "),
        None => ("", ""),
    };
    let below = format!("{stem}{on}{}", line(has_children).trim_end_matches(' '));
    let branch = Branch {
        before: format!("{stem}{own}"),
        below,
    };
    for (level, is_open) in open.iter_mut().enumerate().skip(depth) {
        *is_open = level == depth;
    }
    branch
}
