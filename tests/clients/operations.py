"""Calls every operation of the X-Ray API by boto3, holds each answer against botocore's own model, and prints what was wrong as JSON.

AWS_ENDPOINT_URL_XRAY says where. boto3 itself passes over what it does not know; here a member that the model does not have, that is of another type
or that is required and missing is wrong.
"""

import json
import time

import boto3

xray = boto3.client("xray", region_name="eu-central-1", aws_access_key_id="any", aws_secret_access_key="any")
model = xray.meta.service_model
called = set()
wrong = []


def say(path, text):
    wrong.append(f"{path}: {text}")


KINDS = {
    "string": str, "integer": int, "long": int, "boolean": bool, "double": (int, float), "float": (int, float),
    "timestamp": (int, float, str), "structure": dict, "list": list, "map": dict,
}


def check(shape, value, path):
    kind = KINDS[shape.type_name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        return say(path, f"{value!r} is no {shape.type_name}")
    if shape.type_name == "structure":
        for name in set(value) - set(shape.members):
            say(path, f"has {name}, which the model does not")
        for name in set(shape.required_members) - set(value):
            say(path, f"lacks {name}")
        for name, member in shape.members.items():
            if name in value:
                check(member, value[name], f"{path}.{name}")
    elif shape.type_name == "list":
        for number, element in enumerate(value):
            check(shape.member, element, f"{path}[{number}]")
    elif shape.type_name == "map":
        for key, element in value.items():
            check(shape.value, element, f"{path}.{key}")
    elif shape.type_name == "string" and getattr(shape, "enum", None) and value not in shape.enum:
        say(path, f"{value!r} is none of {shape.enum}")




def before_parse(operation_model, response_dict, **_):
    called.add(operation_model.name)
    if response_dict["status_code"] < 300:
        check(operation_model.output_shape, json.loads(response_dict["body"]), operation_model.name)
    elif not response_dict["headers"].get("x-amzn-errortype"):
        say(operation_model.name, "an error without a name")


xray.meta.events.register("before-parse.xray", before_parse)


def refused(error, call, **arguments):
    """The call fails with an error that the operation's model names."""
    try:
        call(**arguments)
    except getattr(xray.exceptions, error):
        return
    except Exception as other:
        return say(call.__name__, f"{other!r} instead of {error}")
    say(call.__name__, f"nothing instead of {error}")


def equal(what, one, other):
    if one != other:
        say(what, f"{one!r} instead of {other!r}")


now = time.time()
time_range = {"StartTime": now - 600, "EndTime": now + 1}
TRACE = f"1-{int(now):08x}-0123456789abcdef01234567"
documents = [
    {
        "id": "1000000000000001", "name": "shop", "trace_id": TRACE, "start_time": now - 4, "end_time": now - 0.5, "fault": True, "user": "alice",
        "http": {"request": {"method": "GET", "url": "http://shop.example.com/order", "client_ip": "10.0.0.1"}, "response": {"status": 500}},
        "annotations": {"customer": "c1", "vip": True, "items": 3}, "metadata": {"default": {"cart": [1, 2]}},
        "cause": {"exceptions": [{"id": "2000000000000001", "type": "Declined", "message": "card declined"}]},
        "aws": {"ec2": {"instance_id": "i-1", "availability_zone": "eu-central-1a"}}, "resource_arn": "arn:aws:ec2:eu-central-1:1:instance/i-1",
        "subsegments": [
            {"id": "1000000000000002", "name": "DynamoDB", "namespace": "aws", "start_time": now - 3.5, "end_time": now - 1, "fault": True,
             "aws": {"operation": "PutItem", "table_name": "orders"}, "http": {"response": {"status": 500}}},
            {"id": "1000000000000003", "name": "bank.example.com", "namespace": "remote", "start_time": now - 1, "end_time": now - 0.8},
        ],
    },
    {"id": "1000000000000004", "name": "bank", "trace_id": TRACE, "parent_id": "1000000000000003", "start_time": now - 1, "end_time": now - 0.9,
     "error": True, "throttle": True, "http": {"response": {"status": 429}}, "origin": "AWS::ECS::Container"},
]

answer = xray.put_trace_segments(TraceSegmentDocuments=[*map(json.dumps, documents), "{", json.dumps({**documents[1], "id": "no id"})])
equal("unprocessed", [it["ErrorCode"] for it in answer["UnprocessedTraceSegments"]], ["ParseError", "InvalidId"])
xray.put_telemetry_records(TelemetryRecords=[{
    "Timestamp": now, "SegmentsReceivedCount": 1, "SegmentsSentCount": 1, "SegmentsSpilloverCount": 0, "SegmentsRejectedCount": 0,
    "BackendConnectionErrors": {"TimeoutCount": 0, "HTTPCode5XXCount": 1},
}], Hostname="here")

for kind in ("TraceId", "Event", "Service"):
    summaries = xray.get_trace_summaries(**time_range, TimeRangeType=kind)["TraceSummaries"]
    equal(f"summaries by {kind}", [it["Id"] for it in summaries], [TRACE])
equal("a filter", len(xray.get_trace_summaries(**time_range, FilterExpression='annotation.customer = "c1" AND fault')["TraceSummaries"]), 1)
refused("InvalidRequestException", xray.get_trace_summaries, **time_range, FilterExpression="fault AND")
traces = xray.batch_get_traces(TraceIds=[TRACE, "1-00000000-000000000000000000000000"])
equal("unprocessed ids", traces["UnprocessedTraceIds"], ["1-00000000-000000000000000000000000"])
equal("segments", len(traces["Traces"][0]["Segments"]), 3)
for graph in (xray.get_service_graph(**time_range, GroupName="Default"), xray.get_trace_graph(TraceIds=[TRACE])):
    names = sorted(it["Name"] for it in graph["Services"] if it.get("Type") != "client")
    equal("services", names, ["bank", "orders", "shop"])
for selector in (None, 'service("shop")', 'edge("shop", "bank")'):
    more = {"EntitySelectorExpression": selector} if selector else {}
    series = xray.get_time_series_service_statistics(**time_range, Period=60, **more)
    equal(f"periods of {selector}", len(series["TimeSeriesServiceStatistics"]), 1)

rule = {
    "RuleName": "checkout", "ResourceARN": "*", "Priority": 7, "FixedRate": 0.25, "ReservoirSize": 3, "Version": 1,
    "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "POST", "URLPath": "/checkout",
}
created = xray.create_sampling_rule(SamplingRule=rule, Tags=[{"Key": "team", "Value": "shop"}])["SamplingRuleRecord"]
arn = created["SamplingRule"]["RuleARN"]
refused("InvalidRequestException", xray.create_sampling_rule, SamplingRule=rule)
xray.update_sampling_rule(SamplingRuleUpdate={"RuleName": "checkout", "FixedRate": 0.0})
equal("rates", [it["SamplingRule"]["FixedRate"] for it in xray.get_sampling_rules()["SamplingRuleRecords"]], [0.0, 1.0])
targets = xray.get_sampling_targets(SamplingStatisticsDocuments=[
    {"RuleName": name, "ClientID": "0123456789abcdef01234567", "Timestamp": now, "RequestCount": 4, "SampledCount": 2} for name in ("checkout", "none")
])
equal("targets", [it["RuleName"] for it in targets["SamplingTargetDocuments"]], ["checkout"])
equal("unknown rules", [it["RuleName"] for it in targets["UnprocessedStatistics"]], ["none"])
statistics = xray.get_sampling_statistic_summaries()["SamplingStatisticSummaries"]
equal("statistics", [(it["RuleName"], it["RequestCount"]) for it in statistics], [("checkout", 4)])
xray.tag_resource(ResourceARN=arn, Tags=[{"Key": "tier", "Value": "1"}])
xray.untag_resource(ResourceARN=arn, TagKeys=["team"])
equal("tags", xray.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "tier", "Value": "1"}])
refused("ResourceNotFoundException", xray.list_tags_for_resource, ResourceARN=arn + "x")
xray.delete_sampling_rule(RuleName="checkout")
refused("InvalidRequestException", xray.delete_sampling_rule, RuleName="checkout")

