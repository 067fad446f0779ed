// Where one looks at a drawing that is larger than its place: `{x, y, scale}` puts a point of the drawing at `x + scale * point`. Pure, so that it can be tested without a page.

export const SMALLEST = 0.04;
const LARGEST = 4;
/** What stays in sight, however far the drawing is moved. */
const KEPT = 60;

/** Shows all of the drawing, in the middle and not enlarged; of one that would get smaller than `least`, the middle of its left, where calls begin. */
export function fit(drawing, place, least) {
  const scale = Math.min(1, Math.max(least, Math.min(place.width / drawing.width, place.height / drawing.height)));
  const spare = (size, room) => (room - size * scale) / 2;
  return { x: Math.max(0, spare(drawing.width, place.width)), y: spare(drawing.height, place.height), scale };
}

/** Moved by so many pixels, but never out of sight. */
export function move({ x, y, scale }, dx, dy, drawing, place) {
  const keep = (value, size, room) => Math.min(room - KEPT, Math.max(KEPT - size * scale, value));
  return { x: keep(x + dx, drawing.width, place.width), y: keep(y + dy, drawing.height, place.height), scale };
}

/** Larger or smaller by `factor`, while what lies under `point` stays there. */
export function zoom({ x, y, scale }, factor, point) {
  const next = Math.min(LARGEST, Math.max(SMALLEST, scale * factor));
  const grown = next / scale;
  return { x: point.x - (point.x - x) * grown, y: point.y - (point.y - y) * grown, scale: next };
}

/** Moved as little as brings a box of the place, `{left, top, right, bottom}`, into it. */
export function reveal(camera, box, place) {
  const by = (low, high, room) => (low < 0 ? -low : Math.min(0, room - high));
  return { ...camera, x: camera.x + by(box.left, box.right, place.width), y: camera.y + by(box.top, box.bottom, place.height) };
}
