// The trace map: which services called which, how often, how fast and how well.

import { href, period, read as readAddress } from "./address.js";
import { groups, insights, serviceGraph } from "./api.js";
import { h, link, svg } from "./element.js";
import * as format from "./format.js";
import { layOut } from "./layout.js";
import { selectEdge, selectService, serviceCard } from "./service.js";

const REFRESH_MILLIS = 3000;
const RANGES = [[300, "5 minutes"], [3600, "1 hour"], [21600, "6 hours"]];
const [ROW, RADIUS, MARGIN] = [136, 34, 80];
const STATUSES = ["ok", "error", "throttle", "fault"];

/** Draws the map into `view`; `go` leads to another address. The result stops it. */
export function showMap(view, go) {
  document.title = "Trace map – X-Ray local";
  const state = { ...readAddress(location.search), chosen: undefined, bySize: false, zoom: 1, version: undefined, services: [], timer: undefined, stopped: false };
  const change = (changes) => go(href("/map", { since: state.since, group: state.group, ...changes }));
  const range = h("select", { "aria-label": "Time range", change: () => change({ since: Number(range.value) }) },
    RANGES.map(([seconds, words]) => h("option", { value: seconds, selected: seconds === state.since }, `Last ${words}`)));
  const group = h("select", { "aria-label": "Group", hidden: true, change: () => change({ group: group.value }) });
  const parts = {
    count: h("span", { class: "count" }),
    problem: h("p", { class: "problem", role: "alert", hidden: true }),
    map: h("div", { class: "map" }),
    choice: h("div", {}),
    insights: h("div", {}),
    list: h("section", { class: "card", hidden: true }),
  };
  const again = () => draw(state, parts);
  view.append(
    h("section", { class: "card" },
      h("div", { class: "head" }, h("h1", {}, "Trace map ", parts.count), h("div", { class: "tools" }, legend(), ...tools(state, again), group, range)),
      parts.problem, parts.map),
    parts.insights, parts.choice, parts.list);
  offerGroups(group, state.group);
  refresh(state, parts);
  return () => {
    state.stopped = true;
    clearTimeout(state.timer);
  };
}

function tools(state, again) {
  const zoom = (by) => () => {
    state.zoom = Math.min(3, Math.max(0.3, state.zoom * by));
    again();
  };
  const size = h("button", { type: "button", class: "button", "aria-pressed": "false", click: () => {
    state.bySize = !state.bySize;
    size.setAttribute("aria-pressed", String(state.bySize));
    again();
  } }, "Size by traffic");
  return [size, h("button", { type: "button", class: "button", "aria-label": "Zoom out", click: zoom(1 / 1.25) }, "−"), h("button", { type: "button", class: "button", "aria-label": "Zoom in", click: zoom(1.25) }, "+")];
}

/** Groups can be chosen where there are any. */
async function offerGroups(select, current) {
  const names = (await groups().catch(() => [])).map((group) => group.GroupName);
  if (names.length < 1 || (names.length === 1 && names[0] === "Default")) return;
  select.replaceChildren(h("option", { value: "" }, "All traces"), ...names.filter((name) => name !== "Default").map((name) => h("option", { value: name, selected: name === current }, name)));
  select.hidden = false;
}

