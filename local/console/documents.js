// Documents in the files that people have: what this page exports, and what `aws xray batch-get-traces` prints. Pure, so that it can be tested without a page.

/** The segment documents of a file's text, as texts; throws a sentence where there are none. */
export function documentsOf(text) {
  const file = parse(text);
  const documents = file?.TraceSegmentDocuments ?? file?.Traces?.flatMap((trace) => (trace.Segments ?? []).map((segment) => segment.Document));
  const found = (documents ?? []).filter((it) => typeof it === "string" && !isInferred(it));
  if (!found.length) throw new Error("no segment documents in this file: it takes what Export JSON saves, and what aws xray batch-get-traces prints");
  return found;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("this file is no JSON");
  }
}

/** X-Ray infers such segments anew. */
function isInferred(document) {
  try {
    return JSON.parse(document).inferred === true;
  } catch {
    return false;
  }
}

/** The id of the first trace among documents. */
export function traceIdOf(documents) {
  return documents.map((it) => JSON.parse(it).trace_id).find((id) => typeof id === "string");
}
