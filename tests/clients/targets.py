"""Samples by X-Ray's rules as the official X-Ray SDK for Python does: fetches rules, counts requests, reports them and takes its targets. Prints them as JSON.

The arguments are the host and the TCP port of the daemon.
"""

import json
import sys
import time

from aws_xray_sdk.core import xray_recorder
from aws_xray_sdk.core.daemon_config import DaemonConfig

sampler = xray_recorder.sampler
sampler.load_settings(DaemonConfig(f"{sys.argv[1]}:{sys.argv[2]}"), xray_recorder.context)
sampler._rule_poller._refresh_cache()
request = {"service": "shop", "host": "shop.example.com", "method": "POST", "path": "/checkout"}
decisions = [sampler.should_trace(request) for _ in range(20)]
sampler._target_poller._do_work()
rule = next(rule for rule in sampler._cache.rules if rule.name == "checkout")
print(json.dumps({"decisions": decisions.count(True), "quota": rule.reservoir.quota, "lives": rule.reservoir.TTL - time.time(), "rate": rule.rate}))
