// A Lambda function in JavaScript with the official X-Ray SDK: the Runtime API's loop, and a handler that does what its event says.
//
// An event is {"subsegments": ["names", ...], "then": "return" | "raise" | "hang" | "kill"}.
const AWSXRay = require("aws-xray-sdk-core");

const runtime = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/`;
const within = (name, work) => AWSXRay.captureAsyncFunc(name, async (subsegment) => {
  try {
    return await work(subsegment);
  } finally {
    subsegment.close();
  }
});

async function handle(event) {
  for (const name of event.subsegments) {
    await within(name, async (subsegment) => subsegment.addAnnotation("language", "node"));
  }
  switch (event.then) {
    case "raise":
      throw new Error("card declined");
    case "hang":
      return within("open", () => new Promise((resolve) => setTimeout(resolve, 60_000)));
    case "kill":
      // What was closed is on its way only after the event loop has turned.
      return within("open", () => new Promise(() => setTimeout(() => process.kill(process.pid, "SIGKILL"), 20)));
  }
  return { done: event.subsegments.length };
}

async function serve() {
  for (;;) {
    const next = await fetch(runtime + "invocation/next");
    process.env._X_AMZN_TRACE_ID = next.headers.get("Lambda-Runtime-Trace-Id") ?? "";
    const invocation = `${runtime}invocation/${next.headers.get("Lambda-Runtime-Aws-Request-Id")}`;
    const event = await next.json();
    const post = (path, body) => fetch(invocation + path, { method: "POST", body: JSON.stringify(body) });
    await handle(event).then(
      (answer) => post("/response", answer),
      (error) => post("/error", { errorType: error.name, errorMessage: error.message }),
    );
  }
}

serve();
