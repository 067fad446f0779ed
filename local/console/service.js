// What a click on the map opens: a service's or a call's response times, how it went, and the way to its traces.

import { href } from "./address.js";
import { bars, seconds } from "./chart.js";
import { h, link, redraw } from "./element.js";
import * as format from "./format.js";
import { quote } from "./query.js";

const WORDS = { ok: "OK", error: "Errors", throttle: "Throttles", fault: "Faults" };
const COLUMNS = 40;

/** The card of a node or an edge `{title, kind, selector, requests, histogram}`; `close` takes it away. */
export function serviceCard(chosen, shown, close) {
  const state = { statuses: new Set(), range: undefined };
  const body = h("div", { class: "choice" });
  const again = () => redraw(body, content(chosen, shown, state, again));
  again();
  return h("section", { class: "card", "aria-label": chosen.title },
    h("div", { class: "head" },
      h("h2", {}, chosen.title, chosen.kind ? h("small", {}, ` ${chosen.kind}`) : undefined),
      h("button", { type: "button", class: "button", click: close }, "Close")),
    body);
}

function content(chosen, shown, state, again) {
  const { total, counts } = chosen.requests;
  const boxes = Object.keys(WORDS).map((status) => h("label", { class: `box ${status}` },
    h("input", { type: "checkbox", "data-keep": `box ${status}`, checked: state.statuses.has(status), disabled: !counts[status], change: () => toggle(status) }),
    h("span", {}, WORDS[status]), h("strong", {}, String(counts[status])), h("small", {}, total ? `${((counts[status] / total) * 100).toFixed(1)} %` : "")));
  function toggle(status) {
    if (!state.statuses.delete(status)) state.statuses.add(status);
    again();
  }
  const filter = expression(chosen, state);
  return [
    h("div", { class: "boxes" }, boxes),
    histogram(chosen, state, again),
    h("p", { class: "ask" }, h("code", {}, filter), link(href("/", { ...shown, filter }), "View traces"), link(href("/analytics", { ...shown, filter }), "Analyze")),
  ];
}

function histogram(chosen, state, again) {
  const entries = (chosen.histogram ?? []).filter((it) => it.Count > 0);
  if (!entries.length) return h("p", { class: "edges" }, "No response times yet");
  const values = entries.map((it) => it.Value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const width = (most - least || 1e-3) / COLUMNS;
  const columns = Array.from({ length: COLUMNS }, () => 0);
  for (const it of entries) columns[Math.min(COLUMNS - 1, Math.floor((it.Value - least) / width))] += it.Count;
  const isIn = (at) => state.range === undefined || (least + (at + 1) * width > state.range[0] && least + at * width < state.range[1]);
  const places = columns.map((value, at) => [{ value, status: isIn(at) ? "picked" : "", title: `${format.duration(least + at * width)}: ${value}` }]);
  const brush = ([from, to]) => {
    state.range = [least + from * COLUMNS * width, least + to * COLUMNS * width];
    again();
  };
  return h("div", { class: "spread" },
    h("p", { class: "edges" }, h("span", {}, "Response times; draw over a part to select it"), state.range ? h("button", { type: "button", class: "button", "data-keep": "all times", click: () => again((state.range = undefined)) }, "All") : undefined),
    bars(places, `Response times of ${chosen.title}`, brush),
    h("p", { class: "edges" }, h("span", {}, format.duration(least)), h("span", {}, format.duration(most))));
}

function expression(chosen, state) {
  const statuses = [...state.statuses];
  const parts = [
    statuses.length > 1 ? `(${statuses.join(" OR ")})` : statuses[0],
    state.range && `responsetime >= ${seconds(state.range[0])} AND responsetime <= ${seconds(state.range[1])}`,
  ].filter(Boolean);
  return parts.length ? `${chosen.selector} { ${parts.join(" AND ")} }` : chosen.selector;
}

/** The selector of a service: by name, and by type where it has one. */
export function selectService(service) {
  return `service(${idOf(service)})`;
}

/** The selector of the calls between two. */
export function selectEdge(from, to) {
  return `edge(${idOf(from)}, ${idOf(to)})`;
}

function idOf({ name, kind }) {
  return kind ? `id(name: ${quote(name)}, type: ${quote(kind)})` : quote(name);
}
