// What is shown stands in the page's address, so that it can be kept, sent on and gone back to.

const DEFAULTS = { since: 3600, from: undefined, to: undefined, filter: "", group: "", by: "url", against: "", before: 0 };

/** `{since, from, to, filter, …}` of an address's search part; what is missing or no number is the default. */
export function read(search) {
  const given = new URLSearchParams(search);
  return Object.fromEntries(Object.entries(DEFAULTS).map(([name, value]) => [name, parse(given.get(name), name, value)]));
}

const NUMBERS = new Set(["since", "from", "to", "before"]);

function parse(text, name, value) {
  if (text === null || text === "") return value;
  if (!NUMBERS.has(name)) return text;
  const number = Number(text);
  return Number.isFinite(number) && number >= 0 ? number : value;
}

/** The address of a page that shows this; what is the default is left out. */
export function href(path, shown) {
  const named = Object.entries(shown).filter(([name, value]) => value !== undefined && value !== DEFAULTS[name]);
  const search = new URLSearchParams(named.map(([name, value]) => [name, String(value)])).toString();
  return search ? `${path}?${search}` : path;
}

/** The time that is asked for: `[begin, end]` in seconds since 1970. */
export function period(shown, now = Date.now() / 1000) {
  if (shown.from !== undefined && shown.to !== undefined) return [shown.from, shown.to];
  return [now - shown.since, now + 60];
}

/**
 * Where an address of the AWS console leads here, or `undefined`: `#xray:traces/1-…`, `#/service-map?timeRange=PT1H`,
 * `#/traces?filter=…&group=…&timeRange=…`, `#xray:traces/query?~(query~(expression~'…))`.
 */
export function fromAws(hash) {
  const place = /^#(?:xray:)?\/?([^?]*)(?:\?(.*))?$/.exec(hash);
  if (!place) return undefined;
  const [, path, search = ""] = place;
  const id = /^traces\/(1-[^/]+|[0-9a-f]{32})(?:\/|$)/i.exec(path)?.[1];
  if (id) return `/traces/${id}`;
  const time = timeRange(search);
  const group = /(?:^|&)group=([^&]*)/.exec(search)?.[1];
  const shown = { ...time, group: group === undefined || group === "Default" ? undefined : decoded(group) };
  if (/^(service-map|trace-map)/.test(path)) return href("/map", shown);
  if (/^analytics/.test(path)) return href("/analytics", { ...shown, filter: expression(search) });
  if (/^traces/.test(path)) return href("/", { ...shown, filter: expression(search) });
  return undefined;
}

const UNITS = { D: 86400, H: 3600, M: 60, S: 1 };

/** `timeRange` as a length, `PT1H`, or as two times, `2026-01-01T00:00:00~2026-01-01T01:00:00`, in UTC. */
function timeRange(search) {
  const text = decoded(/(?:^|&)timeRange=([^&]*)/.exec(search)?.[1] ?? "");
  const [from, to] = text.split("~").map((it) => Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(it) ? it : `${it}Z`) / 1000);
  if (from < to) return { from, to };
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/i.exec(text);
  const since = parts ? Object.values(UNITS).reduce((sum, seconds, at) => sum + seconds * Number(parts[at + 1] ?? 0), 0) : 0;
  return since ? { since } : {};
}

/** The filter expression; in the console's own notation `*20` stands for a space and `'` begins a text. */
function expression(search) {
  const plain = /(?:^|&)filter=([^&]*)/.exec(search)?.[1];
  if (plain !== undefined) return decoded(plain);
  const own = /(?:expression|filter)~'?([^~)&]*)/.exec(search)?.[1] ?? /expression='?([^~)&]*)/.exec(search)?.[1] ?? "";
  return decoded(own.replace(/\*([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(parseInt(code, 16))));
}

function decoded(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
