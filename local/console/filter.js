// The filter bar: an expression, completed while it is typed, with its error shown where it is.

import { h } from "./element.js";
import { complete } from "./query.js";

let count = 0;

/**
 * The bar; `apply` gets the text when it is sent. `seen` gives the vocabulary. The result has `root`, `show(text)` and
 * `complain(message)`, which takes what the service says, or `undefined` when all is well.
 */
export function filterBar(label, seen, apply) {
  const id = `completions-${(count += 1)}`;
  const input = h("input", {
    type: "text", class: "expression", role: "combobox", "aria-label": label, "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": id,
    placeholder: 'fault AND service("orders"), annotation.user = "42", responsetime > 1, or a trace id', autocomplete: "off", spellcheck: "false",
  });
  const list = h("ul", { class: "completions", role: "listbox", id, "aria-label": "Completions", hidden: true });
  const problem = h("p", { class: "mistake", role: "alert", hidden: true });
  const clear = h("button", { type: "button", class: "button", click: () => send("") }, "Clear");
  const root = h("form", { class: "filter", submit }, h("div", { class: "typed" }, input, list), h("button", { class: "button strong" }, "Filter"), clear, problem);
  const state = { from: 0, items: [], chosen: -1 };

  function submit(event) {
    event.preventDefault();
    if (state.chosen >= 0) take(state.items[state.chosen]);
    else send(input.value);
  }
  function send(text) {
    input.value = text;
    hide();
    apply(text.trim());
  }
  function suggest() {
    const { from, items } = complete(input.value, input.selectionStart ?? input.value.length, seen());
    Object.assign(state, { from, items, chosen: -1 });
    list.replaceChildren(...items.map((item, at) => h("li", { role: "option", id: `${id}-${at}`, "aria-selected": "false", mousedown: (event) => pick(event, item) },
      h("span", {}, item.text), h("small", {}, item.hint))));
    list.hidden = items.length === 0;
    input.setAttribute("aria-expanded", String(items.length > 0));
    input.removeAttribute("aria-activedescendant");
  }
  function pick(event, item) {
    // The input keeps the focus.
    event.preventDefault();
    take(item);
  }
  function take(item) {
    const caret = input.selectionStart ?? input.value.length;
    const isWhole = !/[.("]$/.test(item.text) || item.text.endsWith('"');
    const text = `${item.text}${isWhole ? " " : ""}`;
    input.setRangeText(text, state.from, caret, "end");
    input.focus();
    suggest();
  }
  function hide() {
    list.hidden = true;
    state.chosen = -1;
    input.setAttribute("aria-expanded", "false");
  }
  function move(by) {
    if (list.hidden) suggest();
    const most = state.items.length;
    if (!most) return;
    state.chosen = (state.chosen + by + most + (state.chosen < 0 && by < 0 ? 1 : 0)) % most;
    [...list.children].forEach((it, at) => it.setAttribute("aria-selected", String(at === state.chosen)));
    list.children[state.chosen].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", `${id}-${state.chosen}`);
  }
  const keys = { ArrowDown: () => move(1), ArrowUp: () => move(-1), Escape: hide, Tab: () => state.chosen >= 0 && take(state.items[state.chosen]) };
  input.addEventListener("input", suggest);
  input.addEventListener("focus", suggest);
  input.addEventListener("blur", hide);
  input.addEventListener("keydown", (event) => {
    const isUsed = keys[event.key] && (event.key !== "Tab" || state.chosen >= 0);
    if (!isUsed) return;
    event.preventDefault();
    keys[event.key]();
  });

  return {
    root,
    show(text) {
      if (document.activeElement !== input) input.value = text;
      clear.hidden = text === "";
    },
    complain(message) {
      problem.hidden = message === undefined;
      problem.replaceChildren(...(message === undefined ? [] : mistake(input.value, message)));
      input.setAttribute("aria-invalid", String(message !== undefined));
    },
  };
}

/** The expression with its wrong place marked, and what is wrong there. */
function mistake(text, message) {
  const at = /\bat character (\d+)/.exec(message)?.[1];
  if (at === undefined) return [message];
  const place = Math.max(0, Math.min(text.length, Number(at) - 1));
  const wrong = /^\S+|^\s+/.exec(text.slice(place))?.[0] ?? "";
  const rest = text.slice(place + wrong.length);
  return [h("code", {}, text.slice(0, place), h("mark", {}, wrong || "\u2423"), rest), h("span", {}, message)];
}
