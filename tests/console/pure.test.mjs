// The page's modules that need no page: run by `node --test`.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromAws, href, period, read } from "../../local/console/address.js";
import { logScale, seconds } from "../../local/console/chart.js";
import * as camera from "../../local/console/camera.js";
import { criticalPath } from "../../local/console/critical.js";
import { documentsOf, traceIdOf } from "../../local/console/documents.js";
import { busiest, failedShare, read as readGraph } from "../../local/console/graph.js";
import * as graph from "../../local/console/layout.js";
import { offset, percent } from "../../local/console/format.js";
import { isWhole, move, resize, toward, within, zoom } from "../../local/console/range.js";
import { logQuery } from "../../local/console/logquery.js";
import { and, complete, inGroup, outsideGroup, quote, splitAnd, traceId, without } from "../../local/console/query.js";
import { facets, summaryStatus, vocabulary } from "../../local/console/seen.js";
import { selectEdge, selectService } from "../../local/console/service.js";
import { layOut, place, rowOf, ticks } from "../../local/console/timeline.js";

// Browsers have it since 2024, Node.js since version 21.
Map.groupBy ??= (items, key) => {
  const groups = new Map();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
};

test("what is shown stands in the address and is read from it again", () => {
  const shown = { since: 300, filter: 'fault AND http.url = "a&b=c"' };
  const address = href("/", shown);
  const again = read(address.slice(1));
  assert.equal(again.since, 300);
  assert.equal(again.filter, shown.filter);
  assert.equal(href("/", { since: 3600, filter: "" }), "/", "defaults are left out");
  assert.deepEqual(read("?since=-1&from=x&to=").since, 3600, "nonsense is the default");
  assert.deepEqual(period(read("?from=10&to=20")), [10, 20]);
  assert.deepEqual(period(read("?since=60"), 100), [40, 160]);
});

test("addresses of the AWS console lead to the same places", () => {
  const id = "1-6502e9a0-0123456789abcdef01234567";
  for (const [hash, address] of [
    [`#xray:traces/${id}`, `/traces/${id}`],
    [`#/traces/${id}?~(query~())`, `/traces/${id}`],
    ["#xray:service-map/map", "/map"],
    ["#xray:traces/query?~(query~(expression~'fault*20AND*20ok))", "/?filter=fault+AND+ok"],
    ["#/analytics?timeRange=PT30M", "/analytics?since=1800"],
    [`#/traces/${id}/raw`, `/traces/${id}`],
    ["#/service-map?timeRange=P1DT2H", "/map?since=93600"],
    ["#/traces?filter=service(%22a%22)%20%7B%20fault%20%7D&timeRange=2026-01-01T00:00:00~2026-01-01T00:01:00&group=slow", "/?from=1767225600&to=1767225660&group=slow&filter=service%28%22a%22%29+%7B+fault+%7D"],
    ["#/traces?timeRange=2026-01-01T00:00:00.000Z~2026-01-01T00:01:00.000Z&group=Default", "/?from=1767225600&to=1767225660"],
    ["#/traces?timeRange=soon", "/"],
    ["#elsewhere", undefined],
  ]) assert.equal(fromAws(hash), address, hash);
});

test("expressions are put together and taken apart", () => {
  assert.equal(and("", "fault"), "fault");
  assert.equal(and("fault", "fault"), "fault");
  assert.equal(and("fault OR error", 'user = "a OR b"'), '(fault OR error) AND user = "a OR b"');
  const whole = 'service("a AND b") { fault AND ok } AND error';
  assert.deepEqual(splitAnd(whole), ['service("a AND b") { fault AND ok }', "error"]);
  assert.equal(without(whole, "error"), 'service("a AND b") { fault AND ok }');
  assert.equal(quote('say "\\"'), '"say \\"\\\\\\""');
});

test("an expression over a group is told of as if it stood alone", () => {
  assert.equal(inGroup("", "fault"), "fault");
  assert.equal(inGroup("g", ""), 'group.name = "g"');
  assert.equal(inGroup('a"b', "fault OR error"), 'group.name = "a\\"b" AND (fault OR error)');
  const whole = inGroup("g", "fault AND");
  assert.equal(outsideGroup("g", `unexpected end at character ${whole.length}`), "unexpected end at character 10");
  assert.equal(outsideGroup("", "at character 3"), "at character 3");
});

