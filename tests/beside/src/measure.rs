//! How long something takes and what it allocates.

use std::time::Instant;

/// Of one time.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub nanoseconds: f64,
    /// How many, and of how many bytes, where they were counted.
    pub allocations: Option<(u64, u64)>,
}

/// Fewer than a batch processor queues, so that it drops none.
const ROUND: u32 = 1_000;
const ROUNDS: usize = 200;

/// The median of many rounds; `between` them what was left for later is done.
pub fn measure(mut work: impl FnMut(u32), mut between: impl FnMut()) -> Cost {
    let mut took = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        (0..ROUND).for_each(&mut work);
        took.push(start.elapsed());
        between();
    }
    took.sort();
    let allocated = allocation_counter::measure(|| work(1));
    between();
    let median = took.get(ROUNDS / 2).copied().unwrap_or_default();
    Cost {
        nanoseconds: median.as_secs_f64() * 1e9 / f64::from(ROUND),
        allocations: Some((allocated.count_total, allocated.bytes_total)),
    }
}

/// What is done once: the median of some.
pub fn once(mut work: impl FnMut()) -> Cost {
    let mut took: Vec<_> = (0..51)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    took.sort();
    let allocated = allocation_counter::measure(&mut work);
    Cost {
        nanoseconds: took.get(25).copied().unwrap_or_default().as_secs_f64() * 1e9,
        allocations: Some((allocated.count_total, allocated.bytes_total)),
    }
}
