// Charts that are brushed: what is drawn over them is taken as a range. Plain SVG in units of its own, stretched to its place.

import { svg } from "./element.js";

const [WIDTH, HEIGHT] = [1000, 120];
/** Of the width: how far a key goes. */
const STEP = 1 / 40;

/**
 * Points over two axes: `[{x, y, status, title}]` with `x` and `y` from 0 to 1, `y` upwards. `brush` gets
 * `{x: [from, to], y: [from, to]}` of what was drawn over.
 */
export function scatter(points, label, brush) {
  const picture = frame(label);
  for (const point of points) {
    // A line without length and with round ends is a dot, however the picture is stretched.
    const place = `M${(point.x * WIDTH).toFixed(1)} ${((1 - point.y) * HEIGHT).toFixed(1)}h0.01`;
    picture.append(svg("path", { class: `point ${point.status}`, d: place }, svg("title", {}, point.title)));
  }
  brushable(picture, (from, to) => brush({ x: [from.x, to.x], y: [1 - to.y, 1 - from.y] }), true);
  return picture;
}

/**
 * Bars beside each other: `[[{value, part, title, status}]]`, for each place the bars of each set; `part` is how much of the
 * value went wrong. `brush` gets the range from 0 to 1.
 */
export function bars(places, label, brush) {
  const picture = frame(label);
  const sets = Math.max(1, ...places.map((place) => place.length));
  const most = Array.from({ length: sets }, (_, set) => Math.max(1, ...places.map((place) => place[set]?.value ?? 0)));
  const step = WIDTH / Math.max(1, places.length);
  places.forEach((place, at) => place.forEach((bar, set) => {
    if (!bar.value) return;
    const height = Math.max(2, (bar.value / most[set]) * (HEIGHT - 4));
    const width = (step * 0.86) / sets;
    const x = at * step + step * 0.07 + set * width;
    const column = (kind, high) => svg("rect", { class: `column ${kind}`, x, y: HEIGHT - high, width, height: high }, svg("title", {}, bar.title));
    picture.append(column(bar.status ?? "", height));
    if (bar.part) picture.append(column("fault", Math.max(2, (height * bar.part) / bar.value)));
  }));
  if (brush) brushable(picture, (from, to) => brush([from.x, to.x]), false);
  return picture;
}

function frame(label) {
  return svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label });
}

/** Calls `done` with both corners, each coordinate from 0 to 1, when a part was drawn over, or selected by keys. */
function brushable(picture, done, isFlat) {
  const area = svg("rect", { class: "brush", visibility: "hidden", height: HEIGHT });
  picture.append(area);
  byKeys(picture, area, done);
  let begin;
  const place = (event) => {
    const box = picture.getBoundingClientRect();
    const part = (value, low, size) => Math.min(1, Math.max(0, (value - low) / (size || 1)));
    return { x: part(event.clientX, box.left, box.width), y: part(event.clientY, box.top, box.height) };
  };
  const corners = (end) => {
    const y = isFlat ? [Math.min(begin.y, end.y), Math.max(begin.y, end.y)] : [0, 1];
    return [{ x: Math.min(begin.x, end.x), y: y[0] }, { x: Math.max(begin.x, end.x), y: y[1] }];
  };
  picture.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    begin = place(event);
    picture.setPointerCapture(event.pointerId);
  });
  picture.addEventListener("pointermove", (event) => {
    if (!begin) return;
    const [from, to] = corners(place(event));
    area.setAttribute("visibility", "visible");
    for (const [name, value] of Object.entries({ x: from.x * WIDTH, y: from.y * HEIGHT, width: (to.x - from.x) * WIDTH, height: (to.y - from.y) * HEIGHT })) area.setAttribute(name, value);
  });
  picture.addEventListener("pointerup", (event) => {
    if (!begin) return;
    const [from, to] = corners(place(event));
    begin = undefined;
    area.setAttribute("visibility", "hidden");
    if (to.x - from.x > 0.005) done(from, to);
  });
}

/** Arrows go along it, with Shift they select; Enter takes what is selected, Escape nothing. */
function byKeys(picture, area, done) {
  picture.setAttribute("tabindex", "0");
  picture.setAttribute("role", "group");
  picture.setAttribute("aria-label", `${picture.getAttribute("aria-label")}. Shift and arrow keys select a part, Enter takes it`);
  let [anchor, caret] = [0, 0];
  const ends = () => [Math.min(anchor, caret), Math.max(anchor, caret)];
  const draw = () => {
    const [from, to] = ends();
    area.setAttribute("visibility", "visible");
    for (const [name, value] of Object.entries({ x: from * WIDTH, y: 0, width: Math.max(2, (to - from) * WIDTH), height: HEIGHT })) area.setAttribute(name, value);
  };
  const hide = () => area.setAttribute("visibility", "hidden");
  const go = (event, to) => {
    caret = Math.min(1, Math.max(0, to));
    if (!event.shiftKey) anchor = caret;
    draw();
  };
  const take = () => {
    const [from, to] = ends();
    hide();
    if (to > from) done({ x: from, y: 0 }, { x: to, y: 1 });
  };
  const keys = { ArrowLeft: (event) => go(event, caret - STEP), ArrowRight: (event) => go(event, caret + STEP), Home: (event) => go(event, 0), End: (event) => go(event, 1), Enter: take, Escape: hide };
  picture.addEventListener("keydown", (event) => {
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key](event);
  });
  picture.addEventListener("blur", hide);
}

/** A scale for what spans powers of ten: `{to, from}` between values and 0 to 1. */
export function logScale(values) {
  const positive = values.filter((value) => value > 0);
  const low = Math.log10(Math.max(1e-6, Math.min(...positive, Infinity) === Infinity ? 1e-3 : Math.min(...positive)));
  const high = Math.max(low + 0.3, Math.log10(Math.max(...positive, 10 ** low)));
  return {
    to: (value) => (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low),
    from: (part) => 10 ** (low + part * (high - low)),
  };
}

/** Seconds as they stand in an expression: no more digits than a person means. */
export function seconds(value) {
  return String(Number(value.toPrecision(3)));
}
