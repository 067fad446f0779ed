"""A handler with the tracer of Powertools for AWS Lambda, whose subsegments go to AWS_XRAY_DAEMON_ADDRESS; then the trace as its own end-to-end tests fetch it.

AWS_ENDPOINT_URL_XRAY says where from. Prints annotations, metadata and the names of subsegments as JSON.
"""

import json
import os
import secrets
import time
from types import SimpleNamespace

import boto3

now = time.time()
trace_id = f"1-{int(now):08x}-{secrets.token_hex(12)}"
os.environ |= {
    "_X_AMZN_TRACE_ID": f"Root={trace_id};Parent=1000000000000001;Sampled=1", "LAMBDA_TASK_ROOT": "/var/task", "AWS_LAMBDA_FUNCTION_NAME": "shop",
    "AWS_SAM_LOCAL": "", "POWERTOOLS_SERVICE_NAME": "orders",
}
# Reads the environment when it is imported.
from aws_lambda_powertools import Tracer

tracer = Tracer(auto_patch=False)


@tracer.capture_method
def pay(amount):
    tracer.put_annotation("amount", amount)
    return {"paid": amount}


@tracer.capture_lambda_handler
def handler(event, context):
    return pay(event["amount"])


handler({"amount": 7}, SimpleNamespace(function_name="shop"))

xray = boto3.client("xray", region_name="eu-central-1", aws_access_key_id="any", aws_secret_access_key="any")
# Which function it was, Lambda tells; here nobody does, and the first subsegment gives its name.
query = {"StartTime": now - 60, "TimeRangeType": "Event", "Sampling": False, "FilterExpression": 'service(id(name: "## handler"))'}
summaries = []
while not summaries and time.time() < now + 20:
    pages = xray.get_paginator("get_trace_summaries").paginate(EndTime=time.time() + 1, **query)
    summaries = [summary for page in pages for summary in page["TraceSummaries"]]
traces = xray.batch_get_traces(TraceIds=[summary["Id"] for summary in summaries])["Traces"]
documents = [json.loads(segment["Document"]) for segment in traces[0]["Segments"]]
for document in documents:
    missing = {"id", "name", "start_time", "end_time", "trace_id", "origin", "aws"} - set(document)
    assert not missing, f"a document without {missing}: {document}"


def subsegments(entity):
    for inner in entity.get("subsegments", []):
        yield inner
        yield from subsegments(inner)


found = [inner for document in documents for inner in subsegments(document)]
annotations = {key: value for inner in found for key, value in inner.get("annotations", {}).items()}
metadata = {key: value for inner in found for key, value in inner.get("metadata", {}).get("orders", {}).items()}
print(json.dumps({"names": [inner["name"] for inner in found], "annotations": annotations, "metadata": metadata, "origins": [it["origin"] for it in documents]}))
