// A graph in layers from left to right, callers before those they call. Pure, so that it can be tested without a page.

/** An even number. */
const SWEEPS = 8;

/**
 * `edges` are `{from, to}` of `ids`. The result has the layer and the row (a number, not always whole) of each node, and for
 * each edge the points `{layer, row}` it passes between its ends, where it crosses layers.
 */
export function layOut(ids, edges) {
  const forward = withoutCircles(ids, edges.filter((edge) => edge.from !== edge.to));
  const layers = [];
  const place = new Map();
  const put = (node) => {
    (layers[node.layer] ??= []).push(node);
    return node;
  };
  for (const [id, layer] of longestPaths(ids, forward)) place.set(id, put({ id, layer, before: [], after: [] }));
  const between = new Map(forward.map((edge) => [edge.origin, connect(edge, place, put)]));
  order(layers);
  spread(layers);
  const rows = layers.flat().map((node) => node.row);
  const least = rows.length ? Math.min(...rows) : 0;
  for (const node of layers.flat()) node.row -= least;
  return { place, between, layers: layers.length, rows: rows.length ? Math.max(...rows) - least + 1 : 0 };
}

/** Edges that would lead back are turned round for the layout. */
function withoutCircles(ids, edges) {
  const after = Map.groupBy(edges, (edge) => edge.from);
  const called = new Set(edges.map((edge) => edge.to));
  const state = new Map();
  const forward = [];
  const starts = [...ids.filter((id) => !called.has(id)), ...ids];
  for (const start of starts) {
    const waiting = [{ id: start }];
    while (waiting.length) {
      const { id, done } = waiting.pop();
      if (done) state.set(id, "done");
      if (done || state.has(id)) continue;
      state.set(id, "open");
      waiting.push({ id, done: true });
      for (const edge of after.get(id) ?? []) {
        const isBack = state.get(edge.to) === "open";
        forward.push({ from: isBack ? edge.to : edge.from, to: isBack ? edge.from : edge.to, origin: edge });
        waiting.push({ id: edge.to });
      }
    }
  }
  return forward;
}

/** The layer of each node: one after the last of those that call it. */
function longestPaths(ids, edges) {
  const layer = new Map(ids.map((id) => [id, 0]));
  const open = new Map(ids.map((id) => [id, 0]));
  for (const edge of edges) open.set(edge.to, open.get(edge.to) + 1);
  const after = Map.groupBy(edges, (edge) => edge.from);
  const ready = ids.filter((id) => open.get(id) === 0);
  for (const id of ready) {
    for (const { to } of after.get(id) ?? []) {
      layer.set(to, Math.max(layer.get(to), layer.get(id) + 1));
      open.set(to, open.get(to) - 1);
      if (open.get(to) === 0) ready.push(to);
    }
  }
  return layer;
}

/** Links the ends of an edge by a point in each layer between them. */
function connect(edge, place, put) {
  const [from, to] = [place.get(edge.from), place.get(edge.to)];
  const points = [];
  let last = from;
  for (let layer = from.layer + 1; layer <= to.layer; layer += 1) {
    const next = layer === to.layer ? to : put({ layer, before: [], after: [], isPoint: true });
    last.after.push(next);
    next.before.push(last);
    if (next !== to) points.push(next);
    last = next;
  }
  return edge.origin.from === edge.from ? points : points.reverse();
}

/** Puts each node near the middle of its neighbours, now those before, now those after: few lines cross. */
function order(layers) {
  for (const layer of layers) layer.forEach((node, at) => (node.row = at));
  const middle = (node, side) => (node[side].length ? node[side].reduce((sum, it) => sum + it.row, 0) / node[side].length : node.row);
  // The last sweep looks back: lines that part are read from their common end.
  for (let sweep = 0; sweep <= SWEEPS; sweep += 1) {
    const side = sweep % 2 === 0 ? "before" : "after";
    for (const layer of side === "before" ? layers : layers.toReversed()) {
      const wanted = new Map(layer.map((node) => [node, middle(node, side)]));
      layer.sort((a, b) => wanted.get(a) - wanted.get(b));
      layer.forEach((node, at) => (node.row = at));
    }
  }
}

/** Rows at which nodes lie opposite to their neighbours, in the order found, a row apart (half a one from a mere point). */
function spread(layers) {
  const most = Math.max(0, ...layers.map((layer) => layer.length));
  for (const layer of layers) layer.forEach((node, at) => (node.row = at + (most - layer.length) / 2));
  // The last sweep looks ahead: callers stand before the middle of those they call.
  for (let sweep = 0; sweep <= SWEEPS; sweep += 1) {
    const side = sweep % 2 === 0 ? "after" : "before";
    for (const layer of side === "before" ? layers : layers.toReversed()) {
      for (const node of layer) if (node[side].length) node.row = node[side].reduce((sum, it) => sum + it.row, 0) / node[side].length;
      separate(layer);
    }
  }
}

function separate(layer) {
  const gap = (a, b) => (a.isPoint || b.isPoint ? 0.5 : 1);
  const wanted = layer.map((node) => node.row);
  for (let at = 1; at < layer.length; at += 1) layer[at].row = Math.max(layer[at].row, layer[at - 1].row + gap(layer[at - 1], layer[at]));
  // Pushed down only; half of the push is given back, so that the layer keeps its middle.
  const drift = layer.reduce((sum, node, at) => sum + node.row - wanted[at], 0) / (layer.length || 1);
  for (const node of layer) node.row -= drift;
}
