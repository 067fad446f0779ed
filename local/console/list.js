// The list of traces: filtered, refined, the newest first, and by itself up to date.

import { href, period, read } from "./address.js";
import { groups, put, summaries } from "./api.js";
import { logScale, scatter, seconds } from "./chart.js";
import { documentsOf, traceIdOf } from "./documents.js";
import { badge, h, link } from "./element.js";
import { filterBar } from "./filter.js";
import * as format from "./format.js";
import { live } from "./live.js";
import { and, inGroup, outsideGroup, splitAnd, traceId, without } from "./query.js";
import { refiners } from "./refine.js";
import { groupSelect, timeSelect } from "./scope.js";
import { facets, summaryStatus, valueOf, vocabulary } from "./seen.js";

const RANGES = [[300, "5 minutes"], [3600, "1 hour"], [21600, "6 hours"], [86400, "1 day"], [2592000, "30 days"]];
/** Points of the chart; more could not be told apart. */
const POINTS = 1500;
/** Rows that come by scrolling alone. */
const MOST_BY_ITSELF = 5000;

/** Draws the list into `view`; `go` leads to another address. The result stops it. */
export function showList(view, go) {
  document.title = "Traces – X-Ray local";
  const state = { ...read(location.search), page: [], older: [], next: undefined, asked: 0, isLoading: false, isWrong: false, stopped: false };
  const parts = frame(state, go);
  view.append(parts.root);
  parts.bar.show(state.filter);
  groups().then(parts.group.offer, () => {});
  const watch = live(() => refresh(state, parts));
  parts.pause.addEventListener("click", () => {
    const isPaused = parts.pause.getAttribute("aria-pressed") === "true";
    parts.pause.setAttribute("aria-pressed", String(!isPaused));
    parts.pause.textContent = isPaused ? "Paused" : "Live";
    watch.pause(isPaused);
  });
  return () => {
    state.stopped = true;
    watch.stop();
  };
}

function frame(state, go) {
  const shown = ({ since, from, to, group, filter }) => ({ since, from, to, group, filter });
  const change = (changes) => go(href("/", shown({ ...state, ...changes })));
  const seen = () => vocabulary([...state.page, ...state.older]);
  const apply = (text) => (traceId(text) ? go(`/traces/${traceId(text)}`) : change({ filter: text }));
  const parts = {
    group: groupSelect(state.group, change),
    bar: filterBar("Filter expression", seen, apply),
    pause: h("button", { type: "button", class: "button live", "aria-pressed": "true" }, "Live"),
    count: h("span", { class: "count" }),
    problem: h("p", { class: "problem", role: "alert", hidden: true }),
    chart: h("div", { class: "spread" }),
    refine: h("div", { class: "facets" }),
    rows: h("tbody"),
    more: h("button", { type: "button", class: "button", hidden: true, click: () => loadOlder(state, parts) }, "Older traces"),
    empty: h("div", { class: "empty", hidden: true }),
    drawn: new Map(),
    change,
  };
  // Whoever reads on gets more by itself; beyond that somebody has to want it.
  const near = new IntersectionObserver(([it]) => it.isIntersecting && scrollY > 0 && parts.rows.childElementCount < MOST_BY_ITSELF && loadOlder(state, parts), { rootMargin: "600px" });
  near.observe(parts.more);
  parts.table = h("table", { class: "traces" }, heading(), parts.rows);
  parts.details = h("details", { class: "refine" }, h("summary", {}, "Refine by what these traces have in common"), parts.refine);
  parts.details.addEventListener("toggle", () => drawRefiners(state, parts));
  parts.root = h("section", { class: "card" },
    h("div", { class: "head" }, h("h1", {}, "Traces ", parts.count), h("div", { class: "tools" }, parts.group.root, timeSelect(state, RANGES, change), importButton(parts, go), parts.pause)),
    parts.bar.root, parts.problem, parts.chart, parts.details, parts.table, parts.empty, h("div", { class: "foot" }, parts.more));
  return parts;
}

