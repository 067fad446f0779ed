"""Reads a trace and the newest summaries by boto3, as its users do, and prints both as JSON.

AWS_ENDPOINT_URL_XRAY says where from, the argument which trace.
"""

import json
import sys
import time

import boto3

xray = boto3.client("xray", region_name="eu-central-1", aws_access_key_id="any", aws_secret_access_key="any")
trace_id = sys.argv[1]
traces = xray.batch_get_traces(TraceIds=[trace_id, "1-00000000-000000000000000000000000"])
now = time.time()
pages = xray.get_paginator("get_trace_summaries").paginate(StartTime=now - 60, EndTime=now + 1)
summaries = [summary for page in pages for summary in page["TraceSummaries"]]
print(json.dumps({"traces": traces["Traces"], "unprocessed": traces["UnprocessedTraceIds"], "summaries": summaries}, default=str))
