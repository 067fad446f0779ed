// The X-Ray API, spoken as every other client speaks it.

async function call(path, input) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(input),
  });
  const output = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(output.Message ?? `xray-local answered ${answer.status}`);
  return output;
}

/** One page of summaries of the last `seconds`, the newest first. */
export function summaries(seconds, nextToken) {
  const now = Date.now() / 1000;
  return call("/TraceSummaries", { StartTime: now - seconds, EndTime: now + 60, NextToken: nextToken });
}

/** The services of the last `seconds`, with the calls between them. */
export async function serviceGraph(seconds) {
  const now = Date.now() / 1000;
  const services = [];
  let nextToken;
  do {
    const page = await call("/ServiceGraph", { StartTime: now - seconds, EndTime: now + 60, NextToken: nextToken });
    services.push(...page.Services);
    nextToken = page.NextToken;
  } while (nextToken);
  return services;
}

/** A whole trace with its documents parsed, or `undefined` when there is none of this id. */
export async function trace(id) {
  const { Traces } = await call("/Traces", { TraceIds: [id] });
  const found = Traces[0];
  if (!found) return undefined;
  const segments = found.Segments.map((segment) => JSON.parse(segment.Document));
  return { id: found.Id, duration: found.Duration, limitExceeded: found.LimitExceeded, segments };
}
