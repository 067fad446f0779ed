// Writes and reads traces by the AWS SDK for JavaScript, and prints what it saw as JSON. AWS_ENDPOINT_URL_XRAY says where.
const { XRayClient, PutTraceSegmentsCommand, BatchGetTracesCommand, CreateGroupCommand, paginateGetTraceSummaries } = require("@aws-sdk/client-xray");

async function main() {
  const xray = new XRayClient({ region: "eu-central-1", credentials: { accessKeyId: "any", secretAccessKey: "any" } });
  const now = Math.floor(Date.now() / 1000);
  const ids = Array.from({ length: 150 }, (_, number) => `1-${now.toString(16)}-${number.toString(16).padStart(24, "0")}`);
  const document = (trace_id) => JSON.stringify({ id: "1000000000000001", name: "shop", trace_id, start_time: now - 5, end_time: now - 4 });
  const put = await xray.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: [...ids.map(document), "{"] }));
  const pages = [];
  const range = { StartTime: new Date((now - 60) * 1000), EndTime: new Date((now + 1) * 1000) };
  for await (const page of paginateGetTraceSummaries({ client: xray }, range)) {
    pages.push(page.TraceSummaries.length);
  }
  const batch = await xray.send(new BatchGetTracesCommand({ TraceIds: [ids[7]] }));
  const group = new CreateGroupCommand({ GroupName: "bad", FilterExpression: "fault AND" });
  const error = await xray.send(group).then(() => null, (error) => error);
  console.log(JSON.stringify({
    unprocessed: put.UnprocessedTraceSegments.map((it) => it.ErrorCode),
    pages,
    name: JSON.parse(batch.Traces[0].Segments[0].Document).name,
    error: error.name,
    status: error.$metadata.httpStatusCode,
  }));
}

main();