xray.create_group(GroupName="slow", FilterExpression="responsetime > 3", InsightsConfiguration={"InsightsEnabled": True})
equal("group", xray.get_group(GroupName="slow")["Group"]["FilterExpression"], "responsetime > 3")
equal("in the group", len(xray.get_trace_summaries(**time_range, FilterExpression='group.name = "slow"')["TraceSummaries"]), 1)
xray.update_group(GroupName="slow", FilterExpression="responsetime > 5")
equal("no longer", xray.get_trace_summaries(**time_range, FilterExpression='group.name = "slow"')["TraceSummaries"], [])
equal("groups", sorted(it["GroupName"] for it in xray.get_groups()["Groups"]), ["Default", "slow"])
xray.get_insight_summaries(StartTime=now - 600, EndTime=now, GroupName="slow")
unknown = "00000000-0000-0000-0000-000000000000"
refused("InvalidRequestException", xray.get_insight, InsightId=unknown)
refused("InvalidRequestException", xray.get_insight_events, InsightId=unknown)
refused("InvalidRequestException", xray.get_insight_impact_graph, InsightId=unknown, StartTime=now - 60, EndTime=now)
xray.delete_group(GroupName="slow")

xray.put_encryption_config(Type="KMS", KeyId="alias/traces")
equal("key", xray.get_encryption_config()["EncryptionConfig"]["Type"], "KMS")
policy = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "xray:PutTraceSegments", "Resource": "*"}]}'
put = xray.put_resource_policy(PolicyName="open", PolicyDocument=policy)["ResourcePolicy"]
equal("policies", [it["PolicyName"] for it in xray.list_resource_policies()["ResourcePolicies"]], ["open"])
refused("InvalidPolicyRevisionIdException", xray.delete_resource_policy, PolicyName="open", PolicyRevisionId="other")
refused("MalformedPolicyDocumentException", xray.put_resource_policy, PolicyName="bad", PolicyDocument="{")
xray.delete_resource_policy(PolicyName="open", PolicyRevisionId=put["PolicyRevisionId"])