test("a map is fitted, moved and zoomed, and never lost", () => {
  const [drawing, place] = [{ width: 1000, height: 200 }, { width: 500, height: 400 }];
  assert.deepEqual(camera.fit(drawing, place, 0.3), { x: 0, y: 150, scale: 0.5 });
  assert.deepEqual(camera.fit(drawing, place, 0.6), { x: 0, y: 140, scale: 0.6 }, "not too small to be read: from its left");
  assert.deepEqual(camera.fit({ width: 1000, height: 2000 }, place, 0.6), { x: 0, y: -400, scale: 0.6 }, "the middle of its left");
  assert.equal(camera.fit({ width: 100, height: 100 }, place, 0.6).scale, 1, "not enlarged");
  const from = { x: 0, y: 0, scale: 1 };
  assert.deepEqual(camera.move(from, -10, 5, drawing, place), { x: -10, y: 5, scale: 1 });
  assert.deepEqual(camera.move(from, -1e6, 1e6, drawing, place), { x: -940, y: 340, scale: 1 });
  const near = camera.zoom(from, 2, { x: 100, y: 50 });
  assert.deepEqual(near, { x: -100, y: -50, scale: 2 }, "what lies under the point stays there");
  assert.equal(camera.zoom(from, 1e9, { x: 0, y: 0 }).scale, 4);
  assert.deepEqual(camera.reveal(from, { left: 450, top: -20, right: 520, bottom: 30 }, place), { x: -20, y: 20, scale: 1 });
});

test("a graph counts what went wrong, and clients are one", () => {
  const services = [
    { ReferenceId: 0, Name: "client", Type: "client", Edges: [{ ReferenceId: 2, SummaryStatistics: { TotalCount: 8, OkCount: 6, FaultStatistics: { TotalCount: 2 }, TotalResponseTime: 4 } }] },
    { ReferenceId: 1, Name: "other", Type: "client", Edges: [{ ReferenceId: 9 }] },
    { ReferenceId: 2, Name: "orders", SummaryStatistics: { TotalCount: 8, OkCount: 6, FaultStatistics: { TotalCount: 2 } } },
  ];
  const { nodes, edges } = readGraph(services);
  assert.deepEqual(nodes.map((node) => node.id), ["clients", 2]);
  assert.deepEqual(edges.map((edge) => [edge.from, edge.to, edge.requests.average, edge.requests.worst]), [["clients", 2, 0.5, "fault"]]);
  assert.equal(failedShare(nodes[1].requests), 0.25);
  const many = ["a", "b", "c"].map((id, at) => ({ id, requests: { total: at } }));
  const calls = [{ from: "clients", to: "c" }, { from: "clients", to: "a" }];
  const drawn = busiest({ nodes: [...many, nodes[0]], edges: calls }, 2);
  assert.deepEqual([drawn.nodes.map((node) => node.id), drawn.edges], [["clients", "c"], [calls[0]]]);
  assert.deepEqual([0, 0.0001, 0.0123, 0.5].map(percent), ["0 %", "<0.1 %", "1.2 %", "50 %"]);
});

test("an id is recognized in both forms", () => {
  const id = "1-6502e9a0-0123456789abcdef01234567";
  assert.equal(traceId(` ${id.toUpperCase()} `), id);
  assert.equal(traceId("6502e9a00123456789abcdef01234567"), id);
  assert.equal(traceId("fault"), undefined);
});

const SEEN = { services: ["orders", 'the "shop"'], annotations: new Map([["tier", ["free", "gold"]], ["count", [3]]]), urls: ["http://a/"] };

test("what may stand at the caret is offered", () => {
  const offered = (text) => complete(text, text.length, SEEN).items.map((it) => it.text);
  assert.deepEqual(offered("fau"), ["fault"]);
  assert.deepEqual(offered("annotation."), ["tier", "count"]);
  assert.deepEqual(offered("annotation.tier = "), ['"free"', '"gold"']);
  assert.deepEqual(offered('annotation.tier = "g'), ['"gold"']);
  assert.deepEqual(offered("annotation.count = "), ["3"]);
  assert.deepEqual(offered('service("o'), ['"orders")']);
  assert.ok(offered("fault ").includes("AND"));
  assert.ok(offered("fault AND ").includes("error"));
  assert.ok(offered("duration ").includes(">"));
  assert.deepEqual(offered("http.url = "), ['"http://a/"']);
});

test("a completion takes the place of what was typed", () => {
  const text = 'fault AND annotation.tier = "g';
  const { from, items } = complete(text, text.length, SEEN);
  assert.equal(text.slice(0, from) + items[0].text, 'fault AND annotation.tier = "gold"');
});

const SUMMARIES = [
  { Id: "1", HasFault: true, Http: { HttpURL: "/a", HttpStatus: 500 }, ServiceIds: [{ Name: "web" }, { Name: "web", Type: "client" }], Annotations: { "aws:id": [{ AnnotationValue: { NumberValue: 7 } }] } },
  { Id: "2", Http: { HttpURL: "/a", HttpStatus: 200 }, ServiceIds: [{ Name: "web" }], Annotations: { tier: [{ AnnotationValue: { StringValue: "gold" } }] } },
];

