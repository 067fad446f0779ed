// A picture that is moved and zoomed: by dragging, the wheel, two fingers, keys and buttons.

import { SMALLEST, fit, move, reveal, zoom } from "./camera.js";
import { h, svg } from "./element.js";

/** Pixels that a pointer has to go until it drags; less is a press. */
const SLACK = 4;
/** Pixels by which a key moves. */
const STEP = 60;
const NOTCH = 1.25;
/** Below this words of calls could not be read. */
const FAR = 0.55;
/** The smallest at which it can be read; by itself it gets no smaller. */
const LEAST = 0.6;

/**
 * The element of `{content, width, height}`. `state.camera` keeps where one looks, `state.isHeld` is true while it is dragged.
 * The wheel zooms where it `isMain`; elsewhere it scrolls the page, and zooms with Ctrl.
 */
export function pannable(drawing, state, label, isMain) {
  const content = svg("g", {}, drawing.content);
  const picture = svg("svg", { height: drawing.height, tabindex: 0, role: "group", "aria-label": `${label}. Arrow keys move it, plus and minus zoom, 0 shows all`, "data-keep": "map" }, content);
  const place = () => ({ width: picture.clientWidth || 1, height: picture.clientHeight || 1 });
  const look = (camera, byHand = true) => {
    state.camera = camera;
    state.isOwn = byHand;
    content.setAttribute("transform", `translate(${camera.x.toFixed(1)} ${camera.y.toFixed(1)}) scale(${camera.scale.toFixed(4)})`);
    picture.classList.toggle("far", camera.scale < FAR);
  };
  const begin = () => look(fit(drawing, place(), LEAST), false);
  const all = () => look(fit(drawing, place(), SMALLEST));
  const go = (dx, dy) => look(move(state.camera, dx, dy, drawing, place()));
  const middle = () => ({ x: place().width / 2, y: place().height / 2 });
  const grow = (factor, point = middle()) => {
    const camera = zoom(state.camera, factor, point);
    look(move(camera, 0, 0, drawing, place()));
  };

  // The place's size is known when it is in the page, and changes with the window.
  new ResizeObserver(() => (state.isOwn && state.camera ? go(0, 0) : begin())).observe(picture);
  byKeys(picture, { go, grow, all });
  byWheel(picture, grow, isMain);
  byPointers(picture, state, { go, grow });
  picture.addEventListener("focusin", (event) => {
    if (event.target === picture || !state.camera || !event.target.matches(":focus-visible")) return;
    const [outer, inner] = [picture.getBoundingClientRect(), event.target.getBoundingClientRect()];
    const box = { left: inner.left - outer.left, top: inner.top - outer.top, right: inner.right - outer.left, bottom: inner.bottom - outer.top };
    const next = reveal(state.camera, box, place());
    if (next.x !== state.camera.x || next.y !== state.camera.y) look(next);
  });
  const button = (name, sign, press) => h("button", { type: "button", class: "button", "aria-label": name, "data-keep": name, click: press }, sign);
  const buttons = h("div", { class: "zoom", role: "group", "aria-label": "Zoom" },
    button("Zoom out", "−", () => grow(1 / NOTCH)), button("Zoom in", "+", () => grow(NOTCH)), button("Show all of the map", "All", all));
  return h("div", { class: `map ${isMain ? "main" : ""}` }, picture, buttons);
}

function byKeys(picture, { go, grow, all }) {
  const keys = {
    ArrowLeft: () => go(STEP, 0), ArrowRight: () => go(-STEP, 0), ArrowUp: () => go(0, STEP), ArrowDown: () => go(0, -STEP),
    "+": () => grow(NOTCH), "=": () => grow(NOTCH), "-": () => grow(1 / NOTCH), 0: all,
  };
  picture.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });
}

function byWheel(picture, grow, isMain) {
  picture.addEventListener("wheel", (event) => {
    if (!isMain && !event.ctrlKey) return;
    event.preventDefault();
    const box = picture.getBoundingClientRect();
    grow(NOTCH ** -Math.max(-1, Math.min(1, event.deltaY / 100)), { x: event.clientX - box.left, y: event.clientY - box.top });
  }, { passive: false });
}

/** One pointer drags, two zoom around their middle. What is pressed without being dragged stays a press. */
function byPointers(picture, state, { go, grow }) {
  const down = new Map();
  const middle = () => {
    const [a, b = a] = [...down.values()];
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.hypot(a.x - b.x, a.y - b.y) };
  };
  picture.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || down.size > 1) return;
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  picture.addEventListener("pointermove", (event) => {
    const last = down.get(event.pointerId);
    if (!last) return;
    if (!state.isHeld && down.size < 2 && Math.hypot(event.clientX - last.x, event.clientY - last.y) < SLACK) return;
    if (!picture.hasPointerCapture(event.pointerId)) picture.setPointerCapture(event.pointerId);
    state.isHeld = true;
    picture.classList.add("held");
    const before = middle();
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const now = middle();
    go(now.x - before.x, now.y - before.y);
    const box = picture.getBoundingClientRect();
    if (before.apart && now.apart) grow(now.apart / before.apart, { x: now.x - box.left, y: now.y - box.top });
  });
  const up = (event) => {
    down.delete(event.pointerId);
    if (down.size) return;
    state.isHeld = false;
    picture.classList.remove("held");
  };
  picture.addEventListener("pointerup", up);
  picture.addEventListener("pointercancel", up);
}
