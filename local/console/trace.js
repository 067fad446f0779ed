// One trace: what it was, its timeline, and everything about the part that is selected.

import * as api from "./api.js";
import { badge, copyButton, h, link, redraw } from "./element.js";
import * as format from "./format.js";
import { logsCard, queryCard } from "./logs.js";
import { traceMap } from "./map.js";
import { timelineCard } from "./rows.js";
import { layOut, status, walk } from "./timeline.js";

const REFRESH_MILLIS = 2000;
/** Documents come late, but hardly to a trace that ended so many seconds ago; AWS charges for each look. */
const QUIET_SECONDS = 300;
const QUIET_MILLIS = 30_000;
const WORST = ["ok", "progress", "error", "throttle", "fault"];

/** Draws the trace into `view`, beside another where one is named; the result stops it. */
export function showTrace(view, id, other) {
  document.title = `${id} – X-Ray local`;
  if (other) return showPair(view, [id, other]);
  const state = { id, version: undefined, ...addressed(id), closed: new Set(), critical: false, part: undefined, map: {}, logs: [], services: [], timer: undefined, stopped: false };
  load(view, state);
  return () => {
    state.stopped = true;
    clearTimeout(state.timer);
  };
}

/** The part that is selected stands in the address, where that is of this trace alone. */
function addressed(id) {
  const isAlone = location.pathname === `/traces/${encodeURIComponent(id)}` && !new URLSearchParams(location.search).has("with");
  if (!isAlone) return { selected: undefined, keep: () => {} };
  const keep = (segment) => history.replaceState(null, "", `${location.pathname}?${new URLSearchParams({ segment })}`);
  return { selected: new URLSearchParams(location.search).get("segment") ?? undefined, keep };
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
    const [trace, logs, services] = await Promise.all([api.trace(state.id), state.logs && api.logs(state.id), api.traceGraph(state.id)]);
    if (state.stopped) return;
    Object.assign(state, { logs, services });
    const version = trace && JSON.stringify([trace, logs, services]);
    if ((version ?? "none") !== state.version) {
      state.version = version ?? "none";
      redraw(view, trace ? page(state, trace) : missing(state.id));
    }
  } catch (error) {
    if (state.stopped) return;
    if (!state.version) view.replaceChildren(h("p", { class: "problem", role: "alert" }, `Cannot read the trace: ${error.message}`));
  }
  again(view, state);
}

function again(view, state) {
  const isQuiet = Date.now() / 1000 - (state.end ?? Infinity) > QUIET_SECONDS;
  if (!state.stopped) state.timer = setTimeout(() => load(view, state), isQuiet ? QUIET_MILLIS : REFRESH_MILLIS);
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
  state.end = timeline.end;
  const rows = timelineCard(state, timeline);
  return [
    h("nav", { class: "crumbs", "aria-label": "Breadcrumb" }, link("/", "Traces"), " / ", h("span", {}, trace.id)),
    overview({ ...trace, segments }, timeline),
    mapCard(state, rows.find),
    rows.root,
    state.logs === undefined ? queryCard(trace.id, segments, timeline) : state.logs.length ? logsCard(state.logs, timeline) : "",
  ];
}

function mapCard(state, choose) {
  const map = traceMap(state.services, state.map, choose);
  return map ? h("section", { class: "card" }, h("div", { class: "head" }, h("h2", {}, "Trace map")), map) : "";
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
