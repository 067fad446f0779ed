// The trace map: which services called which, how often, how fast and how well.

import { serviceGraph } from "./api.js";
import { h, svg } from "./element.js";
import * as format from "./format.js";
import { layOut } from "./layout.js";

const REFRESH_MILLIS = 3000;
const RANGES = [[300, "5 minutes"], [3600, "1 hour"], [21600, "6 hours"]];
const [ROW, RADIUS, MARGIN] = [136, 34, 80];
const STATUSES = ["ok", "error", "throttle", "fault"];

/** Draws the map into `view`; the result stops it. */
export function showMap(view) {
  document.title = "Trace map – X-Ray local";
  const state = { seconds: 3600, version: undefined, timer: undefined, stopped: false };
  const range = h("select", { "aria-label": "Time range", change: choose },
    RANGES.map(([seconds, words]) => h("option", { value: seconds, selected: seconds === state.seconds }, `Last ${words}`)));
  const parts = {
    count: h("span", { class: "count" }),
    problem: h("p", { class: "problem", role: "alert", hidden: true }),
    map: h("div", { class: "map" }),
    list: h("section", { class: "card", hidden: true }),
  };
  view.append(
    h("section", { class: "card" },
      h("div", { class: "head" }, h("h1", {}, "Trace map ", parts.count), h("div", { class: "tools" }, legend(), range)),
      parts.problem, parts.map),
    parts.list);
  function choose() {
    state.seconds = Number(range.value);
    refresh(state, parts);
  }
  refresh(state, parts);
  return () => {
    state.stopped = true;
    clearTimeout(state.timer);
  };
}

async function refresh(state, parts) {
  clearTimeout(state.timer);
  const begin = performance.now();
  const { seconds } = state;
  try {
    if (!document.hidden) {
      const services = await serviceGraph(seconds);
      if (state.stopped || seconds !== state.seconds) return;
      parts.problem.hidden = true;
      const version = JSON.stringify(services);
      if (version !== state.version) draw(parts, services);
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

function draw(parts, services) {
  const graph = read(services);
  const count = graph.nodes.filter((node) => !node.isClient).length;
  parts.count.textContent = `(${count} service${count === 1 ? "" : "s"})`;
  parts.list.hidden = !count;
  parts.map.replaceChildren(count ? picture(graph) : empty());
  if (count) parts.list.replaceChildren(table(graph));
}

function empty() {
  return h("div", { class: "empty" },
    h("h2", {}, "No requests in this time"),
    h("p", {}, "Services appear here as soon as a segment of theirs has ended."));
}

/** Nodes and edges of the answer. Clients are one node: that each service has its own says nothing to people. */
function read(services) {
  const isClient = (service) => service.Type === "client";
  const nodes = services.filter((it) => !isClient(it)).map((service) => ({
    id: service.ReferenceId, name: String(service.Name ?? ""), kind: service.Type, requests: requests(service.SummaryStatistics),
  }));
  const clients = services.filter(isClient);
  if (clients.length) nodes.unshift({ id: "clients", name: "Clients", isClient: true, requests: requests() });
  const edges = services.flatMap((service) => service.Edges.map((edge) => ({
    from: isClient(service) ? "clients" : service.ReferenceId, to: edge.ReferenceId, requests: requests(edge.SummaryStatistics),
  })));
  const known = new Set(nodes.map((node) => node.id));
  return { nodes, edges: edges.filter((edge) => known.has(edge.to)) };
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

function picture({ nodes, edges }) {
  const laid = layOut(nodes.map((node) => node.id), edges);
  const column = matchMedia("(max-width: 700px)").matches ? 150 : 210;
  const x = ({ layer }) => MARGIN + layer * column;
  const y = ({ row }) => 46 + row * ROW;
  const width = 2 * MARGIN + (laid.layers - 1) * column;
  const height = 46 + (laid.rows - 1) * ROW + 92;
  const lines = edges.map((edge) => line(edge, laid, x, y));
  const rings = nodes.map((node) => {
    const place = laid.place.get(node.id);
    return ring(node, x(place), y(place), column / 8);
  });
  const arrow = svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" },
    svg("path", { d: "M0 0.5 8 4 0 7.5z" }));
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": "Services and the calls between them; the table below says the same" },
    svg("defs", {}, arrow), lines, rings);
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

function ring(node, x, y, chars) {
  const label = shorten(node.name, chars);
  const kind = node.isClient ? undefined : shorten(node.kind ?? "", chars * 1.2);
  return svg("g", { class: `node ${node.requests.total ? "" : "quiet"}`, transform: `translate(${at({ x, y })})` },
    svg("title", {}, node.isClient ? "Everyone who sends requests from outside" : described(node)),
    svg("circle", { r: RADIUS, class: "disc" }),
    node.isClient ? person() : [arcs(node.requests), inside(node.requests)],
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

function table({ nodes }) {
  const names = ["Service", "Requests", "OK", "Errors", "Throttles", "Faults", "Average"];
  const rows = nodes.filter((node) => !node.isClient).map(({ name, kind, requests: { total, counts, average } }) => h("tr", {},
    h("th", { scope: "row" }, name, kind ? h("small", {}, kind) : undefined),
    [total, counts.ok, counts.error, counts.throttle, counts.fault].map((count, at) =>
      h("td", { class: count && at > 1 ? STATUSES[at - 1] : undefined }, String(count))),
    h("td", {}, average === undefined ? "–" : format.duration(average))));
  return h("table", { class: "services" },
    h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows));
}
