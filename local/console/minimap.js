// The whole trace in small, with the part of its time that the timeline shows: drawn, moved and resized by hand, or by keys on its two ends.

import { h, svg } from "./element.js";
import * as format from "./format.js";
import { isWhole, move, resize, within, zoom } from "./range.js";
import { place, status } from "./timeline.js";

const [WIDTH, HEIGHT] = [1000, 48];
/** Pixels that a pointer has to go until a part is drawn. */
const SLACK = 4;
/** Of the whole: how far a key goes. */
const STEP = 0.02;

/**
 * The element. `show` gets each part `[from, to]`, in seconds after the trace's begin, and draws it; the result's `set` shows
 * one from outside.
 */
export function minimap(timeline, part, show) {
  const whole = timeline.end - timeline.start;
  const ends = ["from", "to"].map((end) => handle(end, (event) => onKey(event, end)));
  const pane = h("div", { class: "pane" }, ends);
  const reset = h("button", { type: "button", class: "button", click: () => set([0, whole]) }, "Whole trace");
  const words = h("span", { class: "words" });
  const strip = h("div", { class: "strip" }, picture(timeline), pane);
  const root = h("div", { class: "minimap", role: "group", "aria-label": "Part of the time that is shown" }, strip, h("p", { class: "edges" }, words, reset));
  let [shown, frame] = [part, undefined];

  function set(next) {
    shown = next;
    pane.style.left = `${(shown[0] / whole) * 100}%`;
    pane.style.width = `${((shown[1] - shown[0]) / whole) * 100}%`;
    ends.forEach((end, at) => {
      end.setAttribute("aria-valuenow", String(Math.round((shown[at] / whole) * 100)));
      end.setAttribute("aria-valuetext", format.duration(shown[at]));
    });
    const all = isWhole(shown, whole);
    words.textContent = all ? "All of its time; draw over a part to see it larger" : `${format.duration(shown[0])} to ${format.duration(shown[1])}`;
    // Kept in its place: nothing moves when it comes.
    reset.classList.toggle("gone", all);
    root.classList.toggle("zoomed", !all);
    // Thousands of bars follow once a frame, however often the pointer says where it is.
    frame ??= requestAnimationFrame(() => {
      frame = undefined;
      show(shown);
    });
  }

  function onKey(event, end) {
    const at = shown[end === "from" ? 0 : 1];
    const by = whole * STEP * Math.max(0.02, (shown[1] - shown[0]) / whole);
    const go = (way) => (event.shiftKey ? move(shown, way * by, whole) : resize(shown, end, at + way * by, whole));
    const middle = (shown[0] + shown[1]) / 2;
    const actions = {
      ArrowLeft: () => go(-1), ArrowRight: () => go(1), ArrowDown: () => go(-1), ArrowUp: () => go(1),
      PageDown: () => go(-5), PageUp: () => go(5),
      Home: () => resize(shown, end, 0, whole), End: () => resize(shown, end, whole, whole),
      "+": () => zoom(shown, 0.5, middle, whole), "-": () => zoom(shown, 2, middle, whole),
      0: () => [0, whole], Escape: () => [0, whole],
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    set(actions[event.key]());
  }

  drawable(strip, pane, { whole, shown: () => shown, set });
  set(shown);
  show(shown);
  return { root, set };
}

/** One path for all bars of a status: a trace of thousands costs no more elements than one of two. */
function picture(timeline) {
  const paths = new Map();
  const row = HEIGHT / Math.max(1, timeline.rows.length);
  timeline.rows.forEach(({ entity }, at) => {
    const { left, width } = place(entity, timeline);
    const line = `M${(left * 10).toFixed(1)} ${((at + 0.5) * row).toFixed(2)}h${Math.max(2, width * 10).toFixed(1)}`;
    paths.set(status(entity), `${paths.get(status(entity)) ?? ""}${line}`);
  });
  const thickness = Math.min(5, Math.max(1, row - 1));
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    [...paths].map(([name, d]) => svg("path", { class: name, d, "stroke-width": thickness })));
}

function handle(end, keydown) {
  const label = end === "from" ? "Begin of the part shown" : "End of the part shown";
  return h("div", { class: `end ${end}`, role: "slider", tabindex: 0, "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100, "data-keep": `minimap ${end}`, keydown });
}

/** By pointer: an end is dragged, the part moved, or another one drawn beside it. */
function drawable(strip, pane, { whole, shown, set }) {
  let drag;
  const seconds = (event) => {
    const box = strip.getBoundingClientRect();
    return ((event.clientX - box.left) / (box.width || 1)) * whole;
  };
  const kindOf = (target) => {
    if (target.matches(".end")) return target.matches(".from") ? "from" : "to";
    return pane.contains(target) && !isWhole(shown(), whole) ? "move" : "draw";
  };
  strip.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    drag = { kind: kindOf(event.target), at: seconds(event), x: event.clientX, before: shown() };
    strip.setPointerCapture(event.pointerId);
  });
  strip.addEventListener("pointermove", (event) => {
    if (!drag || (drag.kind === "draw" && Math.abs(event.clientX - drag.x) < SLACK)) return;
    const at = seconds(event);
    if (drag.kind === "draw") set(within([drag.at, at], whole));
    else if (drag.kind === "move") set(move(drag.before, at - drag.at, whole));
    else set(resize(drag.before, drag.kind, at, whole));
  });
  const end = () => (drag = undefined);
  strip.addEventListener("pointerup", end);
  strip.addEventListener("pointercancel", end);
  strip.addEventListener("dblclick", () => set([0, whole]));
}