test("facets count what traces have in common, with the term that finds it", () => {
  const all = new Map(facets(SUMMARIES).map((facet) => [facet.name, facet.rows]));
  assert.deepEqual(all.get("URL"), [{ label: "/a", count: 2, term: 'http.url = "/a"' }]);
  assert.deepEqual(all.get("Service"), [{ label: "web", count: 2, term: 'service("web")' }]);
  assert.equal(all.get("tier")[0].term, 'annotation.tier = "gold"');
  assert.equal(all.get("aws:id")[0].term, "annotation[aws:id] = 7");
  assert.deepEqual(SUMMARIES.map(summaryStatus), ["fault", "ok"]);
  assert.deepEqual(vocabulary(SUMMARIES).services, ["web"]);
});

test("selectors name a service by name and type", () => {
  assert.equal(selectService({ name: "a", kind: "AWS::Lambda" }), 'service(id(name: "a", type: "AWS::Lambda"))');
  assert.equal(selectEdge({ name: "a" }, { name: "b" }), 'edge("a", "b")');
});

const part = (id, start, end, more = {}) => ({ id, name: id, start_time: start, end_time: end, ...more });

test("a timeline has callers before those they call, by their start", () => {
  const timeline = layOut([part("root", 0, 10, { subsegments: [part("late", 5, 9), part("early", 1, 4)] }), part("below", 6, 8, { parent_id: "late" })]);
  assert.deepEqual(timeline.rows.map((row) => [row.entity.id, row.depth]), [["root", 0], ["early", 1], ["late", 1], ["below", 2]]);
  assert.deepEqual(place(timeline.rows[1].entity, timeline), { left: 10, width: 30 });
});

test("an axis is marked at round times, also over a small part", () => {
  assert.deepEqual(ticks(0, 10, 5), { step: 2, marks: [0, 2, 4, 6, 8, 10] });
  const { step, marks } = ticks(1.0013, 1.0036, 5);
  assert.deepEqual(marks.map((it) => offset(it, step)), ["1.0015 s", "1.0020 s", "1.0025 s", "1.0030 s", "1.0035 s"]);
  assert.deepEqual([[0, 0.1], [0.1, 0.1], [0.0005, 0.0005], [2, 1], [90, 30]].map(([at, by]) => offset(at, by)), ["0", "100 ms", "0.5 ms", "2 s", "1 min 30 s"]);
  assert.deepEqual(ticks(3, 3, 5).marks, []);
});

test("a part of an axis is drawn, moved, resized and zoomed, and stays inside", () => {
  assert.deepEqual(within([8, -1], 10), [0, 8]);
  assert.deepEqual(move([2, 4], 100, 10), [8, 10]);
  assert.deepEqual(move([2, 4], -100, 10), [0, 2]);
  assert.deepEqual(resize([2, 4], "to", 7, 10), [2, 7]);
  const [from, to] = resize([2, 4], "from", 9, 10);
  assert.ok(from < to && to === 4, "an end stops before the other");
  assert.deepEqual(zoom([0, 10], 0.5, 2, 10), [1, 6]);
  assert.deepEqual(zoom([1, 6], 4, 2, 10), [0, 10]);
  assert.deepEqual(toward([2, 4], [7, 8], 10), [6.5, 8.5]);
  assert.deepEqual(toward([2, 4], [0, 0.1], 10), [0, 2]);
  assert.deepEqual(toward([2, 4], [3.9, 8], 10), [2, 4], "a bit of it is seen");
  assert.ok(isWhole([0, 10], 10) && !isWhole([0, 9], 10));
  for (let at = 0, part = [3, 3.5]; at < 100; at += 1) {
    part = zoom(part, 0.5, 3.2, 10);
    assert.ok(part[0] >= 0 && part[1] <= 10 && part[1] > part[0]);
  }
});

test("a service of the map is found in the timeline: its segment, else the call that names it", () => {
  const table = part("call", 1, 2, { name: "DynamoDB", aws: { table_name: "orders" } });
  const function_ = part("below", 2, 3, { name: "orders", origin: "AWS::Lambda::Function", parent_id: "root" });
  const timeline = layOut([part("root", 0, 10, { name: "web", subsegments: [table, part("early", 0, 1, { name: "orders" })] }), function_]);
  const found = (service) => rowOf(timeline, service)?.entity.id;
  assert.equal(found({ name: "orders", kind: "AWS::Lambda::Function" }), "below");
  assert.equal(found({ name: "orders", kind: "AWS::DynamoDB::Table" }), "call");
  assert.equal(found({ name: "web" }), "root");
  assert.equal(found({ name: "elsewhere" }), undefined);
});

test("segments that call each other in a circle are shown all the same", () => {
  const timeline = layOut([part("a", 0, 1, { parent_id: "b" }), part("b", 0, 1, { parent_id: "a" })]);
  assert.deepEqual(timeline.rows.map((row) => row.entity.id).sort(), ["a", "b"]);
});