async function refresh(state, parts) {
  clearTimeout(state.timer);
  const begin = performance.now();
  try {
    if (!document.hidden) {
      const [services, found] = await Promise.all([serviceGraph(period(state), state.group), insights(period(state, Math.floor(Date.now() / 60_000) * 60), state.group)]);
      if (state.stopped) return;
      drawInsights(parts, found);
      parts.problem.hidden = true;
      const version = JSON.stringify(services);
      if (version !== state.version) {
        state.services = services;
        draw(state, parts);
      }
      state.version = version;
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
  parts.count.textContent = `(${count} service${count === 1 ? "" : "s"})`;
  parts.list.hidden = !count;
  parts.map.replaceChildren(count ? picture(graph, state, (chosen) => choose(state, parts, chosen)) : empty());
  if (count) parts.list.replaceChildren(table(graph, (chosen) => choose(state, parts, chosen)));
}

/** What stood out, each with the way to the traces in which it did. */
function drawInsights(parts, found) {
  const version = JSON.stringify(found);
  if (parts.insights.dataset.version === version) return;
  parts.insights.dataset.version = version;
  const items = found.map((it) => {
    const cause = it.RootCauseServiceId ?? {};
    const name = String(cause.Name ?? "");
    const filter = `${selectService({ name, kind: cause.Type })} { fault }`;
    const [from, to] = [it.StartTime, it.EndTime ?? Date.now() / 1000];
    return h("li", {},
      h("strong", { class: it.State === "ACTIVE" ? "status fault" : "status error" }, it.State === "ACTIVE" ? "Going on" : "Over"),
      h("span", {}, `${format.time(from).slice(11, 16)} – ${it.EndTime ? format.time(to).slice(11, 16) : "now"}`),
      h("span", { class: "grow" }, String(it.Summary ?? "")),
      link(href("/", { from, to, filter }), "View traces"));
  });
  parts.insights.replaceChildren(found.length ? h("section", { class: "card", "aria-label": "Insights" }, h("div", { class: "head" }, h("h2", {}, "Insights ", h("span", { class: "count" }, `(${found.length})`))), h("ul", { class: "insights" }, items)) : "");
}

function choose(state, parts, chosen) {
  const close = () => parts.choice.replaceChildren();
  const shown = { since: state.since };
  parts.choice.replaceChildren(serviceCard(chosen, shown, close));
  parts.choice.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

function empty() {
  return h("div", { class: "empty" },
    h("h2", {}, "No requests in this time"),
    h("p", {}, "Services appear here as soon as a segment of theirs has ended."));
}

/** The map of one trace, where it has more than one service; else `undefined`. */
export function traceMap(services) {
  const graph = read(services);
  if (graph.nodes.filter((node) => !node.isClient).length < 2) return undefined;
  return h("div", { class: "map" }, picture(graph, { zoom: 0.8, bySize: false }));
}

/** Nodes and edges of the answer. Clients are one node: that each service has its own says nothing to people. */
function read(services) {
  const isClient = (service) => service.Type === "client";
  const nodes = services.filter((it) => !isClient(it)).map((service) => {
    const [name, kind] = [String(service.Name ?? ""), service.Type];
    return { id: service.ReferenceId, name, title: name, kind, selector: selectService({ name, kind }), requests: requests(service.SummaryStatistics), histogram: service.ResponseTimeHistogram };
  });
  const clients = services.filter(isClient);
  if (clients.length) nodes.unshift({ id: "clients", name: "Clients", isClient: true, requests: requests() });
  const known = new Map(nodes.map((node) => [node.id, node]));
  const edges = services.flatMap((service) => (service.Edges ?? []).map((edge) => {
    const [from, to] = [isClient(service) ? known.get("clients") : known.get(service.ReferenceId), known.get(edge.ReferenceId)];
    if (!to) return undefined;
    const selector = from.isClient ? to.selector : selectEdge(from, to);
    return { from: from.id, to: to.id, title: `${from.name} → ${to.name}`, selector, requests: requests(edge.SummaryStatistics), histogram: edge.ResponseTimeHistogram };
  }));
  return { nodes, edges: edges.filter(Boolean) };
}

function requests(statistics) {
  const total = statistics?.TotalCount ?? 0;
  const counts = {
    ok: statistics?.OkCount ?? 0,
    error: statistics?.ErrorStatistics?.OtherCount ?? 0,
    throttle: statistics?.ErrorStatistics?.ThrottleCount ?? 0,
    fault: statistics?.FaultStatistics?.TotalCount ?? 0,
  };
  const worst = STATUSES.findLast((status) => counts[status] > 0) ?? "ok";
  return { total, counts, worst, average: total ? (statistics.TotalResponseTime ?? 0) / total : undefined };
}

function picture({ nodes, edges }, state, choose) {
  const laid = layOut(nodes.map((node) => node.id), edges);
  const column = matchMedia("(max-width: 700px)").matches ? 150 : 210;
  const x = ({ layer }) => MARGIN + layer * column;
  const y = ({ row }) => 46 + row * ROW;
  const width = 2 * MARGIN + (laid.layers - 1) * column;
  const height = 46 + (laid.rows - 1) * ROW + 92;
  const most = Math.max(1, ...nodes.map((node) => node.requests.total));
  const part = (drawn, label, chosen) => (choose ? pressable(drawn, label, () => choose(chosen)) : drawn);
  const lines = edges.map((edge) => part(line(edge, laid, x, y), edge.title, edge));
  const rings = nodes.map((node) => {
    const place = laid.place.get(node.id);
    // By area, and never too small to be pressed.
    const size = state.bySize && !node.isClient ? 0.6 + 0.6 * Math.sqrt(node.requests.total / most) : 1;
    const drawn = ring(node, x(place), y(place), column / 8, size);
    return node.isClient ? drawn : part(drawn, undefined, node);
  });
  const arrow = svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" },
    svg("path", { d: "M0 0.5 8 4 0 7.5z" }));
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width: width * state.zoom, height: height * state.zoom, role: choose ? "group" : "img", "aria-label": `Services and the calls between them; the ${choose ? "table" : "timeline"} below says the same` },
    svg("defs", {}, arrow), lines, rings);
}

/** A part that can be pressed, also by keyboard; one with words in it needs no label. */
function pressable(part, label, press) {
  part.setAttribute("role", "button");
  part.setAttribute("tabindex", "0");
  if (label) part.setAttribute("aria-label", label);
  part.addEventListener("click", press);
  part.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    press();
  });
  return part;
}

