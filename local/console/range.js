// A part `[from, to]` of an axis that goes from 0 to `whole`: moved, resized and zoomed, never out of the axis nor smaller than it can be seen. Pure, so that it can be tested without a page.

/** Of the whole axis; the least part that can be shown. */
const LEAST = 1e-4;

/** The part inside of the axis, whichever way round it was drawn. */
export function within([a, b], whole) {
  const least = whole * LEAST;
  const from = Math.min(Math.max(0, Math.min(a, b)), whole - least);
  return [from, Math.max(from + least, Math.min(whole, Math.max(a, b)))];
}

/** The part at another place, as long as it was. */
export function move([from, to], by, whole) {
  const kept = Math.min(Math.max(by, -from), whole - to);
  return [from + kept, to + kept];
}

/** One end, `from` or `to`, at another place; it stops before the other. */
export function resize([from, to], end, at, whole) {
  const least = whole * LEAST;
  return end === "from" ? [Math.min(Math.max(0, at), to - least), to] : [from, Math.max(Math.min(whole, at), from + least)];
}

/** A part `factor` times as long, in which `at` stays where it was. */
export function zoom([from, to], factor, at, whole) {
  const length = Math.min(whole, Math.max(whole * LEAST, (to - from) * factor));
  const begin = at - ((at - from) / (to - from || 1)) * length;
  return move([begin, begin + length], 0, whole);
}

/** The part with the middle of `[begin, end]` in its own, where it shows nothing of that; else as it was. */
export function toward(part, [begin, end], whole) {
  const [from, to] = part;
  if (begin < to && end > from) return part;
  return move(part, (begin + end) / 2 - (from + to) / 2, whole);
}

/** It shows everything. */
export function isWhole([from, to], whole) {
  return to - from >= whole * (1 - LEAST);
}