xray.update_indexing_rule(Name="Default", Rule={"Probabilistic": {"DesiredSamplingPercentage": 10.0}})
rule = xray.get_indexing_rules()["IndexingRules"][0]["Rule"]["Probabilistic"]
equal("indexing", rule["DesiredSamplingPercentage"], 10.0)
xray.update_trace_segment_destination(Destination="CloudWatchLogs")
equal("destination", xray.get_trace_segment_destination()["Destination"], "CloudWatchLogs")
token = xray.start_trace_retrieval(TraceIds=[TRACE], **time_range)["RetrievalToken"]
for form in ("XRAY", "OTEL"):
    listed = xray.list_retrieved_traces(RetrievalToken=token, TraceFormat=form)
    equal(f"retrieved as {form}", (listed["RetrievalStatus"], listed["TraceFormat"], listed["Traces"][0]["Id"]), ("COMPLETE", form, TRACE))
xray.get_retrieved_traces_graph(RetrievalToken=token)
xray.cancel_trace_retrieval(RetrievalToken=token)
equal("cancelled", xray.list_retrieved_traces(RetrievalToken=token)["RetrievalStatus"], "CANCELLED")
refused("ResourceNotFoundException", xray.list_retrieved_traces, RetrievalToken="none")

for name in sorted(set(model.operation_names) - called):
    say(name, "was not called")
print(json.dumps(wrong))
