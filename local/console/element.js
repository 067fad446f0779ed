// Building the page: what a trace says only ever becomes text.

/**
 * An element. `properties` that are functions become listeners, `class`, `data-` and `aria-` ones attributes; strings
 * among the children become text nodes, never markup.
 */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same for a part of a drawing. */
export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((it) => it !== undefined && it !== null && it !== false));
  return element;
}

/** Puts other children in a place; what had the focus there has it again, known by `data-keep` or its label. */
export function redraw(place, ...children) {
  const name = place.contains(document.activeElement) ? nameOf(document.activeElement) : undefined;
  place.replaceChildren(...children.flat(Infinity));
  if (name) [...place.querySelectorAll("[data-keep], [aria-label]")].find((it) => nameOf(it) === name)?.focus();
}

const nameOf = (element) => element.dataset.keep ?? element.getAttribute("aria-label") ?? undefined;

/** A link that stays in this page. */
export function link(href, ...children) {
  return h("a", { href, "data-route": true }, ...children);
}

/** Copies text when pressed, and says so for a moment. */
export function copyButton(label, text) {
  const button = h("button", { type: "button", class: "button", click: copy }, label);
  async function copy() {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = label), 1500);
  }
  return button;
}

/** How something went, as a coloured word. */
export function badge(status) {
  return h("span", { class: `status ${status}` }, STATUS_WORDS[status]);
}

const STATUS_WORDS = {
  ok: "OK",
  error: "Error (4xx)",
  throttle: "Throttle (429)",
  fault: "Fault (5xx)",
  progress: "In progress",
};
