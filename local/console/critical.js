// The critical path: the parts on which the end of a trace waited. Pure, so that it can be tested without a page.

import { isOpen } from "./timeline.js";

const end = (entity) => (isOpen(entity) ? Infinity : entity.end_time);

/**
 * The keys of the rows on the path, from a laid out timeline: of the first row, whichever child ended last, then, going back in time, whichever
 * ended last before that one began, and so on within each.
 */
export function criticalPath({ rows }) {
  const children = Map.groupBy(rows.filter((row) => row.parents.length), (row) => row.parents.at(-1));
  const path = new Set();
  const waiting = rows.filter((row) => !row.parents.length).slice(0, 1);
  while (waiting.length) {
    const row = waiting.pop();
    path.add(row.key);
    let before = end(row.entity);
    const last = (children.get(row.key) ?? []).toSorted((a, b) => end(b.entity) - end(a.entity));
    for (const child of last) {
      if (end(child.entity) > before + 1e-6) continue;
      waiting.push(child);
      before = child.entity.start_time;
    }
  }
  return path;
}
