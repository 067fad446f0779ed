// One trace: what it was, its timeline, and everything about the part that is selected.

import * as api from "./api.js";
import { criticalPath } from "./critical.js";
import { badge, copyButton, h, link } from "./element.js";
import * as format from "./format.js";
import { traceMap } from "./map.js";
import { panel } from "./panel.js";
import { isOpen, layOut, place, status, ticks, walk } from "./timeline.js";

const REFRESH_MILLIS = 2000;
const WORST = ["ok", "progress", "error", "throttle", "fault"];

/** Draws the trace into `view`, beside another where one is named; the result stops it. */
export function showTrace(view, id, other) {
  document.title = `${id} – X-Ray local`;
  if (other) return showPair(view, [id, other]);
  const state = { id, version: undefined, selected: undefined, closed: new Set(), critical: false, logs: [], services: [], timer: undefined, stopped: false };
  load(view, state);
  return () => {
    state.stopped = true;
    clearTimeout(state.timer);
  };
}

function showPair(view, ids) {
  const places = ids.map(() => h("div", {}));
  view.append(h("div", { class: "pair" }, places));
  const leave = ids.map((id, at) => showTrace(places[at], id));
  document.title = "Two traces – X-Ray local";
  return () => leave.forEach((it) => it());
}

/** Loads again and again: documents come late, also to a trace that looks complete. */
async function load(view, state) {
  if (document.hidden) return again(view, state);
  try {
    const [trace, logs, services] = await Promise.all([api.trace(state.id), api.logs(state.id), api.traceGraph(state.id)]);
    if (state.stopped) return;
    Object.assign(state, { logs, services });
    const version = trace && JSON.stringify([trace, logs, services]);
    if ((version ?? "none") !== state.version) {
      state.version = version ?? "none";
      const hadFocus = view.contains(document.activeElement) && document.activeElement.getAttribute("role") === "row";
      view.replaceChildren(...(trace ? page(state, trace) : [missing(state.id)]));
      if (hadFocus) view.querySelector('.row[aria-selected="true"]')?.focus();
    }
  } catch (error) {
    if (state.stopped) return;
    if (!state.version) view.replaceChildren(h("p", { class: "problem", role: "alert" }, `Cannot read the trace: ${error.message}`));
  }
  again(view, state);
}

function again(view, state) {
  if (!state.stopped) state.timer = setTimeout(() => load(view, state), REFRESH_MILLIS);
}

function missing(id) {
  return h("section", { class: "card empty" },
    h("h1", {}, "No such trace yet"),
    h("p", {}, h("code", {}, id)),
    h("p", {}, "It is shown here as soon as its first document arrives. ", link("/", "All traces")));
}

function page(state, trace) {
  // An inferred segment says what the subsegment that called it says.
  const segments = trace.segments.filter((segment) => segment.inferred !== true);
  const timeline = layOut(segments);
  return [
    h("nav", { class: "crumbs", "aria-label": "Breadcrumb" }, link("/", "Traces"), " / ", h("span", {}, trace.id)),
    overview({ ...trace, segments }, timeline),
    mapCard(state.services),
    timelineCard(state, timeline),
    state.logs.length ? logsCard(state.logs, timeline) : "",
  ];
}

function mapCard(services) {
  const map = traceMap(services);
  return map ? h("section", { class: "card" }, h("div", { class: "head" }, h("h2", {}, "Trace map")), map) : "";
}

/** What the trace's functions wrote, in time. */
function logsCard(logs, timeline) {
  const lines = logs.map((event) => h("tr", {},
    h("td", { class: "number", title: format.time(event.Time) }, `+${format.duration(Math.max(0, event.Time - timeline.start))}`),
    h("td", { class: "entry" }, event.Function ?? ""),
    h("td", {}, h("pre", { class: "line" }, pretty(event.Message)))));
  return h("section", { class: "card" },
    h("div", { class: "head" }, h("h2", {}, "Logs ", h("span", { class: "count" }, `(${logs.length})`))),
    h("table", { class: "logs" }, h("thead", {}, h("tr", {}, ["Time", "Function", "Message"].map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, lines)));
}

/** A message without the line's end; one that is JSON by its own words where it has some. */
function pretty(message) {
  const text = String(message ?? "").trimEnd();
  if (!text.startsWith("{")) return text;
  try {
    const fields = JSON.parse(text);
    const words = fields.message ?? fields.msg ?? fields.fields?.message;
    return words === undefined ? text : `${fields.level ? `${fields.level} ` : ""}${format.plain(words)}\n${text}`;
  } catch {
    return text;
  }
}

function overview(trace, timeline) {
  const root = timeline.rows[0]?.entity ?? {};
  const entities = [...walk(trace.segments)];
  const worst = entities.map(status).reduce((a, b) => (WORST.indexOf(b) > WORST.indexOf(a) ? b : a), "ok");
  const request = root.http?.request ?? {};
  const facts = [
    ["Status", badge(worst)],
    ["Duration", format.duration(timeline.end - timeline.start)],
    ["Started", `${format.time(timeline.start)} (${format.age(timeline.start)})`],
    ["Response code", root.http?.response?.status ?? "–"],
    ["Request", [request.method, request.url].filter(Boolean).join(" ") || "–"],
    ["Segments", `${trace.segments.length} with ${entities.length - trace.segments.length} subsegments`],
  ];
  const command = `aws xray batch-get-traces --trace-ids ${trace.id} --endpoint-url ${location.origin}`;
  return h("section", { class: "card" },
    h("div", { class: "head" }, h("h1", {}, "Trace ", h("span", { class: "mono" }, trace.id)),
      h("div", { class: "tools" }, copyButton("Copy id", trace.id), copyButton("Copy aws command", command), exportButton(trace), compareForm(trace.id))),
    trace.limitExceeded ? h("p", { class: "problem" }, "This trace is too large; some of its documents are not shown.") : undefined,
    h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value instanceof Node ? value : String(value))))));
}

