// The timeline of a trace: a tree of rows with a bar each, over the part of the time that the small one above it selects.

import { criticalPath } from "./critical.js";
import { details } from "./details.js";
import { h } from "./element.js";
import * as format from "./format.js";
import { minimap } from "./minimap.js";
import { panel } from "./panel.js";
import { toward, within, zoom } from "./range.js";
import { isOpen, place, rowOf, status, ticks } from "./timeline.js";

/** How much longer or shorter the part gets by one notch of the wheel. */
const NOTCH = 1.25;

/**
 * The card, as `root`, and `find`, which selects the row of a service. `state` keeps what is selected, closed and shown
 * while the trace grows.
 */
export function timelineCard(state, timeline) {
  const side = h("aside", { class: "panel", "aria-label": "Selected segment" });
  const body = h("div", { class: "rows", role: "treegrid", "aria-label": "Segments timeline" });
  const rows = timeline.rows.map((row) => rowElement(row, timeline));
  const order = new Map(rows.map((element, at) => [element, at]));
  const time = timed(state, timeline, body);
  const choose = (at, focus, isFirst) => {
    select(state, timeline, rows, side, at, focus);
    if (isFirst) return;
    state.keep(state.selected);
    time.reveal(timeline.rows[at].entity);
  };
  rows.forEach((element, at) => {
    element.addEventListener("click", (event) => (event.target.closest(".fold") ? fold(state, timeline, rows, at) : choose(at, false)));
    element.addEventListener("keydown", (event) => onKey(event, state, timeline, rows, at, choose));
  });
  body.append(...rows);
  hideFolded(state, timeline, rows);
  const known = timeline.rows.findIndex((row) => rowName(row) === state.selected);
  if (rows.length) choose(known >= 0 ? known : firstToSee(timeline), false, true);
  const lane = h("div", { class: "timeline" }, time.parts, body);
  const find = (service) => {
    const row = rowOf(timeline, service);
    if (!row) return;
    for (const key of row.parents) state.closed.delete(rowName(timeline.rows[key]));
    hideFolded(state, timeline, rows);
    choose(row.key, true);
  };
  const root = h("section", { class: "card" },
    h("div", { class: "head" }, h("h2", {}, "Segments timeline"), h("div", { class: "tools" }, criticalButton(state, timeline, rows), foldButton(state, timeline, rows))),
    h("div", { class: "split" }, lane, side),
    details(body, (element) => timeline.rows[order.get(element)], timeline));
  return { root, find };
}

/**
 * The small timeline and the axis, which say what part of the time the bars lie in, as `parts`; only the axis where no time
 * went by. `reveal` moves the part to what lies outside of it.
 */
function timed(state, timeline, body) {
  const whole = timeline.end - timeline.start;
  const scale = h("div", { class: "scale", "aria-hidden": "true" });
  const head = h("div", { class: "row axis", role: "presentation" },
    h("span", { class: "name" }, "Name"), h("span", { class: "code" }, "Code"), h("span", { class: "took" }, "Duration"), scale);
  if (!(whole > 0)) return { parts: [head], reveal: () => {} };
  const show = (part) => {
    state.part = part;
    // The bars follow by arithmetic of the style: thousands of rows are moved by two numbers.
    body.style.setProperty("--from", (part[0] / whole) * 100);
    body.style.setProperty("--zoom", whole / (part[1] - part[0]));
    drawScale(scale, body, part);
  };
  const small = minimap(timeline, within(state.part ?? [0, whole], whole), show);
  body.addEventListener("wheel", (event) => {
    // Without a key the wheel scrolls the page.
    if (!event.ctrlKey && !event.altKey) return;
    event.preventDefault();
    const box = scale.getBoundingClientRect();
    const at = state.part[0] + ((event.clientX - box.left) / (box.width || 1)) * (state.part[1] - state.part[0]);
    small.set(zoom(state.part, event.deltaY > 0 ? NOTCH : 1 / NOTCH, at, whole));
  }, { passive: false });
  const reveal = (entity) => {
    const { left, width } = place(entity, timeline);
    const part = toward(state.part, [(left / 100) * whole, ((left + width) / 100) * whole], whole);
    if (part !== state.part) small.set(part);
  };
  return { parts: [small.root, head], reveal };
}

/** Round times over the part that is shown, and lines below them. */
function drawScale(scale, body, [from, to]) {
  const length = to - from;
  const { step, marks } = ticks(from, to, matchMedia("(max-width: 700px)").matches ? 3 : 5);
  const place = (seconds) => ((seconds - from) / length) * 100;
  // One at the very end has no room for its words.
  scale.replaceChildren(...marks.filter((it) => place(it) < 92).map((seconds) => {
    const mark = h("span", {}, format.offset(seconds, step));
    mark.style.left = `${place(seconds)}%`;
    return mark;
  }));
  body.style.setProperty("--step", `${(step / length) * 100}%`);
  body.style.setProperty("--first", `${place(marks[0] ?? from)}%`);
}

