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

/** Where an address of the AWS console leads here, or `undefined`: `#xray:traces/1-…`, `#xray:service-map/…`, `#xray:traces/query?~(query~(expression~'…))`. */
export function fromAws(hash) {
  const place = /^#(?:xray:)?\/?([^?]*)(?:\?(.*))?$/.exec(hash);
  if (!place) return undefined;
  const [, path, search = ""] = place;
  const id = /^traces\/(1-[^/]+|[0-9a-f]{32})$/i.exec(path)?.[1];
  if (id) return `/traces/${id}`;
  if (/^(service-map|trace-map)/.test(path)) return "/map";
  if (/^analytics/.test(path)) return href("/analytics", { filter: expression(search) });
  if (/^traces/.test(path)) return href("/", { filter: expression(search) });
  return undefined;
}

/** The filter expression in the console's own notation, where `*20` stands for a space and `'` begins a text. */
function expression(search) {
  const text = /(?:expression|filter)[~=]'?([^~)&]*)/.exec(search)?.[1] ?? "";
  const plain = text.replace(/\*([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(parseInt(code, 16)));
  try {
    return decodeURIComponent(plain.replaceAll("+", " "));
  } catch {
    return plain;
  }
}
