"""Asks for the sampling rules as the official X-Ray SDK for Python does, and prints their rates as JSON.

The arguments are the host and the TCP port of the daemon.
"""

import json
import sys

from aws_xray_sdk.core.sampling.connector import ServiceConnector

connector = ServiceConnector()
connector.setup_xray_client(ip=sys.argv[1], port=sys.argv[2], client=None)
print(json.dumps({rule.name: rule.rate for rule in connector.fetch_sampling_rules()}))