function line(edge, laid, x, y) {
  const [from, to] = [laid.place.get(edge.from), laid.place.get(edge.to)];
  const words = `${edge.requests.total} requests, ${edge.requests.average === undefined ? "–" : format.duration(edge.requests.average)}`;
  const path = svg("path", { class: `edge ${edge.requests.worst}`, d: from === to ? loop(x(from), y(from)) : curve(from, to, laid.between.get(edge) ?? [], x, y), "marker-end": "url(#arrow)" },
    svg("title", {}, words));
  path.setAttribute("stroke-width", (1.2 + Math.min(2.3, Math.log10(edge.requests.total + 1) / 2)).toFixed(2));
  return path;
}

/** A curve that leaves and enters level, through the points in the layers between. */
function curve(from, to, points, x, y) {
  const isBack = x(to) <= x(from);
  const side = isBack ? -1 : 1;
  const stops = [
    { x: x(from) + side * (RADIUS + 5), y: y(from) },
    ...points.map((point) => ({ x: x(point), y: y(point) })),
    { x: x(to) - side * (RADIUS + 7), y: y(to) },
  ];
  let path = `M${at(stops[0])}`;
  for (let index = 1; index < stops.length; index += 1) {
    const [a, b] = [stops[index - 1], stops[index]];
    const reach = (b.x - a.x) / 2;
    path += ` C${at({ x: a.x + reach, y: a.y })} ${at({ x: b.x - reach, y: b.y })} ${at(b)}`;
  }
  return path;
}

function loop(x, y) {
  const top = y - RADIUS;
  return `M${at({ x: x - 12, y: top + 1 })} C${at({ x: x - 30, y: top - 34 })} ${at({ x: x + 30, y: top - 34 })} ${at({ x: x + 14, y: top - 2 })}`;
}

const at = (point) => `${point.x.toFixed(1)} ${point.y.toFixed(1)}`;

function ring(node, x, y, chars, size) {
  const label = shorten(node.name, chars);
  const kind = node.isClient ? undefined : shorten(node.kind ?? "", chars * 1.2);
  return svg("g", { class: `node ${node.requests.total ? "" : "quiet"}`, transform: `translate(${at({ x, y })})` },
    svg("title", {}, node.isClient ? "Everyone who sends requests from outside" : described(node)),
    svg("g", { transform: `scale(${size.toFixed(2)})` }, svg("circle", { r: RADIUS, class: "disc" }),
      node.isClient ? person() : [arcs(node.requests), inside(node.requests)]),
    svg("text", { class: "label", y: RADIUS + 18 }, label),
    kind ? svg("text", { class: "kind", y: RADIUS + 33 }, kind) : undefined);
}

/** The ring's parts in proportion; the smallest part of what went wrong is still seen. */
function arcs({ total, counts }) {
  let begin = 0;
  const parts = STATUSES.toReversed().filter((status) => counts[status] > 0).map((status) => [status, Math.max(3, (counts[status] / total) * 100)]);
  const whole = parts.reduce((sum, [, share]) => sum + share, 0);
  return parts.map(([status, share]) => {
    const length = (share / whole) * 100;
    const arc = svg("circle", { r: RADIUS, class: `arc ${status}`, pathLength: 100, "stroke-dasharray": `${length} ${100 - length}`, "stroke-dashoffset": -begin, transform: "rotate(-90)" });
    begin += length;
    return arc;
  });
}

function inside({ total, average }) {
  return [
    svg("text", { class: "average", y: -1 }, average === undefined ? "–" : format.duration(average)),
    svg("text", { class: "total", y: 13 }, `${short(total)} req`),
  ];
}

function person() {
  return svg("path", { class: "person", d: "M0 -3a7 7 0 1 0 0 -14a7 7 0 0 0 0 14zM-13 16c0-9 5-15 13-15s13 6 13 15z" });
}

function described(node) {
  const { counts, total } = node.requests;
  const bad = STATUSES.slice(1).filter((status) => counts[status]).map((status) => `${counts[status]} ${status}`);
  return [node.name, node.kind, `${total} requests`, ...bad].filter(Boolean).join("\n");
}

function shorten(text, room) {
  const most = Math.floor(room);
  if (text.length <= most) return text;
  // Of an address or an ARN the end says most.
  return /[/:]/.test(text) ? `…${text.slice(1 - most)}` : `${text.slice(0, most - 1)}…`;
}

function short(count) {
  if (count < 10_000) return String(count);
  return count < 1_000_000 ? `${Math.round(count / 1000)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

function table({ nodes }, choose) {
  const names = ["Service", "Requests", "OK", "Errors", "Throttles", "Faults", "Average"];
  const rows = nodes.filter((node) => !node.isClient).map((node) => [node, node.requests]).map(([node, { total, counts, average }]) => h("tr", {},
    h("th", { scope: "row" }, h("button", { type: "button", class: "plain", click: () => choose(node) }, node.name), node.kind ? h("small", {}, node.kind) : undefined),
    [total, counts.ok, counts.error, counts.throttle, counts.fault].map((count, at) =>
      h("td", { class: count && at > 1 ? STATUSES[at - 1] : undefined }, String(count))),
    h("td", {}, average === undefined ? "–" : format.duration(average))));
  return h("table", { class: "services" },
    h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows));
}
