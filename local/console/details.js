// What a bar of the timeline says when the pointer or the focus is on its row: a note beside it that moves nothing, and that a screen reader reads with the row.

import { h } from "./element.js";
import * as format from "./format.js";
import { isOpen, status } from "./timeline.js";

const GAP = 6;
/** Annotations that are told; the panel tells all. */
const MOST = 4;
/** Time in which the pointer may go from the bar to its note. */
const LINGER_MILLIS = 120;

let count = 0;

/**
 * The note for the rows in `body`; `rowAt(element)` is the laid out row of an element of it. It comes with the pointer on a
 * bar and with the focus moved by keys, and goes with Escape.
 */
export function details(body, rowAt, timeline) {
  const note = h("div", { class: "note", role: "tooltip", id: `note-${(count += 1)}`, hidden: true });
  let [owner, timer] = [undefined, undefined];

  function show(element) {
    clearTimeout(timer);
    if (owner === element) return;
    hide();
    owner = element;
    note.replaceChildren(...words(rowAt(element), timeline));
    note.hidden = false;
    element.setAttribute("aria-describedby", note.id);
    follow();
    addEventListener("scroll", follow, { passive: true });
  }
  function follow() {
    if (owner?.isConnected) put(note, owner);
    else hide();
  }
  function hide() {
    clearTimeout(timer);
    removeEventListener("scroll", follow);
    owner?.removeAttribute("aria-describedby");
    owner = undefined;
    note.hidden = true;
  }
  const linger = () => {
    clearTimeout(timer);
    timer = setTimeout(hide, LINGER_MILLIS);
  };

  body.addEventListener("pointerover", (event) => {
    const row = event.target.closest(".bars")?.closest(".row");
    // A finger presses the row, and reads the panel.
    if (row && event.pointerType !== "touch") show(row);
    else if (owner && owner !== document.activeElement) linger();
  });
  body.addEventListener("pointerleave", linger);
  body.addEventListener("focusin", (event) => event.target.matches(".row:focus-visible") && show(event.target));
  body.addEventListener("focusout", hide);
  body.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  note.addEventListener("pointerenter", () => clearTimeout(timer));
  note.addEventListener("pointerleave", linger);
  return note;
}

/** Below the bar, or above it where the window ends; inside of the window. */
function put(note, row) {
  const bar = (row.querySelector(".bar") ?? row).getBoundingClientRect();
  const cell = row.querySelector(".bars").getBoundingClientRect();
  const { width, height } = note.getBoundingClientRect();
  const left = Math.max(bar.left, cell.left);
  const isLow = bar.bottom + GAP + height > innerHeight;
  note.style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
  note.style.top = `${isLow ? Math.max(GAP, bar.top - GAP - height) : bar.bottom + GAP}px`;
}

function words({ entity }, timeline) {
  const annotations = Object.entries(entity.annotations ?? {});
  const flags = ["fault", "error", "throttle"].filter((flag) => entity[flag] === true);
  const took = isOpen(entity) ? "in progress" : format.duration(entity.end_time - entity.start_time);
  const code = entity.http?.response?.status;
  const facts = [
    ["Starts after", format.duration(Math.max(0, (entity.start_time ?? timeline.start) - timeline.start))],
    ["Duration", took],
    ["Status", [code, flags.length ? flags.join(", ") : status(entity) === "ok" ? "ok" : undefined].filter((it) => it !== undefined).join(" ")],
    ...annotations.slice(0, MOST).map(([key, value]) => [key, short(format.plain(value))]),
  ];
  return [
    h("strong", {}, String(entity.name ?? "")),
    h("dl", {}, facts.filter(([, value]) => value !== "").map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    annotations.length > MOST ? h("small", {}, `and ${annotations.length - MOST} more annotations`) : "",
  ];
}

const short = (text) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
