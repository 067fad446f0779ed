// The drawing of a graph: a ring for each service, a line for each call.

import { svg } from "./element.js";
import * as format from "./format.js";
import { STATUSES, failedShare } from "./graph.js";
import { layOut } from "./layout.js";

const [ROW, RADIUS, MARGIN] = [136, 34, 80];
/** So many calls of one service have room for their words in their middle. */
const CROWD = 3;

/**
 * The drawing of a graph: `{content, width, height}`, to be put into a picture that moves it. Sized `bySize`, with requests
 * counted by minute where `minutes` are given; `choose` gets the node or edge that is pressed.
 */
export function drawing({ nodes, edges }, { bySize, minutes }, choose) {
  const laid = layOut(nodes.map((node) => node.id), edges);
  const column = matchMedia("(max-width: 700px)").matches ? 150 : 210;
  const x = ({ layer }) => MARGIN + layer * column;
  const y = ({ row }) => 46 + row * ROW;
  const width = 2 * MARGIN + (laid.layers - 1) * column;
  const height = 46 + (laid.rows - 1) * ROW + 92;
  const most = Math.max(1, ...nodes.map((node) => node.requests.total));
  const part = (drawn, label, chosen) => (choose ? pressable(drawn, label, () => choose(chosen)) : drawn);
  const beside = besides(edges);
  const lines = edges.map((edge) => part(line(edge, laid, { x, y, beside: beside(edge) }), `${edge.title}, ${told(edge)}`, edge));
  const rings = nodes.map((node) => {
    const place = laid.place.get(node.id);
    // By area, and never too small to be pressed.
    const size = bySize && !node.isClient ? 0.6 + 0.6 * Math.sqrt(node.requests.total / most) : 1;
    const drawn = ring(node, x(place), y(place), { room: column / 8, size, minutes });
    return node.isClient ? drawn : part(drawn, undefined, node);
  });
  const arrow = svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" },
    svg("path", { d: "M0 0.5 8 4 0 7.5z" }));
  return { content: [svg("defs", {}, arrow), lines, rings], width, height };
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

/** A call: the line, a broad one around it that is easily met, and how long it took. */
function line(edge, laid, { x, y, beside }) {
  const [from, to] = [laid.place.get(edge.from), laid.place.get(edge.to)];
  const stops = from === to ? [] : stopsOf(from, to, laid.between.get(edge) ?? [], x, y);
  const d = from === to ? loop(x(from), y(from)) : curve(stops);
  const thickness = (1.2 + Math.min(2.3, Math.log10(edge.requests.total + 1) / 2)).toFixed(2);
  const { average } = edge.requests;
  const words = from === to ? { x: x(from), y: y(from) - RADIUS - 28 } : alongside(stops, beside);
  return svg("g", { class: `call ${edge.requests.worst} ${edge.isLink ? "linking" : ""}`, "data-keep": `call ${edge.title}` },
    svg("title", {}, told(edge)),
    svg("path", { class: "near", d }),
    svg("path", { class: `edge ${edge.requests.worst}`, d, "marker-end": "url(#arrow)", "stroke-width": thickness }),
    average === undefined ? undefined : svg("text", { class: "latency", x: words.x.toFixed(1), y: (words.y - 4).toFixed(1) }, format.duration(average)));
}

function told({ requests }) {
  return `${requests.total} requests, ${requests.average === undefined ? "–" : format.duration(requests.average)}`;
}

/** Where along a call its words stand, from 0 to 1: in the middle, but where many leave or meet, at the other end, where they part. */
function besides(edges) {
  const [out, into] = ["from", "to"].map((end) => Map.groupBy(edges, (edge) => edge[end]));
  return ({ from, to }) => {
    const [leaving, meeting] = [out.get(from).length, into.get(to).length];
    if (Math.max(leaving, meeting) <= CROWD) return 0.5;
    return leaving >= meeting ? 0.8 : 0.2;
  };
}

/** A point of the first, the middle or the last part of a line, which leaves and enters level. */
function alongside(stops, part) {
  const at = Math.round((stops.length - 2) * (part > 0.5 ? 1 : part < 0.5 ? 0 : 0.5));
  const [a, b] = [stops[at], stops[at + 1]];
  const rest = 1 - part;
  const [x, y] = [1.5 * part * rest + part ** 3, 3 * part ** 2 * rest + part ** 3];
  return { x: a.x + (b.x - a.x) * x, y: a.y + (b.y - a.y) * y };
}

/** Where a line begins and ends, at the rims, and the points it passes in the layers between. */
function stopsOf(from, to, points, x, y) {
  const side = x(to) <= x(from) ? -1 : 1;
  return [
    { x: x(from) + side * (RADIUS + 5), y: y(from) },
    ...points.map((point) => ({ x: x(point), y: y(point) })),
    { x: x(to) - side * (RADIUS + 7), y: y(to) },
  ];
}

/** A curve that leaves and enters each stop level. */
function curve(stops) {
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

function ring(node, x, y, { room, size, minutes }) {
  const label = shorten(node.name, room);
  const foot = Math.round(RADIUS * size);
  const kind = node.isClient ? undefined : shorten(node.kind ?? "", room * 1.2);
  return svg("g", { class: `node ${node.requests.total ? "" : "quiet"}`, "data-keep": `node ${node.id}`, transform: `translate(${at({ x, y })})` },
    svg("title", {}, node.isClient ? "Everyone who sends requests from outside" : described(node)),
    svg("g", { transform: `scale(${size.toFixed(2)})` }, svg("circle", { r: RADIUS, class: "disc" }),
      node.isClient ? person() : [arcs(node.requests), inside(node.requests, minutes)]),
    svg("text", { class: "label", y: foot + 18 }, label),
    kind ? svg("text", { class: "kind", y: foot + 33 }, kind) : undefined);
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

function inside(requests, minutes) {
  const { total, average, worst } = requests;
  const failed = failedShare(requests);
  const often = minutes ? `${rate(total / minutes)}/min` : `${short(total)} req`;
  const up = failed ? 8 : 1;
  return [
    svg("text", { class: "average", y: -up }, average === undefined ? "–" : format.duration(average)),
    svg("text", { class: "total", y: 14 - up }, often),
    failed ? svg("text", { class: `failed ${worst}`, y: 28 - up }, format.percent(failed)) : undefined,
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

function rate(value) {
  return value < 10 ? String(Number(value.toPrecision(2))) : short(Math.round(value));
}
