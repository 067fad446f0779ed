// Asks for sampling rules and targets as the official X-Ray SDK for Node does, and prints them as JSON. AWS_XRAY_DAEMON_ADDRESS says where.
require("aws-xray-sdk-core");
const connector = require("aws-xray-sdk-core/dist/lib/middleware/sampling/service_connector");

connector.fetchSamplingRules((error, rules) => {
  if (error) throw error;
  for (let request = 0; request < 5; request += 1) rules.forEach((rule) => rule.snapshotStatistics && rule.incrementRequestCount());
  connector.fetchTargets(rules, (error, targets, lastRuleModification) => {
    if (error) throw error;
    const rates = Object.fromEntries(rules.map((rule) => [rule.getName(), rule.getRate()]));
    console.log(JSON.stringify({ rates, targets, lastRuleModification }));
    process.exit(0);
  });
});
