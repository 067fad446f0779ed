// The X-Ray API, spoken as every other client speaks it.

/** What the service refused, in its words; `isThere` says whether it knows the operation at all. */
export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.isThere = status !== 404 && status !== 403;
  }
}

async function call(path, input) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(input),
  });
  const output = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new ApiError(output.Message ?? output.message ?? `xray-local answered ${answer.status}`, answer.status);
  return output;
}

async function pages(path, input, key) {
  const all = [];
  let NextToken;
  do {
    const page = await call(path, { ...input, NextToken });
    all.push(...page[key]);
    ({ NextToken } = page);
  } while (NextToken);
  return all;
}

/** One page of summaries of a period that pass the filter, the newest first. */
export function summaries([StartTime, EndTime], filter, NextToken) {
  return call("/TraceSummaries", { StartTime, EndTime, FilterExpression: filter || undefined, NextToken });
}

/** The services of a period, with the calls between them; of a group where one is named. */
export function serviceGraph([StartTime, EndTime], group) {
  return pages("/ServiceGraph", { StartTime, EndTime, GroupName: group || undefined }, "Services");
}

/** The services of one trace, with the calls between them. */
export function traceGraph(id) {
  return pages("/TraceGraph", { TraceIds: [id] }, "Services");
}

/** What stood out in a period of a group that asks for insights, the newest first; none where nobody looks for it. */
export async function insights([StartTime, EndTime], group) {
  try {
    return await pages("/InsightSummaries", { StartTime, EndTime, GroupName: group || "Default" }, "InsightSummaries");
  } catch (error) {
    if (error instanceof ApiError) return [];
    throw error;
  }
}

/** The groups, as the API has them. */
export function groups() {
  return pages("/Groups", {}, "Groups");
}

/** Makes a group, or changes the one of this name. */
export function saveGroup(isNew, group) {
  return call(isNew ? "/CreateGroup" : "/UpdateGroup", group);
}

/** Deletes a group. */
export function deleteGroup(GroupName) {
  return call("/DeleteGroup", { GroupName });
}

/** The sampling rules, in the order in which they are tried. */
export async function rules() {
  const records = await pages("/GetSamplingRules", {}, "SamplingRuleRecords");
  return records.map((record) => ({ ...record.SamplingRule, Until: record.Until }));
}

/** What each rule did in the last hour: a map from its name to `{requests, sampled}`. */
export async function ruleCounts() {
  const counts = new Map();
  for (const it of await pages("/SamplingStatisticSummaries", {}, "SamplingStatisticSummaries")) {
    const known = counts.get(it.RuleName) ?? { requests: 0, sampled: 0 };
    counts.set(it.RuleName, { requests: known.requests + it.RequestCount, sampled: known.sampled + it.SampledCount + it.BorrowCount });
  }
  return counts;
}

/** Makes a sampling rule, or changes the one of this name. */
export function saveRule(isNew, rule) {
  if (!isNew) return call("/UpdateSamplingRule", { SamplingRuleUpdate: rule });
  const any = { ResourceARN: "*", ServiceName: "*", ServiceType: "*", Host: "*", HTTPMethod: "*", URLPath: "*", Version: 1, Attributes: {} };
  return call("/CreateSamplingRule", { SamplingRule: { ...any, ...rule } });
}

/** Deletes a sampling rule. */
export function deleteRule(RuleName) {
  return call("/DeleteSamplingRule", { RuleName });
}

/** Samples all of some requests for so many seconds; goes back by itself. */
export function raiseSampling(URLPath, Seconds) {
  return call("/RaiseSampling", { URLPath, Seconds });
}

/** Stores documents; throws the first reason why one was not taken. */
export async function put(documents) {
  for (let at = 0; at < documents.length; at += 50) {
    const { UnprocessedTraceSegments } = await call("/TraceSegments", { TraceSegmentDocuments: documents.slice(at, at + 50) });
    if (UnprocessedTraceSegments.length) throw new Error(UnprocessedTraceSegments[0].Message);
  }
}

/** A whole trace with its documents parsed, or `undefined` when there is none of this id. */
export async function trace(id) {
  const { Traces } = await call("/Traces", { TraceIds: [id] });
  const found = Traces[0];
  if (!found) return undefined;
  const segments = found.Segments.map((segment) => JSON.parse(segment.Document));
  return { id: found.Id, duration: found.Duration, limitExceeded: found.LimitExceeded, segments };
}

/** What the trace's functions wrote: `[{Time, Message, Function, RequestId}]`; `undefined` where nobody keeps it. */
export async function logs(id) {
  try {
    const { LogEvents } = await call("/GetLogs", { TraceIds: [id] });
    return LogEvents;
  } catch (error) {
    if (error instanceof ApiError && !error.isThere) return undefined;
    throw error;
  }
}

/** How traces are distributed, and what sets them apart. */
export function analytics(input) {
  return call("/GetAnalytics", input);
}
