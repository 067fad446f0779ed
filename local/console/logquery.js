// Where AWS keeps what the functions of a trace wrote: the Logs Insights query that finds it, and the way to it. Pure, so that it can be tested without a page.

import { walk } from "./timeline.js";

/** Around the trace: what is written when it has begun and ended already. */
const AROUND_SECONDS = 60;
/** The last that has a date. */
const LAST_SECOND = 8e12;
/** As many log groups as a query takes, and as many requests as can still be read in one. */
const [MOST_GROUPS, MOST_REQUESTS] = [50, 20];

// A document says what it likes: only names that AWS gives go into a query and a command.
const GROUP = /^[\w./#-]{1,512}$/;
const REQUEST = /^[\w-]{1,64}$/;
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;

/**
 * `{groups, query, command, address}` for a trace, from `start` to `end` in seconds since 1970; `undefined` where no part
 * of it says, or lets guess, where it logs.
 */
export function logQuery(id, segments, { start, end }) {
  const parts = [...walk(segments)];
  const groups = groupsOf(parts);
  const isTime = [start, end].every((it) => Math.abs(it) < LAST_SECOND);
  if (!groups.length || !isTime) return undefined;
  const requests = unique(parts.map((part) => part.aws?.request_id), REQUEST).slice(0, MOST_REQUESTS);
  // Some write the trace's id in X-Ray's form, some in W3C's; lines in JSON hold the request's where no field is found.
  const words = [id, id.replace(/^1-/, "").replaceAll("-", ""), ...requests].filter((it) => REQUEST.test(it));
  const ofRequest = requests.length ? `@requestId in [${requests.map((it) => `"${it}"`).join(", ")}] or ` : "";
  const query = ["fields @timestamp, @log, @message", `filter ${ofRequest}@message like /${words.join("|")}/`, "sort @timestamp asc", "limit 1000"].join("\n| ");
  const time = [Math.floor(start) - AROUND_SECONDS, Math.ceil(end) + AROUND_SECONDS];
  const command = `aws logs start-query --log-group-names ${groups.join(" ")} --start-time ${time[0]} --end-time ${time[1]} --query-string '${query.replaceAll("\n", " ")}'`;
  return { groups, query, command, address: address(parts, groups, query, time) };
}

/** Those the documents name; else those to which Lambda writes by itself. */
function groupsOf(parts) {
  const said = parts.flatMap((part) => (Array.isArray(part.aws?.cloudwatch_logs) ? part.aws.cloudwatch_logs : [])).map((it) => it?.log_group ?? fromArn(it?.arn));
  const named = unique(said, GROUP);
  const functions = parts.filter((part) => part.origin === "AWS::Lambda::Function" || part.origin === "AWS::Lambda").map((part) => `/aws/lambda/${part.name}`);
  return (named.length ? named : unique(functions, GROUP)).slice(0, MOST_GROUPS);
}

function unique(values, shape) {
  return [...new Set(values.filter((it) => typeof it === "string" && shape.test(it)))];
}

/** `arn:aws:logs:region:account:log-group:name:*` has the name last but one. */
function fromArn(arn) {
  return /^arn:[^:]*:logs:[^:]*:[^:]*:log-group:([^:]+)/.exec(arn ?? "")?.[1];
}

const CONSOLES = { aws: "console.aws.amazon.com", "aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com" };

/** The console's page of the query, in its own notation: `*2f` stands for a slash, `'` begins a text, `~` parts and `()` hold. */
function address(parts, groups, query, [from, to]) {
  const arns = parts.flatMap((part) => [part.aws?.function_arn, part.aws?.resource_arn, part.resource_arn, ...(Array.isArray(part.aws?.cloudwatch_logs) ? part.aws.cloudwatch_logs.map((it) => it?.arn) : [])]);
  const [, partition, region] = arns.map((arn) => /^arn:([\w-]+):\w+:([\w-]+):/.exec(arn ?? "")).find((it) => it && CONSOLES[it[1]] && REGION.test(it[2])) ?? [];
  const place = `${region ? `${region}.` : ""}${CONSOLES[partition ?? "aws"]}/cloudwatch/home${region ? `?region=${region}` : ""}`;
  const time = (seconds) => text(new Date(seconds * 1000).toISOString());
  const detail = `~(end~${time(to)}~start~${time(from)}~timeType~'ABSOLUTE~tz~'LOCAL~editorString~${text(query)}~source~(${groups.map((it) => `~${text(it)}`).join("")}))`;
  return `https://${place}#logsV2:logs-insights$3FqueryDetail$3D${detail}`;
}

function text(value) {
  return `'${value.replace(/[^\w.-]/g, (letter) => `*${letter.charCodeAt(0).toString(16).padStart(2, "0")}`)}`;
}
