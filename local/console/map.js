// The trace map: which services called which, how often, how fast and how well.

import { href, period, read as readAddress } from "./address.js";
import { groups, serviceGraph } from "./api.js";
import { h, redraw } from "./element.js";
import * as format from "./format.js";
import { STATUSES, busiest, failedShare, read } from "./graph.js";
import { drawInsights, findInsights } from "./insights.js";
import { pannable } from "./pan.js";
import { drawing } from "./picture.js";
import { groupSelect, timeSelect } from "./scope.js";
import { serviceCard } from "./service.js";

const REFRESH_MILLIS = 3000;
const RANGES = [[300, "5 minutes"], [3600, "1 hour"], [21600, "6 hours"]];

/** More services are an accident, such as an id in a name, and no map to look at. */
const MOST_DRAWN = 500;

/** Draws the map into `view`; `go` leads to another address. The result stops it. */
export function showMap(view, go) {
  document.title = "Trace map – X-Ray local";
  const state = { ...readAddress(location.search), bySize: false, camera: undefined, isHeld: false, version: undefined, services: [], groups: [], timer: undefined, stopped: false };
  const change = (changes) => go(href("/map", { ...scopeOf(state), ...changes }));
  const group = groupSelect(state.group, change);
  const parts = {
    count: h("span", { class: "count" }),
    problem: h("p", { class: "problem", role: "alert", hidden: true }),
    map: h("div"),
    choice: h("div"),
    insights: h("div"),
    list: h("section", { class: "card", hidden: true }),
  };
  view.append(
    h("section", { class: "card" },
      h("div", { class: "head" }, h("h1", {}, "Trace map ", parts.count),
        h("div", { class: "tools" }, legend(), sizeButton(state, () => draw(state, parts)), group.root, timeSelect(state, RANGES, change))),
      parts.problem, parts.map),
    parts.insights, parts.choice, parts.list);
  start(state, parts, group);
  return () => {
    state.stopped = true;
    clearTimeout(state.timer);
  };
}

/** What of the address says which traces are meant. */
const scopeOf = ({ since, from, to, group }) => ({ since, from, to, group });

async function start(state, parts, group) {
  state.groups = await groups().catch(() => []);
  if (state.stopped) return;
  group.offer(state.groups);
  await refresh(state, parts);
}

function sizeButton(state, again) {
  const size = h("button", { type: "button", class: "button", "aria-pressed": "false", click: () => {
    state.bySize = !state.bySize;
    size.setAttribute("aria-pressed", String(state.bySize));
    again();
  } }, "Size by traffic");
  return size;
}

async function refresh(state, parts) {
  clearTimeout(state.timer);
  const begin = performance.now();
  try {
    if (!document.hidden && !state.isHeld) {
      const minute = period(state, Math.floor(Date.now() / 60_000) * 60);
      const [services, found] = await Promise.all([serviceGraph(period(state), state.group), findInsights(minute, state.group, state.groups)]);
      if (state.stopped) return;
      drawInsights(parts.insights, found);
      parts.problem.hidden = true;
      const version = JSON.stringify(services);
      // What is held is not taken out of the hand.
      if (version !== state.version && !state.isHeld) {
        state.services = services;
        state.version = version;
        draw(state, parts);
      }
    }
  } catch (error) {
    parts.problem.textContent = `Cannot read the map: ${error.message}`;
    parts.problem.hidden = false;
  }
  if (state.stopped) return;
  // A large map is asked for less often.
  const took = performance.now() - begin;
  state.timer = setTimeout(() => refresh(state, parts), Math.max(REFRESH_MILLIS, 10 * took));
}

function legend() {
  const words = [["ok", "OK"], ["error", "Error"], ["throttle", "Throttle"], ["fault", "Fault"]];
  return h("span", { class: "legend" }, words.map(([status, word]) => h("span", { class: `status ${status}` }, word)));
}

function draw(state, parts) {
  const graph = read(state.services);
  const count = graph.nodes.filter((node) => !node.isClient).length;
  parts.count.textContent = `(${count} service${count === 1 ? "" : "s"}${count > MOST_DRAWN ? `, the ${MOST_DRAWN} busiest are drawn` : ""})`;
  parts.list.hidden = !count;
  redraw(parts.map, count ? picture(graph, state, parts) : empty());
  if (count) redraw(parts.list, table(graph, (chosen) => choose(state, parts, chosen)));
}

function picture(graph, state, parts) {
  const [begin, end] = period(state);
  const drawn = drawing(busiest(graph, MOST_DRAWN), { bySize: state.bySize, minutes: Math.max(1, end - begin) / 60 }, (chosen) => choose(state, parts, chosen));
  return pannable(drawn, state, "Services and the calls between them; the table below says the same", true);
}

function choose(state, parts, chosen) {
  const close = () => parts.choice.replaceChildren();
  parts.choice.replaceChildren(serviceCard(chosen, scopeOf(state), close));
  parts.choice.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

function empty() {
  return h("div", { class: "empty" },
    h("h2", {}, "No requests in this time"),
    h("p", {}, "Services appear here as soon as a segment of theirs has ended."));
}

/**
 * The map of one trace, where it has more than one service; else `undefined`. `state` keeps where one looks, `choose` gets
 * the service that is pressed, or to which the call that is pressed leads.
 */
export function traceMap(services, state, choose) {
  const graph = busiest(read(services), MOST_DRAWN);
  if (graph.nodes.filter((node) => !node.isClient).length < 2) return undefined;
  const known = new Map(graph.nodes.map((node) => [node.id, node]));
  const drawn = drawing(graph, { bySize: false }, (chosen) => choose(known.get(chosen.to ?? chosen.id)));
  return pannable(drawn, state, "Services of this trace and the calls between them; the timeline below says the same", false);
}

function table({ nodes }, choose) {
  const names = ["Service", "Requests", "OK", "Errors", "Throttles", "Faults", "Failed", "Average"];
  const rows = nodes.filter((node) => !node.isClient).map((node) => [node, node.requests]).map(([node, { total, counts, average }]) => h("tr", {},
    h("th", { scope: "row" }, h("button", { type: "button", class: "plain", "data-keep": `row ${node.id}`, click: () => choose(node) }, node.name), node.kind ? h("small", {}, breakable(node.kind)) : undefined),
    [total, counts.ok, counts.error, counts.throttle, counts.fault].map((count, at) =>
      h("td", { class: count && at > 1 ? STATUSES[at - 1] : undefined }, String(count))),
    h("td", {}, format.percent(failedShare(node.requests))),
    h("td", {}, average === undefined ? "–" : format.duration(average))));
  return h("table", { class: "services" },
    h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows));
}

/** A type that may go on in the next line after its colons. */
function breakable(kind) {
  return kind.split("::").flatMap((part, at) => (at ? ["::", h("wbr"), part] : [part]));
}
