// Everything about one segment or subsegment, in the tabs of the AWS console.

import { badge, h, link } from "./element.js";
import * as format from "./format.js";
import { traceId } from "./query.js";
import { isOpen, status } from "./timeline.js";

/** Characters of JSON shown at once; more is shown on request, so that a large document does not stall the page. */
const SHOWN_CHARS = 50_000;

let lastTab = "Overview";

/** The elements of the panel for a row of the timeline. */
export function panel(row, timeline) {
  const { entity } = row;
  const tabs = tabsOf(entity, timeline);
  const wanted = tabs.find((tab) => tab.name === lastTab) ? lastTab : "Overview";
  const hasCause = tabs.some((tab) => tab.name === "Exceptions");
  const content = h("div", { class: "content", role: "tabpanel", tabindex: 0 });
  const buttons = tabs.map((tab) =>
    h("button", { type: "button", role: "tab", click: () => open(tab, true) }, tab.name, tab.count ? h("span", { class: "badge" }, String(tab.count)) : undefined));
  function open(tab, byHand) {
    if (byHand) lastTab = tab.name;
    buttons.forEach((button, at) => {
      button.setAttribute("aria-selected", String(tabs[at] === tab));
      button.tabIndex = tabs[at] === tab ? 0 : -1;
    });
    content.setAttribute("aria-label", tab.name);
    content.replaceChildren(...[tab.draw()].flat());
  }
  const go = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const at = (buttons.indexOf(event.target) + by + tabs.length) % tabs.length;
    open(tabs[at], true);
    buttons[at].focus();
  };
  open(tabs.find((tab) => tab.name === (wanted === "Overview" && hasCause ? "Exceptions" : wanted)), false);
  return [h("h3", {}, String(entity.name ?? ""), badge(status(entity))), h("div", { class: "tabs", role: "tablist", keydown: go }, buttons), content];
}

function tabsOf(entity, timeline) {
  const annotations = Object.entries(entity.annotations ?? {});
  const metadata = Object.entries(entity.metadata ?? {});
  const exceptions = list(entity.cause?.exceptions);
  const links = list(entity.links).filter((it) => typeof it?.trace_id === "string");
  const resources = { ...entity.aws, ...(entity.service ? { service: entity.service } : {}) };
  return [
    { name: "Overview", draw: () => overview(entity, timeline) },
    exceptions.length > 0 && { name: "Exceptions", count: exceptions.length, draw: () => exceptions.map(exception) },
    annotations.length > 0 && { name: "Annotations", count: annotations.length, draw: () => facts(annotations) },
    metadata.length > 0 && { name: "Metadata", count: metadata.length, draw: () => metadata.map(([space, values]) => [h("h4", {}, space), json(values)]).flat() },
    links.length > 0 && { name: "Links", count: links.length, draw: () => links.map(linked) },
    Object.keys(resources).length > 0 && { name: "Resources", draw: () => facts(flatten(resources)) },
    entity.sql && { name: "SQL", draw: () => facts(flatten(entity.sql)) },
    { name: "Raw", draw: () => json(withoutChildren(entity)) },
  ].filter(Boolean);
}

const list = (value) => (Array.isArray(value) ? value : []);

function overview(entity, timeline) {
  const { request = {}, response = {} } = entity.http ?? {};
  return facts([
    ["Id", entity.id],
    ["Parent", entity.parent_id],
    ["Origin", entity.origin],
    ["Namespace", entity.namespace],
    ["Started", `${format.time(entity.start_time)} (+${format.duration(entity.start_time - timeline.start)})`],
    ["Ended", isOpen(entity) ? "in progress" : format.time(entity.end_time)],
    ["Duration", isOpen(entity) ? undefined : format.duration(entity.end_time - entity.start_time)],
    ["Request", [request.method, request.url].filter(Boolean).join(" ")],
    ["Response code", response.status],
    ["Operation", entity.aws?.operation],
    ["Request id", entity.aws?.request_id],
    ["User", entity.user],
  ]);
}

function facts(entries) {
  const shown = entries.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return h("dl", { class: "pairs" }, shown.map(([name, value]) => [h("dt", {}, name), h("dd", {}, format.plain(value))]));
}

/** Nested objects as dotted names. */
function flatten(value, prefix = "", depth = 0) {
  return Object.entries(value).flatMap(([key, inner]) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner) && depth < 8 ? flatten(inner, `${prefix}${key}.`, depth + 1) : [[prefix + key, inner]]);
}

function exception(it) {
  const stack = list(it?.stack).map((frame) => `at ${frame?.label ?? "?"} (${frame?.path ?? "?"}${frame?.line ? `:${frame.line}` : ""})`);
  if (it?.truncated) stack.push(`… ${it.truncated} more`);
  return h("article", { class: "exception" },
    h("h4", {}, String(it?.type ?? "Exception"), it?.remote ? h("small", {}, "remote") : undefined),
    h("p", {}, String(it?.message ?? "")),
    stack.length ? h("pre", {}, stack.join("\n")) : undefined);
}

/** The way to another trace that led here, or to which this one led. */
function linked(it) {
  const attributes = Object.entries(it.attributes ?? {});
  const id = it.trace_id.trim();
  return h("article", { class: "linked" }, link(`/traces/${encodeURIComponent(traceId(id) ?? id)}`, it.trace_id), it.id ? h("small", {}, ` segment ${format.plain(it.id)}`) : undefined, attributes.length ? facts(attributes) : undefined);
}

function json(value) {
  const text = JSON.stringify(value, undefined, 2);
  const element = h("pre", {}, text.slice(0, SHOWN_CHARS));
  if (text.length <= SHOWN_CHARS) return element;
  const all = () => {
    element.textContent = text;
    button.remove();
  };
  const button = h("button", { type: "button", class: "button", click: all }, `Show all ${text.length.toLocaleString()} characters`);
  return h("div", {}, element, button);
}

function withoutChildren({ subsegments, ...rest }) {
  return subsegments ? { ...rest, subsegments: `${subsegments.length} (see the timeline)` } : rest;
}
