"""A Lambda function in Python with the official X-Ray SDK: the Runtime API's loop, and a handler that does what its event says.

An event is {"subsegments": ["names", ...], "then": "return" | "raise" | "hang" | "kill", "powertools": true}.
"""

import http.client
import json
import os
import signal
import time
from types import SimpleNamespace

from aws_lambda_powertools import Tracer
from aws_xray_sdk.core import xray_recorder

tracer = Tracer(service="shop", auto_patch=False)


def work(event):
    for name in event["subsegments"]:
        with xray_recorder.in_subsegment(name) as subsegment:
            subsegment.put_annotation("language", "python")
    match event.get("then"):
        case "raise":
            raise ValueError("card declined")
        case "hang":
            with xray_recorder.in_subsegment("open"):
                time.sleep(60)
        case "kill":
            with xray_recorder.in_subsegment("open"):
                os.kill(os.getpid(), signal.SIGKILL)
    return {"done": len(event["subsegments"])}


@tracer.capture_lambda_handler
def traced(event, context):
    return work(event)


def handle(event):
    return traced(event, SimpleNamespace(function_name="shop")) if event.get("powertools") else work(event)


def call(runtime, method, path, body=None):
    runtime.request(method, "/2018-06-01/runtime/" + path, body)
    answer = runtime.getresponse()
    return answer.headers, answer.read()


runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    headers, event = call(runtime, "GET", "invocation/next")
    os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
    invocation = "invocation/" + headers["Lambda-Runtime-Aws-Request-Id"]
    try:
        call(runtime, "POST", invocation + "/response", json.dumps(handle(json.loads(event))))
    except Exception as error:
        failure = {"errorType": type(error).__name__, "errorMessage": str(error)}
        call(runtime, "POST", invocation + "/error", json.dumps(failure))
