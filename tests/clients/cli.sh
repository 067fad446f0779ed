#!/bin/sh
# The AWS CLI as X-Ray's guide uses it: what each command printed, one after the other. AWS_ENDPOINT_URL_XRAY says where, the first argument is the
# `aws` to call.
set -eu
aws() { "$AWS" xray "$@"; }
AWS="$1"
now=$(date +%s)
id=$(printf '1-%08x-0123456789abcdef01234567' "$now")
segment() {
    printf '{"trace_id": "%s", "id": "%s", "start_time": %s, "end_time": %s, "name": "Scorekeep"}' "$1" "$2" "$now" "$now.5"
}
second=$(printf '1-%08x-0123456789abcdef01234568' "$now")
echo "trace $id"
echo "put $(aws put-trace-segments --trace-segment-documents "$(segment "$id" 6226467e3f845502)" "$(segment "$second" 6226467e3f845503)" --output json | tr -d ' \n')"
echo "summaries $(aws get-trace-summaries --start-time $((now - 120)) --end-time $((now + 1)) --query 'TraceSummaries[*].Id' --output text)"
echo "batch $(aws batch-get-traces --trace-ids "$id" --query 'Traces[0].Segments[0].Id' --output text)"
echo "graph $(aws get-service-graph --start-time $((now - 120)) --end-time $((now + 1)) --query 'Services[?Root].Name' --output text)"
next=$(aws get-trace-summaries --start-time $((now - 120)) --end-time $((now + 1)) --max-items 1 --output json | sed -n 's/.*"NextToken": "\(.*\)".*/\1/p')
echo "rest $(aws get-trace-summaries --start-time $((now - 120)) --end-time $((now + 1)) --starting-token "$next" --query 'TraceSummaries[*].Id' --output json | tr -d ' \n')"
rule='{"SamplingRule": {"RuleName": "base-scorekeep", "ResourceARN": "*", "Priority": 9000, "FixedRate": 0.1, "ReservoirSize": 5, "ServiceName": "Scorekeep",
       "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1}}'
echo "rule $(aws create-sampling-rule --cli-input-json "$rule" --query SamplingRuleRecord.SamplingRule.RuleName --output text)"
if aws create-sampling-rule --cli-input-json "$rule" >/dev/null 2>"$2"; then echo "twice"; fi
echo "error $(tr '\n' ' ' <"$2")"
