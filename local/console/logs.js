// What a trace's functions wrote: beside it where it is kept here, else the query that finds it in AWS.

import { copyButton, h } from "./element.js";
import * as format from "./format.js";
import { logQuery } from "./logquery.js";

/** The lines `[{Time, Message, Function}]` in time. */
export function logsCard(logs, timeline) {
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

/** The query for a trace whose lines nobody keeps here; nothing where no part of it logs. */
export function queryCard(id, segments, timeline) {
  const found = logQuery(id, segments, timeline);
  if (!found) return "";
  return h("section", { class: "card" },
    h("div", { class: "head" }, h("h2", {}, "Logs in CloudWatch"),
      h("div", { class: "tools" }, copyButton("Copy query", found.query), copyButton("Copy aws command", found.command),
        h("a", { class: "button strong", href: found.address, target: "_blank", rel: "noopener noreferrer" }, "Open in Logs Insights"))),
    h("div", { class: "asked" },
      h("p", {}, found.groups.length > 1 ? "In the log groups " : "In the log group ", found.groups.map((name, at) => [at ? ", " : "", h("code", {}, name)])),
      h("pre", { class: "query", tabindex: 0, "aria-label": "Logs Insights query" }, found.query)));
}
