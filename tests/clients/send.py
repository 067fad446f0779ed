"""Sends a segment with a subsegment by the official X-Ray SDK for Python, and prints its trace id.

AWS_XRAY_DAEMON_ADDRESS says where to.
"""

from aws_xray_sdk.core import xray_recorder

xray_recorder.configure(service="python-client", sampling=False, context_missing="RUNTIME_ERROR")

with xray_recorder.in_segment("python-client") as segment:
    segment.put_annotation("language", "python")
    with xray_recorder.in_subsegment("inner") as inner:
        inner.put_metadata("cart", {"items": 3})
print(segment.trace_id)
