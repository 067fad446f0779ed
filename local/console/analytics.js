// Analytics: how response times are distributed, when they happened, and what sets one set of traces apart from another.

import { href, period, read } from "./address.js";
import { analytics, groups } from "./api.js";
import { bars, seconds } from "./chart.js";
import { h, link } from "./element.js";
import { filterBar } from "./filter.js";
import * as format from "./format.js";
import { and, inGroup, outsideGroup, quote } from "./query.js";
import { groupSelect, timeSelect } from "./scope.js";

const RANGES = [[900, "15 minutes"], [3600, "1 hour"], [21600, "6 hours"], [86400, "1 day"], [2592000, "30 days"]];
const BEFORE = [[0, "no other time"], [3600, "an hour before"], [86400, "a day before"], [604800, "a week before"]];
const FIELDS = [["url", "URL"], ["status", "Response code"], ["method", "Method"], ["user", "User"], ["service", "Service"], ["subsegment", "Subsegment"], ["entry", "Entry point"]];
const NOTHING = { services: [], annotations: new Map(), urls: [] };

/** Draws the analysis into `view`; `go` leads to another address. The result stops it. */
export function showAnalytics(view, go) {
  document.title = "Analytics – X-Ray local";
  const state = { ...read(location.search), stopped: false };
  const { since, from, to, group, filter, by, against, before } = state;
  const change = (changes) => go(href("/analytics", { since, from, to, group, filter, by, against, before, ...changes }));
  const one = filterBar("Filter expression of set A", () => NOTHING, (text) => change({ filter: text }));
  const other = filterBar("Filter expression of set B", () => NOTHING, (text) => change({ against: text }));
  const chosen = groupSelect(group, change);
  groups().then(chosen.offer, () => {});
  one.show(filter);
  other.show(against);
  const result = h("div", {}, h("p", { class: "notice" }, "Reading …"));
  view.append(h("section", { class: "card" },
    h("div", { class: "head" }, h("h1", {}, "Analytics"), h("div", { class: "tools" }, chosen.root, ...choices(state, change))),
    h("div", { class: "set" }, h("strong", { class: "mark one" }, "A"), one.root),
    h("div", { class: "set" }, h("strong", { class: "mark other" }, "B"), other.root),
    result));
  load(state, result, change, [one, other]);
  return () => (state.stopped = true);
}

function choices(state, change) {
  const select = (label, options, current, apply) => {
    const element = h("select", { "aria-label": label, change: () => apply(element.value) },
      options.map(([value, words]) => h("option", { value, selected: String(value) === String(current) }, words)));
    return element;
  };
  const key = /^annotation\.(.*)$/.exec(state.by)?.[1];
  const fields = [...FIELDS.map(([value, words]) => [value, `By ${words}`]), ...(key ? [[state.by, `By annotation ${key}`]] : []), ["annotation", "By annotation …"]];
  const annotation = h("form", { class: "key", hidden: true, submit: named }, h("input", { name: "key", "aria-label": "Annotation key", placeholder: "annotation key", autocomplete: "off" }));
  function named(event) {
    event.preventDefault();
    const name = new FormData(event.target).get("key").trim();
    if (name) change({ by: `annotation.${name}` });
  }
  const group = (value) => {
    if (value !== "annotation") return change({ by: value });
    annotation.hidden = false;
    annotation.querySelector("input").focus();
  };
  return [
    select("Group by", fields, state.by, group), annotation,
    timeSelect(state, RANGES, change),
    select("Compared with", BEFORE.map(([value, words]) => [value, value ? `B: ${words}` : "B: same time"]), state.before, (value) => change({ before: Number(value) })),
  ];
}

function question(state) {
  const [begin, end] = period(state);
  const isCompared = state.against !== "" || state.before > 0;
  return {
    StartTime: begin, EndTime: end, FilterExpression: inGroup(state.group, state.filter) || undefined, By: state.by, Buckets: 48,
    Compare: isCompared ? { StartTime: begin - state.before, EndTime: end - state.before, FilterExpression: inGroup(state.group, state.against || state.filter) || undefined } : undefined,
  };
}

async function load(state, result, change, [one, other]) {
  try {
    const answer = await analytics(question(state));
    if (state.stopped) return;
    result.replaceChildren(...draw(answer, state, change));
  } catch (error) {
    if (state.stopped) return;
    const isOfFilter = /FilterExpression/.test(error.message);
    if (isOfFilter) (/Compare/.test(error.message) ? other : one).complain(outsideGroup(state.group, error.message));
    result.replaceChildren(isOfFilter ? "" : h("p", { class: "problem", role: "alert" }, error.isThere === false ? "Only xray-local answers this; AWS's own X-Ray does not." : `Cannot analyze: ${error.message}`));
  }
}

function draw(answer, state, change) {
  const sets = [answer.A, answer.B].filter(Boolean);
  if (sets.every((set) => !set.Count)) return [h("div", { class: "empty" }, h("h2", {}, "No traces in this time"), h("p", {}, "A longer time or a shorter filter finds some."))];
  return [sums(sets, state), distribution(sets, state, change), activity(sets, change), ...rows(answer, state)];
}

/** What of the address says which traces are meant. */
const scopeOf = ({ since, from, to, group }) => ({ since, from, to, group });

