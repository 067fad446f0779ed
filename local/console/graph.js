// The service graph as nodes and edges with their requests counted. Pure, so that it can be tested without a page.

import { selectEdge, selectService } from "./service.js";

/** From the best to the worst. */
export const STATUSES = ["ok", "error", "throttle", "fault"];

/** Nodes and edges of the answer. Clients are one node: that each service has its own says nothing to people. */
export function read(services) {
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
    return { from: from.id, to: to.id, isLink: edge.EdgeType === "link", title: `${from.name} → ${to.name}`, selector, requests: requests(edge.SummaryStatistics), histogram: edge.ResponseTimeHistogram };
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

/** The part of requests that did not go well, from 0 to 1. */
export function failedShare({ total, counts }) {
  return total ? (total - counts.ok) / total : 0;
}

/** The graph with no more than `most` nodes, those with the most requests, and the calls between them. */
export function busiest({ nodes, edges }, most) {
  if (nodes.length <= most) return { nodes, edges };
  const kept = nodes.toSorted((a, b) => Number(Boolean(b.isClient)) - Number(Boolean(a.isClient)) || b.requests.total - a.requests.total).slice(0, most);
  const ids = new Set(kept.map((node) => node.id));
  return { nodes: kept, edges: edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to)) };
}
