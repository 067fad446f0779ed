// A trace as rows: each segment and subsegment below what called it. Pure, so that it can be tested without a page.

/** The worst that a segment or subsegment says of itself. */
export function status(entity) {
  if (entity.fault === true) return "fault";
  if (entity.throttle === true) return "throttle";
  if (entity.error === true) return "error";
  return isOpen(entity) ? "progress" : "ok";
}

/** It has begun and not ended. */
export function isOpen(entity) {
  return entity.in_progress === true || typeof entity.end_time !== "number";
}

const begin = (entity) => (typeof entity.start_time === "number" ? entity.start_time : 0);
const children = (entity) => (Array.isArray(entity.subsegments) ? entity.subsegments : []);

/** Every segment and subsegment of a list, each before what it contains. */
export function* walk(entities) {
  const waiting = [...entities].reverse();
  while (waiting.length) {
    const entity = waiting.pop();
    if (entity === null || typeof entity !== "object") continue;
    yield entity;
    waiting.push(...children(entity).reverse());
  }
}

/** `{start, end, rows: [{entity, depth, isSegment, parents, hasChildren}]}`, callers first, siblings by start. */
export function layOut(segments) {
  const all = [...walk(segments)];
  const known = new Set(all.map((entity) => entity.id));
  const tops = segments.filter((segment) => !known.has(segment.parent_id));
  const below = Map.groupBy(segments.filter((segment) => known.has(segment.parent_id)), (it) => it.parent_id);
  const start = all.reduce((least, it) => Math.min(least, begin(it)), Infinity);
  const end = all.reduce((most, it) => Math.max(most, isOpen(it) ? begin(it) : it.end_time), start);
  const rows = [];
  grow(tops, below, rows);
  // Segments that call each other in a circle hang on nothing: they are shown all the same.
  while (below.size) {
    const [id, segmentsBelow] = below.entries().next().value;
    below.delete(id);
    grow(segmentsBelow, below, rows);
  }
  return { start: Number.isFinite(start) ? start : 0, end: Number.isFinite(end) ? end : 0, rows };
}

function grow(tops, below, rows) {
  const waiting = inOrder(tops.map((entity) => ({ entity, isSegment: true, parents: [] }))).reverse();
  while (waiting.length) {
    const { entity, isSegment, parents } = waiting.pop();
    const called = below.get(entity.id) ?? [];
    below.delete(entity.id);
    const key = rows.length;
    const inside = [
      ...children(entity).filter((it) => it !== null && typeof it === "object").map((it) => ({ entity: it, isSegment: false })),
      ...called.map((it) => ({ entity: it, isSegment: true })),
    ].map((it) => ({ ...it, parents: [...parents, key] }));
    rows.push({ entity, isSegment, parents, key, depth: parents.length, hasChildren: inside.length > 0 });
    waiting.push(...inOrder(inside).reverse());
  }
}

function inOrder(rows) {
  return rows.sort((a, b) => begin(a.entity) - begin(b.entity));
}

/** The row that tells most of a service `{name, kind}` of the trace's map, or `undefined`: its segment, else what called it. */
export function rowOf({ rows }, { name, kind }) {
  const fits = ({ entity }) => {
    if (entity.name === name && entity.origin === kind) return 3;
    // A table, a queue or a bucket: the call names it.
    if (Object.values(entity.aws ?? {}).some((it) => it === name || (typeof it === "string" && it.endsWith(`/${name}`)))) return 2;
    return entity.name === name ? 1 : 0;
  };
  return rows.reduce((best, row) => (fits(row) > (best ? fits(best) : 0) ? row : best), undefined);
}

/** Where a row's bar lies, in hundredths of the whole: `{left, width}`. */
export function place(entity, { start, end }) {
  const whole = end - start;
  if (!(whole > 0)) return { left: 0, width: 100 };
  const left = Math.min(100, Math.max(0, ((begin(entity) - start) / whole) * 100));
  const last = isOpen(entity) ? end : entity.end_time;
  return { left, width: Math.min(100 - left, Math.max(0, ((last - begin(entity)) / whole) * 100)) };
}

/** Marks of a time axis from one time to another: `{step, marks}`, at most about `most` of them, at round numbers of seconds. */
export function ticks(from, to, most) {
  const length = to - from;
  if (!(length > 0)) return { step: 1, marks: [] };
  const rough = length / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((it) => it * power).find((it) => it >= rough);
  const first = Math.ceil(from / step - 1e-9);
  return { step, marks: Array.from({ length: Math.floor(to / step + 1e-9) - first + 1 }, (_, index) => (first + index) * step) };
}