const TRACE = "1-6502e9a0-0123456789abcdef01234567";
const TIME = { start: 1_700_000_000.5, end: 1_700_000_001.2 };

test("the query for a trace's logs names what its documents name", () => {
  const aws = { request_id: "r-1", function_arn: "arn:aws:lambda:eu-west-1:123456789012:function:orders", cloudwatch_logs: [{ log_group: "/shop/orders" }] };
  const segments = [{ name: "orders", aws, subsegments: [{ name: "inner", aws: { request_id: "r-1", cloudwatch_logs: [{ arn: "arn:aws:logs:eu-west-1:123456789012:log-group:/shop/inner:*" }] } }] }];
  const { groups, query, command, address } = logQuery(TRACE, segments, TIME);
  assert.deepEqual(groups, ["/shop/orders", "/shop/inner"]);
  assert.match(query, /@requestId in \["r-1"\] or @message like \/1-6502e9a0-0123456789abcdef01234567\|6502e9a00123456789abcdef01234567\|r-1\//);
  assert.match(command, /^aws logs start-query --log-group-names \/shop\/orders \/shop\/inner --start-time 1699999940 --end-time 1700000062 --query-string '[^'\n]*'$/);
  assert.ok(address.startsWith("https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:logs-insights$3FqueryDetail$3D~(end~'2023-11-14T22*3a14*3a22.000Z~start~'2023-11-14T22*3a12*3a20.000Z~timeType~'ABSOLUTE~tz~'LOCAL~editorString~'fields*20*40timestamp"));
  assert.ok(address.endsWith("~source~(~'*2fshop*2forders~'*2fshop*2finner))"));
});

test("where no document names a log group, it is that of the function; nothing else is guessed", () => {
  const { groups, address } = logQuery(TRACE, [{ name: "orders", origin: "AWS::Lambda::Function" }], TIME);
  assert.deepEqual(groups, ["/aws/lambda/orders"]);
  assert.ok(address.startsWith("https://console.aws.amazon.com/cloudwatch/home#"));
  assert.equal(logQuery(TRACE, [{ name: "web" }], TIME), undefined);
});

test("what no AWS name looks like goes into no query and no command", () => {
  const wrong = { request_id: "a' --profile b", cloudwatch_logs: [{ log_group: "$(reboot)" }, { log_group: 7 }, null, { log_group: "/good" }], function_arn: "arn:aws:lambda:evil.com/:1:function:x" };
  const { groups, query, command, address } = logQuery(TRACE, [{ name: "x", aws: wrong }], TIME);
  assert.deepEqual(groups, ["/good"]);
  for (const text of [query, command, address]) assert.doesNotMatch(text, /profile|reboot|evil/);
  assert.equal(logQuery(TRACE, [{ name: "x", aws: wrong }], { start: 1e300, end: 1e300 }), undefined);
});

test("the critical path is what the end waited for", () => {
  const root = part("root", 0, 10, { subsegments: [part("first", 0, 4), part("beside", 1, 3), part("last", 5, 9, { subsegments: [part("inner", 6, 8)] })] });
  const timeline = layOut([root]);
  const path = [...criticalPath(timeline)].map((key) => timeline.rows[key].entity.id);
  assert.deepEqual(path.sort(), ["first", "inner", "last", "root"]);
});

test("a graph is laid out in layers, also where calls go in a circle", () => {
  const laid = graph.layOut(["a", "b", "c"], [{ from: "a", to: "b" }, { from: "b", to: "c" }, { from: "c", to: "a" }]);
  assert.deepEqual(["a", "b", "c"].map((id) => laid.place.get(id).layer), [0, 1, 2]);
  assert.equal(laid.layers, 3);
});

test("a scale over powers of ten goes both ways", () => {
  const scale = logScale([0.001, 10]);
  for (const value of [0.001, 0.05, 10]) assert.ok(Math.abs(scale.from(scale.to(value)) - value) < value * 1e-9);
  assert.equal(scale.to(0), 0);
  assert.equal(seconds(0.123456), "0.123");
});

test("documents are found in both kinds of files, without what is inferred", () => {
  const document = JSON.stringify({ trace_id: "1-a", id: "b" });
  const inferred = JSON.stringify({ inferred: true });
  assert.deepEqual(documentsOf(JSON.stringify({ TraceSegmentDocuments: [document] })), [document]);
  const printed = { Traces: [{ Segments: [{ Id: "b", Document: document }, { Document: inferred }] }] };
  assert.deepEqual(documentsOf(JSON.stringify(printed)), [document]);
  assert.equal(traceIdOf([document]), "1-a");
  for (const wrong of ["{", "{}", "[]", '{"Traces":[]}', "null"]) assert.throws(() => documentsOf(wrong), /file/);
});