/** Takes traces from a file, and opens the first. */
function importButton(parts, go) {
  const file = h("input", { type: "file", accept: "application/json,.json", hidden: true, "aria-label": "File with traces" });
  file.addEventListener("change", async () => {
    try {
      const documents = documentsOf(await file.files[0].text());
      await put(documents);
      go(`/traces/${traceIdOf(documents)}`);
    } catch (error) {
      parts.problem.textContent = `Cannot import: ${error.message}`;
      parts.problem.hidden = false;
    }
  });
  return h("span", {}, file, h("button", { type: "button", class: "button", click: () => file.click() }, "Import"));
}

function heading() {
  const names = ["Trace", "Status", "Started", "Duration", "Response", "Entry point", "Request", "Annotations"];
  return h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, name))));
}

function emptyState(isFiltered) {
  if (isFiltered) return [h("h2", {}, "No trace of this time passes the filter"), h("p", {}, "A longer time, a shorter filter or all groups find more.")];
  return [
    h("h2", {}, "No traces in this time"),
    h("p", {}, "Any X-Ray SDK on this machine sends here by itself. Give this to the extension, to an AWS SDK or to the AWS CLI:"),
    h("pre", {}, `AWS_ENDPOINT_URL_XRAY=${location.origin}`),
  ];
}

async function refresh(state, parts) {
  // An answer that was overtaken by a newer question is not shown.
  const turn = (state.asked += 1);
  try {
    const page = await summaries(period(state), inGroup(state.group, state.filter));
    if (state.stopped || turn !== state.asked) return;
    state.page = page.TraceSummaries;
    if (!state.older.length) state.next = page.NextToken;
    parts.bar.complain(undefined);
    parts.problem.hidden = true;
    state.isWrong = false;
  } catch (error) {
    if (state.stopped || turn !== state.asked) return;
    complain(state, parts, error);
    state.isWrong = true;
  }
  draw(state, parts);
}

function complain(state, parts, error) {
  if (/^FilterExpression/.test(error.message)) return parts.bar.complain(outsideGroup(state.group, error.message));
  parts.problem.textContent = `Cannot read traces: ${error.message}`;
  parts.problem.hidden = false;
}

async function loadOlder(state, parts) {
  if (state.isLoading) return;
  state.isLoading = true;
  const page = await summaries(period(state), inGroup(state.group, state.filter), state.next).catch((error) => complain(state, parts, error));
  state.isLoading = false;
  if (!page || state.stopped) return;
  // The first page moves on with time; what it held when older ones were asked for stays shown.
  state.older = [...(state.older.length ? state.older : state.page), ...page.TraceSummaries];
  state.next = page.NextToken;
  draw(state, parts);
}

function draw(state, parts) {
  const sorted = all(state);
  const drawn = new Map();
  for (const summary of sorted) {
    const version = `${summary.Revision} ${summary.IsPartial}`;
    const before = parts.drawn.get(summary.Id);
    drawn.set(summary.Id, before?.version === version ? before : { version, row: row(summary) });
  }
  const isSame = replace(parts.rows, [...drawn.values()].map((it) => it.row));
  for (const cell of parts.rows.querySelectorAll("[data-start]")) {
    const text = format.age(Number(cell.dataset.start));
    if (cell.textContent !== text) cell.textContent = text;
  }
  parts.drawn = drawn;
  parts.count.textContent = `(${sorted.length}${state.next ? "+" : ""})`;
  parts.more.hidden = !state.next;
  parts.table.hidden = !sorted.length;
  parts.details.hidden = !sorted.length;
  parts.chart.hidden = sorted.length < 2;
  parts.empty.hidden = sorted.length > 0 || state.isWrong;
  parts.empty.replaceChildren(...emptyState(state.filter !== "" || state.group !== ""));
  if (isSame) return;
  drawSpread(sorted.slice(0, POINTS), state, parts);
  drawRefiners(state, parts);
}

/** Touches the page only where something changed, so that focus and selection stay, and thousands of rows cost nothing; true when nothing did. */
function replace(rows, wanted) {
  const isWanted = new Set(wanted);
  const gone = [...rows.children].filter((row) => !isWanted.has(row));
  for (const row of gone) row.remove();
  let [place, isSame] = [rows.firstElementChild, gone.length === 0];
  for (const row of wanted) {
    if (row === place) {
      place = place.nextElementSibling;
      continue;
    }
    rows.insertBefore(row, place);
    isSame = false;
  }
  return isSame;
}

