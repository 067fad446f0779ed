"""Makes the calls that Grafana's data source for X-Ray makes, and holds the answers against what its code takes for granted. Prints what was wrong as JSON.

AWS_ENDPOINT_URL_XRAY says where. Its code dereferences what X-Ray always sends: a null there ends the panel with an error.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import boto3

xray = boto3.client("xray", region_name="eu-central-1", aws_access_key_id="any", aws_secret_access_key="any")
now = time.time()
wrong = []


def hold(condition, text):
    if not condition:
        wrong.append(text)


traces = [f"1-{int(now):08x}-{number:024x}" for number in range(40)]
for number, trace_id in enumerate(traces):
    start = now - 10 * number - 5
    segment = {
        "id": "1000000000000001", "name": "shop", "trace_id": trace_id, "start_time": start, "end_time": start + 4, "origin": "AWS::Lambda::Function",
        "fault": number % 4 == 0, "error": number % 4 == 1,
        "cause": {"exceptions": [{"id": "2000000000000001", "message": "declined"}]},
        "subsegments": [{"id": "1000000000000002", "name": "db@host", "namespace": "remote", "start_time": start, "end_time": start + 3.5,
                         "fault": number % 4 == 0, "error": number % 4 == 1, "sql": {"sanitized_query": "SELECT"}}],
    }
    if number % 2:
        segment["http"] = {"request": {"url": "http://shop.example.com/", "method": "GET"}, "response": {"status": 200}}
    xray.put_trace_segments(TraceSegmentDocuments=[json.dumps(segment)])

# The health check, and the list of groups of which the first is chosen.
groups = xray.get_groups()["Groups"]
hold("Default" in [group["GroupName"] for group in groups], "there is no group Default")

# A list of traces.
listed = []
for page in xray.get_paginator("get_trace_summaries").paginate(StartTime=now - 600, EndTime=now + 1):
    listed += page["TraceSummaries"]
hold(len(listed) == 40, f"{len(listed)} traces are listed instead of 40")
for summary in listed:
    hold(isinstance(summary.get("Http"), dict), "a summary without Http")
    for kind in ("Fault", "Error", "ResponseTime"):
        for cause in summary[f"{kind}RootCauses"]:
            for service in cause["Services"]:
                hold(service.get("Name") is not None and service.get("Type") is not None, f"a service of a {kind} root cause without name or type")
                hold(kind != "ResponseTime" or service["EntityPath"], "an empty path to a response time")
                for entity in service["EntityPath"]:
                    hold(entity.get("Name") is not None, "an entity without a name")
                    for exception in entity.get("Exceptions", []):
                        hold(exception.get("Name") is not None, "an exception without a name")

# Analytics: four quarters at once, of all that was at work then.
end = time.time() + 1


def quarter(number):
    begin = end - 600 + 150 * number
    pages = xray.get_paginator("get_trace_summaries").paginate(
        StartTime=begin, EndTime=begin + 150, TimeRangeType="Event", Sampling=True, SamplingStrategy={"Name": "FixedRate", "Value": 1.0})
    return [summary["Id"] for page in pages for summary in page["TraceSummaries"]]


with ThreadPoolExecutor(4) as pool:
    active = [trace_id for part in pool.map(quarter, range(4)) for trace_id in part]
hold(sorted(active) == sorted(traces), f"{len(active)} traces were at work instead of 40")
series = xray.get_time_series_service_statistics(StartTime=now - 600, EndTime=now + 1, Period=60, GroupName="Default")["TimeSeriesServiceStatistics"]
total = 0
for period in series:
    statistics = period["EdgeSummaryStatistics"]
    for value in (statistics.get("OkCount"), statistics["ErrorStatistics"].get("TotalCount"), statistics["ErrorStatistics"].get("ThrottleCount"),
                  statistics["FaultStatistics"].get("TotalCount"), statistics.get("TotalCount"), statistics.get("TotalResponseTime")):
        hold(value is not None, "a counter is null")
    total += statistics.get("TotalCount", 0)
hold(total == 40, f"the time series counts {total} traces instead of 40")

# One trace, and its graph.
with ThreadPoolExecutor(2) as pool:
    trace, graph = pool.submit(xray.batch_get_traces, TraceIds=[traces[0]]), pool.submit(xray.get_trace_graph, TraceIds=[traces[0]])
    hold(trace.result()["Traces"][0]["Segments"], "a trace without segments")
    graphs = [graph.result()["Services"], xray.get_service_graph(StartTime=now - 600, EndTime=now + 1, GroupName="Default")["Services"]]
for services in graphs:
    known = {service["ReferenceId"] for service in services}
    for service in services:
        hold(isinstance(service.get("Edges"), list), "a service without Edges")
        hold("SummaryStatistics" in service or service["Edges"], "a service that tells neither statistics nor calls")
        hold(isinstance(service.get("ResponseTimeHistogram"), list), "a service without a histogram")
        for edge in service["Edges"]:
            hold(edge["ReferenceId"] in known, "an edge that leads nowhere")
            hold(isinstance(edge.get("ResponseTimeHistogram"), list), "an edge without a histogram")

hold(xray.get_insight_summaries(StartTime=now - 600, EndTime=now, GroupName="Default")["InsightSummaries"] is not None, "insights are null")
print(json.dumps(sorted(set(wrong))))
