// Filter expressions as text: put together from what is clicked, and completed while they are typed. Pure, so that it can be tested without a page.

/** A text as it stands in an expression. */
export function quote(text) {
  return `"${String(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** Both expressions have to hold. */
export function and(one, other) {
  const parts = [one, other].map((it) => it.trim()).filter(Boolean);
  if (parts.length < 2) return parts[0] ?? "";
  if (splitAnd(parts[0]).includes(parts[1])) return parts[0];
  return parts.map((part) => (hasOr(part) ? `(${part})` : part)).join(" AND ");
}

const groupPart = (group) => `group.name = ${quote(group)}`;

/** The expression over the traces of a group; over all where none is named. */
export function inGroup(group, expression) {
  if (!group) return expression;
  return expression ? `${groupPart(group)} AND (${expression})` : groupPart(group);
}

/** What a service says is wrong with `inGroup(group, expression)`, with the place in the expression alone. */
export function outsideGroup(group, message) {
  if (!group) return message;
  const before = inGroup(group, " ").length - 2;
  return message.replace(/\bat character (\d+)/, (_, at) => `at character ${Math.max(1, Number(at) - before)}`);
}

/** The expression without a part that stands there for itself. */
export function without(whole, part) {
  return splitAnd(whole).filter((it) => it !== part).join(" AND ");
}

/** The parts of an expression that all have to hold. */
export function splitAnd(text) {
  return split(text, /^\s+AND\s+/i);
}

function hasOr(text) {
  return split(text, /^\s+OR\s+/i).length > 1;
}

/** Splits where the word stands outside of quotes and brackets. */
function split(text, word) {
  const parts = [];
  let [depth, quoted, from] = [0, "", 0];
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (quoted) {
      if (letter === "\\") at += 1;
      else if (letter === quoted) quoted = "";
    } else if (letter === '"' || letter === "'") quoted = letter;
    else if ("([{".includes(letter)) depth += 1;
    else if (")]}".includes(letter)) depth -= 1;
    else if (depth === 0) {
      const found = word.exec(text.slice(at, at + 8));
      if (!found) continue;
      parts.push(text.slice(from, at).trim());
      from = at + found[0].length;
      at = from - 1;
    }
  }
  return [...parts, text.slice(from).trim()].filter(Boolean);
}

/** A text that is no expression but a trace's id, in X-Ray's form; a W3C id is turned into it. */
export function traceId(text) {
  const id = text.trim().toLowerCase();
  if (/^1-[0-9a-f]{8}-[0-9a-f]{24}$/.test(id)) return id;
  if (/^[0-9a-f]{32}$/.test(id)) return `1-${id.slice(0, 8)}-${id.slice(8)}`;
  return undefined;
}

const OPERATORS = ["=", "!=", "<", "<=", ">", ">="];
const KEYWORDS = [
  ["fault", "a fault (5xx) anywhere"], ["error", "an error (4xx) anywhere"], ["throttle", "a throttle (429) anywhere"], ["ok", "nothing went wrong"],
  ["partial", "documents are missing yet"], ["first", "the first service"], ["last", "the last service"], ["root", "the entry point"], ["inferred", "a part that is inferred"],
  ["remote", "a remote service"], ["responsetime", "seconds until the answer"], ["duration", "seconds until everything was done"], ["http.status", "status code"],
  ["http.url", "address"], ["http.method", "method"], ["http.useragent", "agent"], ["http.clientip", "client's address"], ["user", "user"],
  ["name", "name of a service"], ["annotation.", "annotation by its key"], ['service("', "a service by its name"], ['edge("', "a call between two services"],
  ["group.name", "a group by its name"], ["availabilityzone", "availability zone"], ["instance.id", "instance"], ["resource.arn", "resource"],
  ["rootcause.fault.", "root cause of a fault"], ["rootcause.error.", "root cause of an error"], ["rootcause.responsetime.", "root cause of slowness"],
];
const JOINS = [["AND", "both hold"], ["OR", "either holds"]];

/**
 * What may stand at the caret: `{from, items: [{text, hint}]}`, to be put in place of everything from `from` to the caret. `seen` are
 * `{services: [name], annotations: Map(key → [value]), urls: [url]}` of the traces at hand.
 */
export function complete(text, caret, seen) {
  const before = text.slice(0, caret);
  const value = /([\w.[\]"-]+)\s*(?:=|!=|CONTAINS|BEGINSWITH|ENDSWITH)\s*"?([^"]*)$/i.exec(before);
  if (value) return among(before, value[2], values(value[1], seen).map(valueItem), /"[^"]*$/.test(before) ? 1 : 0);
  const service = /\b(?:service|edge)\(\s*"([^"]*)$/.exec(before);
  if (service) return among(before, service[1], seen.services.map((name) => ({ text: `${quote(name)})`, hint: "service" })), 1);
  const annotation = /\bannotation[.[]([^\s=<>!\]]*)$/.exec(before);
  if (annotation) return among(before, annotation[1], [...seen.annotations.keys()].map((key) => ({ text: key, hint: "annotation" })), 0);
  const word = /[\w.]*$/.exec(before)[0];
  const rest = before.slice(0, before.length - word.length).trimEnd();
  const isAfterTerm = rest !== "" && !/(\bAND|\bOR|[({!])$/i.test(rest) && !/[=<>]$/.test(rest);
  const items = (isAfterTerm ? JOINS : KEYWORDS).map(([keyword, hint]) => ({ text: keyword, hint }));
  if (isAfterTerm && /[\w.\]]$/.test(rest) && word === "") items.unshift(...OPERATORS.map((it) => ({ text: it, hint: "compare" })));
  return among(before, word, items, 0);
}

function among(before, typed, items, quotes) {
  const start = typed.toLowerCase();
  const matching = items.filter((it) => it.text.toLowerCase().replace(/^"/, "").startsWith(start) && it.text !== typed);
  return { from: before.length - typed.length - quotes, items: matching.slice(0, 12) };
}

function values(name, seen) {
  const key = /^annotation[.[]"?([^\]"]+)/.exec(name)?.[1];
  if (key) return seen.annotations.get(key) ?? [];
  if (name === "http.url") return seen.urls;
  if (name === "http.method") return ["GET", "POST", "PUT", "PATCH", "DELETE"];
  if (name === "name") return seen.services;
  return [];
}

function valueItem(value) {
  return { text: typeof value === "string" ? quote(value) : String(value), hint: "seen" };
}