/** Leads to this trace beside another. */
function compareForm(id) {
  const form = h("form", { action: `/traces/${id}`, method: "get" },
    h("input", { name: "with", class: "field", "aria-label": "Id of a trace to compare with", placeholder: "compare with id", autocomplete: "off", spellcheck: "false" }));
  return form;
}

/** The documents as `PutTraceSegments` takes them, so that the trace can be sent to another X-Ray. */
function exportButton(trace) {
  const save = () => {
    const documents = trace.segments.map((segment) => JSON.stringify(segment));
    const file = new Blob([JSON.stringify({ TraceSegmentDocuments: documents }, undefined, 2)], { type: "application/json" });
    const address = URL.createObjectURL(file);
    h("a", { href: address, download: `${trace.id}.json` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  };
  return h("button", { type: "button", class: "button", click: save }, "Export JSON");
}

function timelineCard(state, timeline) {
  const side = h("aside", { class: "panel", "aria-label": "Selected segment" });
  const body = h("div", { class: "rows", role: "treegrid", "aria-label": "Segments timeline" });
  const rows = timeline.rows.map((row) => rowElement(row, timeline));
  const choose = (at, focus) => select(state, timeline, rows, side, at, focus);
  rows.forEach((element, at) => {
    element.addEventListener("click", (event) => (event.target.closest(".fold") ? fold(state, timeline, rows, at) : choose(at, false)));
    element.addEventListener("keydown", (event) => onKey(event, state, timeline, rows, at, choose));
  });
  body.append(...rows);
  const [, step] = ticks(timeline.end - timeline.start, 5);
  body.style.setProperty("--step", `${(100 * (step ?? 0)) / (timeline.end - timeline.start) || 100}%`);
  hideFolded(state, timeline, rows);
  const known = timeline.rows.findIndex((row) => rowName(row) === state.selected);
  if (rows.length) choose(known >= 0 ? known : firstToSee(timeline), false);
  return h("section", { class: "card" },
    h("div", { class: "head" }, h("h2", {}, "Segments timeline"), h("div", { class: "tools" }, criticalButton(state, timeline, rows), foldButton(state, timeline, rows))),
    h("div", { class: "split" }, h("div", { class: "timeline" }, axis(timeline), body), side));
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

function axis(timeline) {
  const whole = timeline.end - timeline.start;
  const marks = ticks(whole, matchMedia("(max-width: 700px)").matches ? 3 : 5);
  const scale = h("div", { class: "scale", "aria-hidden": "true" });
  // One at the very end has no room for its words.
  for (const seconds of marks.filter((it) => it / whole < 0.92)) {
    const mark = h("span", {}, seconds ? format.duration(seconds).replace(/\.0+(?= )/, "") : "0");
    mark.style.left = `${(seconds / whole) * 100}%`;
    scale.append(mark);
  }
  return h("div", { class: "row axis", role: "presentation" },
    h("span", { class: "name" }, "Name"), h("span", { class: "code" }, "Code"), h("span", { class: "took" }, "Duration"), scale);
}

function rowElement(row, timeline) {
  const { entity } = row;
  const kind = entity.origin ?? entity.namespace;
  const state = status(entity);
  const name = h("span", { class: "name", role: "gridcell" },
    row.hasChildren ? h("span", { class: "fold", "aria-hidden": "true" }) : h("span", { class: "leaf" }),
    h("span", { class: `dot ${state}`, title: state }),
    h("span", { class: "label" }, String(entity.name ?? "")),
    entity.annotations?.ColdStart === true ? h("span", { class: "chip cold" }, "cold start") : undefined,
    kind ? h("small", {}, String(kind)) : undefined);
  name.style.setProperty("--depth", Math.min(row.depth, 16));
  const took = isOpen(entity) ? "…" : format.duration(entity.end_time - entity.start_time);
  return h("div", {
    class: `row ${row.isSegment ? "segment" : ""}`,
    role: "row",
    tabindex: -1,
    "aria-level": row.depth + 1,
    "aria-expanded": row.hasChildren ? "true" : undefined,
  },
    name,
    h("span", { class: "code", role: "gridcell" }, entity.http?.response?.status === undefined ? "" : String(entity.http.response.status)),
    h("span", { class: "took", role: "gridcell" }, took),
    h("span", { class: "bars", role: "gridcell" }, bar(entity, timeline, state)));
}

function bar(entity, timeline, state) {
  const { left, width } = place(entity, timeline);
  const element = h("span", { class: `bar ${state}`, title: `${entity.name}: starts after ${format.duration(entity.start_time - timeline.start)}` });
  element.style.left = `${left}%`;
  element.style.width = `${width}%`;
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