function all(state) {
  const known = new Map([...state.older, ...state.page].map((summary) => [summary.Id, summary]));
  return [...known.values()].sort((a, b) => b.StartTime - a.StartTime);
}

function drawRefiners(state, parts) {
  if (!parts.details.open) return;
  const toggle = (term) => {
    const isSet = splitAnd(state.filter).includes(term);
    parts.change({ filter: isSet ? without(state.filter, term) : and(state.filter, term) });
  };
  parts.refine.replaceChildren(...refiners(facets(all(state)), state.filter, toggle));
}

function drawSpread(newest, state, parts) {
  const version = newest.map((it) => `${it.Id} ${it.Revision}`).join();
  if (parts.chart.hidden || parts.spread === version) return;
  parts.spread = version;
  parts.chart.replaceChildren(...spread(newest, state, parts.change));
}

/** Duration over time; what is drawn over becomes the time and a part of the filter. */
function spread(newest, state, change) {
  const scale = logScale(newest.map((it) => it.Duration));
  const times = newest.map((it) => it.StartTime);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const length = Math.max(1e-3, last - first);
  const points = newest.map((it) => ({
    x: (it.StartTime - first) / length,
    y: scale.to(it.Duration),
    status: summaryStatus(it),
    title: `${it.EntryPoint?.Name ?? it.Id}, ${format.duration(it.Duration)}, ${format.time(it.StartTime)}`,
  }));
  const brush = ({ x, y }) => change({
    from: Math.floor((first + x[0] * length) * 1000) / 1000,
    to: Math.ceil((first + x[1] * length) * 1000) / 1000,
    filter: and(state.filter, `duration >= ${seconds(scale.from(y[0]) * 0.995)} AND duration <= ${seconds(scale.from(y[1]) * 1.005)}`),
  });
  const edges = (from, to) => h("p", { class: "edges" }, h("span", {}, from), h("span", {}, to));
  return [
    h("p", { class: "edges" }, h("span", {}, `Duration over time, up to ${format.duration(scale.from(1))}; draw over a part to see it alone`)),
    scatter(points, `Durations of ${newest.length} traces over time`, brush),
    edges(`${format.time(first).slice(11, -4)}, ${format.duration(scale.from(0))}`, format.time(last).slice(11, -4)),
  ];
}

function row(summary) {
  const { Http: http = {}, EntryPoint: entry } = summary;
  return h("tr", {},
    h("td", { class: "id" }, link(`/traces/${summary.Id}`, summary.Id)),
    h("td", {}, badge(summaryStatus(summary))),
    h("td", { class: "when", "data-start": summary.StartTime, title: format.time(summary.StartTime) }, format.age(summary.StartTime)),
    h("td", { class: "number" }, format.duration(summary.Duration)),
    h("td", { class: "number" }, http.HttpStatus === undefined ? "–" : String(http.HttpStatus)),
    h("td", { class: "entry" }, entry?.Name ?? "–", entry?.Type ? h("small", {}, entry.Type.replaceAll("::", "::\u200b")) : undefined),
    h("td", { class: "request" }, [http.HttpMethod, http.HttpURL].filter(Boolean).join(" ") || "–"),
    h("td", { class: "annotations" }, annotations(summary)));
}

function annotations(summary) {
  const entries = Object.entries(summary.Annotations ?? {});
  const cold = entries.some(([key, values]) => key === "ColdStart" && values.some((it) => it.AnnotationValue.BooleanValue));
  const others = entries.filter(([key]) => key !== "ColdStart");
  const words = others.slice(0, 3).map(([key, values]) =>
    h("span", { class: "chip" }, `${key}=${format.plain(valueOf(values[0]))}${values.length > 1 ? "…" : ""}`));
  const rest = others.length > 3 ? h("span", { class: "chip" }, `+${others.length - 3}`) : undefined;
  return [cold ? h("span", { class: "chip cold" }, "cold start") : undefined, words, rest];
}
