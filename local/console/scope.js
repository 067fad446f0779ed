// Which of all traces are shown, chosen above the list and above the map: a time and a group.

import { h } from "./element.js";
import * as format from "./format.js";

/** Chooses one of `ranges` `[seconds, words]`; `change` gets what the address then says. A time of its own is named, too. */
export function timeSelect({ since, from, to }, ranges, change) {
  const isOwn = from !== undefined && to !== undefined;
  const known = ranges.some(([value]) => value === since) || isOwn ? ranges : [[since, span(since)], ...ranges];
  const choices = known.map(([value, words]) => h("option", { value, selected: !isOwn && value === since }, `Last ${words}`));
  const own = isOwn ? h("option", { value: "own", selected: true }, `${format.time(from).slice(5, -4)} – ${format.time(to).slice(5, -4)}`) : undefined;
  const select = h("select", { "aria-label": "Time range", change: () => select.value !== "own" && change({ since: Number(select.value), from: undefined, to: undefined }) }, own, choices);
  return select;
}

/** A length of time in the largest unit that it is made of. */
function span(seconds) {
  const [size, unit] = [[86400, "days"], [3600, "hours"], [60, "minutes"], [1, "seconds"]].find(([size]) => seconds % size === 0) ?? [1, "seconds"];
  return `${seconds / size} ${unit}`;
}

/** Chooses a group, once `offer` gave those there are; it is not there where there are none. One that is gone stays named. */
export function groupSelect(current, change) {
  const root = h("select", { "aria-label": "Group", hidden: true, change: () => change({ group: root.value }) });
  const offer = (groups) => {
    const names = groups.map((group) => group.GroupName).filter((name) => name !== "Default");
    if (current && !names.includes(current)) names.unshift(current);
    root.replaceChildren(h("option", { value: "" }, "All traces"), ...names.map((name) => h("option", { value: name, selected: name === current }, name)));
    root.hidden = !names.length;
  };
  if (current) offer([]);
  return { root, offer };
}
