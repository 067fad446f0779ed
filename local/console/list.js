// The list of traces: the newest first, by itself up to date.

import { summaries } from "./api.js";
import { badge, h, link } from "./element.js";
import * as format from "./format.js";

const REFRESH_MILLIS = 2000;
const RANGES = [[300, "5 minutes"], [3600, "1 hour"], [21600, "6 hours"], [86400, "1 day"], [2592000, "30 days"]];

/** Draws the list into `view`; the result stops it. */
export function showList(view) {
  document.title = "Traces – X-Ray local";
  const state = { seconds: 3600, paused: false, page: [], older: [], next: undefined, timer: undefined, stopped: false };
  const parts = frame(state, () => refresh(state, parts));
  view.append(parts.root);
  refresh(state, parts);
  return () => {
    state.stopped = true;
    clearTimeout(state.timer);
  };
}

function frame(state, refresh) {
  const range = h("select", { "aria-label": "Time range", change: () => choose(Number(range.value)) },
    RANGES.map(([seconds, words]) => h("option", { value: seconds, selected: seconds === state.seconds }, `Last ${words}`)));
  const pause = h("button", { type: "button", class: "button live", "aria-pressed": "true", click: toggle }, "Live");
  const count = h("span", { class: "count" });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const rows = h("tbody");
  const more = h("button", { type: "button", class: "button", hidden: true, click: () => loadOlder(state, parts) }, "Older traces");
  const table = h("table", { class: "traces" }, heading(), rows);
  const empty = emptyState();
  function choose(seconds) {
    Object.assign(state, { seconds, older: [], next: undefined });
    refresh();
  }
  function toggle() {
    state.paused = !state.paused;
    pause.setAttribute("aria-pressed", String(!state.paused));
    pause.textContent = state.paused ? "Paused" : "Live";
    refresh();
  }
  const root = h("section", { class: "card" },
    h("div", { class: "head" }, h("h1", {}, "Traces ", count), h("div", { class: "tools" }, range, pause)),
    problem, table, empty, h("div", { class: "foot" }, more));
  const parts = { root, rows, count, problem, more, table, empty, drawn: new Map() };
  return parts;
}

function heading() {
  const names = ["Trace", "Status", "Started", "Duration", "Response", "Entry point", "Request", "Annotations"];
  return h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, name))));
}

function emptyState() {
  return h("div", { class: "empty", hidden: true },
    h("h2", {}, "No traces in this time"),
    h("p", {}, "Send some here: give this to the extension, to an AWS SDK or to the AWS CLI."),
    h("pre", {}, `AWS_ENDPOINT_URL_XRAY=${location.origin}`));
}

async function refresh(state, parts) {
  clearTimeout(state.timer);
  try {
    if (!document.hidden) await readNewest(state);
    parts.problem.hidden = true;
  } catch (error) {
    complain(parts, error);
  }
  if (state.stopped) return;
  draw(state, parts);
  if (!state.paused) state.timer = setTimeout(() => refresh(state, parts), REFRESH_MILLIS);
}

async function readNewest(state) {
  const page = await summaries(state.seconds);
  state.page = page.TraceSummaries;
  if (!state.older.length) state.next = page.NextToken;
}

function complain(parts, error) {
  parts.problem.textContent = `Cannot read traces: ${error.message}`;
  parts.problem.hidden = false;
}

async function loadOlder(state, parts) {
  const page = await summaries(state.seconds, state.next).catch((error) => complain(parts, error));
  if (!page || state.stopped) return;
  // The first page moves on with time; what it held when older ones were asked for stays shown.
  state.older = [...(state.older.length ? state.older : state.page), ...page.TraceSummaries];
  state.next = page.NextToken;
  draw(state, parts);
}

function draw(state, parts) {
  const all = new Map([...state.page, ...state.older].map((summary) => [summary.Id, summary]));
  for (const summary of state.page) all.set(summary.Id, summary);
  const sorted = [...all.values()].sort((a, b) => b.StartTime - a.StartTime);
  const drawn = new Map();
  for (const summary of sorted) {
    const version = `${summary.Revision} ${summary.IsPartial}`;
    const before = parts.drawn.get(summary.Id);
    drawn.set(summary.Id, before?.version === version ? before : { version, row: row(summary) });
  }
  const wanted = [...drawn.values()].map((it) => it.row);
  // Touch the page only where something changed, so that focus and selection stay.
  const isSame = wanted.length === parts.rows.children.length && wanted.every((it, at) => parts.rows.children[at] === it);
  if (!isSame) parts.rows.replaceChildren(...wanted);
  for (const cell of parts.rows.querySelectorAll("[data-start]")) {
    const text = format.age(Number(cell.dataset.start));
    if (cell.textContent !== text) cell.textContent = text;
  }
  parts.drawn = drawn;
  parts.count.textContent = `(${sorted.length}${state.next ? "+" : ""})`;
  parts.more.hidden = !state.next;
  parts.table.hidden = !sorted.length;
  parts.empty.hidden = sorted.length > 0 || !parts.problem.hidden;
}

function row(summary) {
  const { Http: http, EntryPoint: entry } = summary;
  return h("tr", {},
    h("td", { class: "id" }, link(`/traces/${summary.Id}`, summary.Id)),
    h("td", {}, badge(summaryStatus(summary))),
    h("td", { class: "when", "data-start": summary.StartTime, title: format.time(summary.StartTime) }, format.age(summary.StartTime)),
    h("td", { class: "number" }, format.duration(summary.Duration)),
    h("td", { class: "number" }, http.HttpStatus === undefined ? "–" : String(http.HttpStatus)),
    h("td", { class: "entry" }, entry?.Name ?? "–", entry?.Type ? h("small", {}, entry.Type) : undefined),
    h("td", { class: "request" }, [http.HttpMethod, http.HttpURL].filter(Boolean).join(" ") || "–"),
    h("td", { class: "annotations" }, annotations(summary)));
}

function annotations(summary) {
  const entries = Object.entries(summary.Annotations);
  const cold = entries.some(([key, values]) => key === "ColdStart" && values.some((it) => it.AnnotationValue.BooleanValue));
  const others = entries.filter(([key]) => key !== "ColdStart");
  const words = others.slice(0, 3).map(([key, values]) => {
    const value = Object.values(values[0]?.AnnotationValue ?? {})[0];
    return h("span", { class: "chip" }, `${key}=${format.plain(value)}${values.length > 1 ? "…" : ""}`);
  });
  const rest = others.length > 3 ? h("span", { class: "chip" }, `+${others.length - 3}`) : undefined;
  return [cold ? h("span", { class: "chip cold" }, "cold start") : undefined, words, rest];
}

function summaryStatus(summary) {
  if (summary.HasFault) return "fault";
  if (summary.HasThrottle) return "throttle";
  if (summary.HasError) return "error";
  return summary.IsPartial ? "progress" : "ok";
}
