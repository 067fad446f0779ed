// Sends a segment with a subsegment by the official X-Ray SDK for Node, and prints its trace id.
// AWS_XRAY_DAEMON_ADDRESS says where to.
const AWSXRay = require("aws-xray-sdk-core");

AWSXRay.enableManualMode();
const segment = new AWSXRay.Segment("node-client");
segment.addAnnotation("language", "node");
const inner = segment.addNewSubsegment("inner");
inner.addMetadata("cart", { items: 3 });
inner.close();
segment.close();
console.log(segment.trace_id);