function sums(sets, state) {
  const shown = scopeOf(state);
  const share = (count, set) => `${((count / Math.max(1, set.Count)) * 100).toFixed(1)} %`;
  return h("table", { class: "services sums" },
    h("thead", {}, h("tr", {}, ["Set", "Traces", "Faults", "Errors", "Throttles", "p50", "p90", "p95", "p99"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, sets.map((set, at) => h("tr", {},
      h("th", { scope: "row" }, h("strong", { class: `mark ${at ? "other" : "one"}` }, at ? "B" : "A"), " ",
        link(href("/", { ...shown, filter: at ? state.against || state.filter : state.filter }), "View traces")),
      h("td", {}, String(set.Count)),
      [["fault", set.Fault], ["error", set.Error], ["throttle", set.Throttle]].map(([status, count]) => h("td", { class: count ? status : undefined }, share(count, set))),
      ["P50", "P90", "P95", "P99"].map((name) => h("td", {}, format.duration(set.Percentiles[name])))))));
}

function distribution(sets, state, change) {
  const buckets = sets[0].Histogram;
  if (!buckets.length) return "";
  const places = buckets.map((bucket, at) => sets.map((set, index) => {
    const count = set.Histogram[at]?.Count ?? 0;
    return { value: count, status: index ? "other" : "one", title: `${format.duration(bucket.From)} – ${format.duration(bucket.To)}: ${count}` };
  }));
  const brush = ([from, to]) => {
    const low = buckets[Math.floor(from * buckets.length)].From;
    const high = buckets[Math.min(buckets.length - 1, Math.floor(to * buckets.length))].To;
    const part = `responsetime >= ${seconds(low)} AND responsetime <= ${seconds(high)}`;
    // The rest is what the part is to be told apart from.
    change({ filter: and(state.filter, part), against: state.against || and(state.filter, `!(${part})`) });
  };
  return h("div", { class: "spread" },
    h("p", { class: "edges" }, h("span", {}, "Response times; draw over a part to compare it with the rest")),
    bars(places, "Distribution of response times", brush),
    h("p", { class: "edges" }, h("span", {}, format.duration(buckets[0].From)), h("span", {}, format.duration(buckets.at(-1).To))));
}

function activity(sets, change) {
  const minutes = sets[0].Activity;
  if (!minutes.length) return "";
  const places = minutes.map((it) => [{ value: it.Count, part: it.Fault, status: "one", title: `${format.time(it.Time)}: ${it.Count}, of which ${it.Fault} faults` }]);
  const step = minutes.length > 1 ? minutes[1].Time - minutes[0].Time : 60;
  const brush = ([from, to]) => change({ from: minutes[Math.floor(from * minutes.length)].Time, to: minutes[Math.min(minutes.length - 1, Math.floor(to * minutes.length))].Time + step });
  return h("div", { class: "spread" },
    h("p", { class: "edges" }, h("span", {}, "Traces over time, those with faults in red; draw over a part to see it alone")),
    bars(places, "Traces over time", brush),
    h("p", { class: "edges" }, h("span", {}, format.time(minutes[0].Time).slice(5, -4)), h("span", {}, format.time(minutes.at(-1).Time).slice(5, -4))));
}

function rows(answer, state) {
  const isPair = answer.B !== undefined && answer.B !== null;
  const names = ["Value", "A", "Share", "p50", "p95", "Faults", ...(isPair ? ["B", "Share", "p95", "Faults", "Difference"] : [])];
  const percent = (part) => `${(part * 100).toFixed(1)} %`;
  const cells = (set, all) => (set?.Count ? [set.Count, percent(set.Share), ...(all ? [format.duration(set.P50)] : []), format.duration(set.P95), percent(set.FaultRate)] : ["0", "–", ...(all ? ["–"] : []), "–", "–"]);
  const shown = scopeOf(state);
  const body = answer.Rows.map((row) => h("tr", {},
    h("th", { scope: "row" }, term(state.by, row.Value) ? link(href("/", { ...shown, filter: and(state.filter, term(state.by, row.Value)) }), row.Value) : row.Value),
    cells(row.A, true).map((cell) => h("td", {}, String(cell))),
    isPair ? [cells(row.B, false).map((cell) => h("td", {}, String(cell))), h("td", { class: "difference" }, signed(row.Difference))] : undefined));
  return [
    h("table", { class: "services values" }, h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, body)),
    answer.Truncated ? h("p", { class: "notice" }, "There are more values; a filter narrows them.") : "",
  ];
}

function signed(difference) {
  const percent = (difference ?? 0) * 100;
  return `${percent > 0 ? "+" : ""}${percent.toFixed(1)} %`;
}

/** The filter that finds the traces of a row, where there is one. */
function term(by, value) {
  if (value === "(other)" || value === "") return undefined;
  const key = /^annotation\.(.*)$/.exec(by)?.[1];
  if (key) return `annotation.${key} = ${/^(true|false|-?\d+(\.\d+)?)$/.test(value) ? value : quote(value)}`;
  const terms = { url: `http.url = ${quote(value)}`, status: `http.status = ${value}`, method: `http.method = ${quote(value)}`, user: `user = ${quote(value)}`, service: `service(${quote(value)})` };
  return terms[by];
}
