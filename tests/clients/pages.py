"""Reads every list of the X-Ray API by boto3's paginators, and prints for each how many pages it had and how many things there were, as JSON.

AWS_ENDPOINT_URL_XRAY says where; the store is empty. Lists of which there can be no second page (25 rules, 25 groups, 5 policies, 50 tags, what one
BatchGetTraces may ask for) come whole: they have one.
"""

import json
import time

import boto3

xray = boto3.client("xray", region_name="eu-central-1", aws_access_key_id="any", aws_secret_access_key="any")
now = int(time.time())
DAY = 86_400
ids = [f"1-{now:08x}-{number:024x}" for number in range(1200)]


def put(documents):
    texts = [json.dumps(document) for document in documents]
    for first in range(0, len(texts), 100):
        answer = xray.put_trace_segments(TraceSegmentDocuments=texts[first : first + 100])
        assert not answer["UnprocessedTraceSegments"], answer


# A trace in each minute and of each service; the first trace calls all of them.
put({"id": f"{number + 1:016x}", "name": f"service-{number}", "trace_id": trace_id, "start_time": now - 60 * number, "end_time": now - 60 * number + 1}
    for number, trace_id in enumerate(ids))
put({"id": f"{number + 5000:016x}", "name": f"service-{number}", "trace_id": ids[0], "start_time": now, "end_time": now + 1} for number in range(1, 1200))
for number in range(25):
    xray.create_sampling_rule(SamplingRule={
        "RuleName": f"rule-{number}", "ResourceARN": "*", "Priority": number + 1, "FixedRate": 0.1, "ReservoirSize": 1, "Version": 1,
        "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*",
    })
    if number < 24:
        xray.create_group(GroupName=f"group-{number}", FilterExpression="fault")
for seconds in range(0, 50, 10):
    xray.get_sampling_targets(SamplingStatisticsDocuments=[
        {"RuleName": f"rule-{number}", "ClientID": "0123456789abcdef01234567", "Timestamp": now - seconds, "RequestCount": 1, "SampledCount": 1}
        for number in range(25)
    ])
arn = xray.get_sampling_rules()["SamplingRuleRecords"][0]["SamplingRule"]["RuleARN"]
xray.tag_resource(ResourceARN=arn, Tags=[{"Key": f"key-{number}", "Value": ""} for number in range(50)])
policy = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "xray:*", "Resource": "*"}]}'
for number in range(5):
    xray.put_resource_policy(PolicyName=f"policy-{number}", PolicyDocument=policy)

time_range = {"StartTime": now - DAY, "EndTime": now + 60}
arguments = {
    "batch_get_traces": {"TraceIds": ids[1:101]},
    "get_service_graph": time_range,
    "get_trace_graph": {"TraceIds": ids[:1]},
    "get_trace_summaries": time_range,
    "get_groups": {},
    "get_sampling_rules": {},
    "get_sampling_statistic_summaries": {},
    "get_time_series_service_statistics": {**time_range, "Period": 60},
    "list_resource_policies": {},
    "list_tags_for_resource": {"ResourceARN": arn},
}
read = {}
for method, input in arguments.items():
    pages = list(xray.get_paginator(method).paginate(**input))
    key = xray.get_paginator(method).result_keys[0].expression
    found = [json.dumps(thing, default=str, sort_keys=True) for page in pages for thing in page[key]]
    assert len(found) == len(set(found)), f"{method} gave something twice"
    read[method] = [len(pages), len(found)]
print(json.dumps(read))