/** Marks the parts on which the end waited. */
function criticalButton(state, timeline, rows) {
  const path = criticalPath(timeline);
  const mark = () => {
    rows.forEach((row, at) => row.classList.toggle("critical", state.critical && path.has(at)));
    rows.forEach((row, at) => row.classList.toggle("aside", state.critical && !path.has(at)));
    button.setAttribute("aria-pressed", String(state.critical));
  };
  const button = h("button", { type: "button", class: "button", click: () => mark((state.critical = !state.critical)) }, "Critical path");
  mark();
  return button;
}

/** Closes every segment below the first, or opens all. */
function foldButton(state, timeline, rows) {
  const toggle = () => {
    const names = timeline.rows.filter((row) => row.hasChildren && row.depth > 0).map(rowName);
    if (state.closed.size) state.closed.clear();
    else names.forEach((name) => state.closed.add(name));
    button.textContent = state.closed.size ? "Expand all" : "Collapse all";
    hideFolded(state, timeline, rows);
  };
  const button = h("button", { type: "button", class: "button", click: toggle }, state.closed.size ? "Expand all" : "Collapse all");
  return button;
}

/** What a reader wants first: the deepest fault, else the first part. */
function firstToSee(timeline) {
  const faults = timeline.rows.filter((row) => row.entity.cause?.exceptions?.length);
  return faults.reduce((deepest, row) => (row.depth >= (deepest?.depth ?? 0) ? row : deepest), undefined)?.key ?? 0;
}

const rowName = (row) => row?.entity.id ?? `row ${row?.key}`;

function rowElement(row, timeline) {
  const { entity } = row;
  const kind = entity.origin ?? entity.namespace;
  const state = status(entity);
  const name = h("span", { class: "name", role: "gridcell" },
    row.hasChildren ? h("span", { class: "fold", "aria-hidden": "true" }) : h("span", { class: "leaf" }),
    h("span", { class: `dot ${state}`, title: state }),
    h("span", { class: "label" }, String(entity.name ?? "")),
    entity.annotations?.ColdStart === true ? h("span", { class: "chip cold" }, "cold start") : undefined,
    isInit(entity) ? h("span", { class: "chip cold" }, "init") : undefined,
    kind ? h("small", {}, String(kind)) : undefined);
  name.style.setProperty("--depth", Math.min(row.depth, 16));
  const took = isOpen(entity) ? "…" : format.duration(entity.end_time - entity.start_time);
  return h("div", {
    class: `row ${row.isSegment ? "segment" : ""}`,
    role: "row",
    tabindex: -1,
    "data-keep": `row ${entity.id}`,
    "aria-level": row.depth + 1,
    "aria-expanded": row.hasChildren ? "true" : undefined,
  },
    name,
    h("span", { class: "code", role: "gridcell" }, entity.http?.response?.status === undefined ? "" : String(entity.http.response.status)),
    h("span", { class: "took", role: "gridcell" }, took),
    h("span", { class: "bars", role: "gridcell" }, bar(entity, timeline, state)));
}

/** What a function does before its first invocation, as Lambda names it. */
function isInit(entity) {
  return entity.name === "Initialization" || entity.name === "Init";
}

function bar(entity, timeline, state) {
  const { left, width } = place(entity, timeline);
  const element = h("span", { class: `bar ${state}` });
  element.style.setProperty("--left", left);
  element.style.setProperty("--width", width);
  return element;
}

function select(state, timeline, rows, side, at, focus) {
  state.selected = rowName(timeline.rows[at]);
  rows.forEach((row, index) => {
    row.setAttribute("aria-selected", String(index === at));
    row.tabIndex = index === at ? 0 : -1;
  });
  if (focus) rows[at].focus();
  side.replaceChildren(...panel(timeline.rows[at], timeline));
}

function fold(state, timeline, rows, at) {
  const name = rowName(timeline.rows[at]);
  if (!state.closed.delete(name)) state.closed.add(name);
  hideFolded(state, timeline, rows);
}

function hideFolded(state, timeline, rows) {
  const isClosed = (key) => state.closed.has(rowName(timeline.rows[key]));
  timeline.rows.forEach((row, at) => {
    rows[at].hidden = row.parents.some(isClosed);
    if (row.hasChildren) rows[at].setAttribute("aria-expanded", String(!isClosed(row.key)));
  });
}

function onKey(event, state, timeline, rows, at, choose) {
  const isOpenRow = rows[at].getAttribute("aria-expanded") === "true";
  const step = (by) => {
    for (let next = at + by; rows[next]; next += by) if (!rows[next].hidden) return choose(next, true);
  };
  const actions = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    ArrowRight: () => (timeline.rows[at].hasChildren && !isOpenRow ? fold(state, timeline, rows, at) : step(1)),
    ArrowLeft: () => (isOpenRow ? fold(state, timeline, rows, at) : timeline.rows[at].parents.length && choose(timeline.rows[at].parents.at(-1), true)),
    Enter: () => choose(at, true),
  };
  if (!actions[event.key]) return;
  event.preventDefault();
  actions[event.key]();
}
