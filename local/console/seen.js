// What a list of traces is about: names, annotations and addresses, counted, for completion and for refining. Pure, so that it can be tested without a page.

import { quote } from "./query.js";

/** The one value of a `{StringValue}`, `{NumberValue}` or `{BooleanValue}`. */
export function valueOf(annotation) {
  return Object.values(annotation?.AnnotationValue ?? {})[0];
}

/** How something went, by its summary. */
export function summaryStatus(summary) {
  if (summary.HasFault) return "fault";
  if (summary.HasThrottle) return "throttle";
  if (summary.HasError) return "error";
  return summary.IsPartial ? "progress" : "ok";
}

/** The words that complete an expression over these summaries. */
export function vocabulary(summaries) {
  const annotations = new Map();
  for (const [key, values] of summaries.flatMap((it) => Object.entries(it.Annotations ?? {}))) {
    const known = annotations.get(key) ?? new Set();
    values.forEach((value) => known.size < 50 && known.add(valueOf(value)));
    annotations.set(key, known);
  }
  const names = summaries.flatMap((it) => (it.ServiceIds ?? []).filter((id) => id.Type !== "client").map((id) => id.Name));
  return {
    services: unique(names),
    annotations: new Map([...annotations].map(([key, values]) => [key, [...values].sort()])),
    urls: unique(summaries.map((it) => it.Http?.HttpURL)),
  };
}

function unique(values) {
  return [...new Set(values.filter((it) => it !== undefined && it !== null && it !== ""))].sort();
}

/** What the summaries can be told apart by: `[{name, rows: [{label, count, term}]}]`, the most frequent first. */
export function facets(summaries) {
  const keys = unique(summaries.flatMap((it) => Object.keys(it.Annotations ?? {})));
  const all = [
    facet("Status", summaries, (it) => [summaryStatus(it)], (status) => STATUS_TERMS[status]),
    facet("Service", summaries, (it) => (it.ServiceIds ?? []).filter((id) => id.Type !== "client").map((id) => id.Name), (name) => `service(${quote(name)})`),
    facet("URL", summaries, (it) => [it.Http?.HttpURL], (url) => `http.url = ${quote(url)}`),
    facet("Method", summaries, (it) => [it.Http?.HttpMethod], (method) => `http.method = ${quote(method)}`),
    facet("Response code", summaries, (it) => [it.Http?.HttpStatus], (code) => `http.status = ${code}`),
    facet("User", summaries, (it) => (it.Users ?? []).map((user) => user.UserName), (user) => `user = ${quote(user)}`),
    ...CAUSES.map(([name, member, keyword]) => facet(name, summaries, (it) => causes(it[member]), (service) => `${keyword}.service { last AND name = ${quote(service)} }`)),
    ...keys.map((key) => facet(key, summaries, (it) => (it.Annotations?.[key] ?? []).map(valueOf), (value) => annotationTerm(key, value))),
  ];
  return all.filter((it) => it.rows.length > 0);
}

const STATUS_TERMS = { ok: "ok", error: "error", throttle: "throttle", fault: "fault", progress: "partial" };

const CAUSES = [
  ["Root cause of faults", "FaultRootCauses", "rootcause.fault"],
  ["Root cause of errors", "ErrorRootCauses", "rootcause.error"],
  ["Root cause of slowness", "ResponseTimeRootCauses", "rootcause.responsetime"],
];

/** The services in which it began. */
function causes(found) {
  return (found ?? []).map((cause) => cause.Services?.at(-1)?.Name);
}

function annotationTerm(key, value) {
  const name = /^\w+$/.test(key) ? `annotation.${key}` : `annotation[${key}]`;
  return `${name} = ${typeof value === "string" ? quote(value) : value}`;
}

function facet(name, summaries, read, term) {
  const counts = new Map();
  for (const summary of summaries) {
    for (const value of new Set(read(summary))) if (value !== undefined && value !== "") counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const rows = [...counts].map(([value, count]) => ({ label: String(value), count, term: term(value) }));
  return { name, rows: rows.sort((a, b) => b.count - a.count || a.label.localeCompare(b.label)) };
}
