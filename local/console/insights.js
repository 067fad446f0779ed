// What stood out in a time, each with the way to the traces in which it did.

import { href } from "./address.js";
import { insights } from "./api.js";
import { h, link } from "./element.js";
import * as format from "./format.js";
import { selectService } from "./service.js";

/** Those of the group, or, where none is chosen, of every group that asks for them; the newest first. */
export async function findInsights(time, chosen, groups) {
  const asking = groups.filter((group) => group.InsightsConfiguration?.InsightsEnabled).map((group) => group.GroupName);
  const found = await Promise.all((chosen ? [chosen] : asking).map((name) => insights(time, name)));
  return found.flat().sort((a, b) => b.StartTime - a.StartTime);
}

/** Draws them into `place`, where they are others than those there. */
export function drawInsights(place, found) {
  const version = JSON.stringify(found);
  if (place.dataset.version === version) return;
  place.dataset.version = version;
  place.replaceChildren(found.length ? card(found) : "");
}

function card(found) {
  return h("section", { class: "card", "aria-label": "Insights" },
    h("div", { class: "head" }, h("h2", {}, "Insights ", h("span", { class: "count" }, `(${found.length})`))),
    h("ul", { class: "insights" }, found.map(item)));
}

function item(insight) {
  const { Name = "", Type } = insight.RootCauseServiceId ?? {};
  const group = insight.GroupName === "Default" ? "" : insight.GroupName;
  const isActive = insight.State === "ACTIVE";
  const [from, to] = [insight.StartTime, insight.EndTime ?? Date.now() / 1000];
  return h("li", {},
    h("strong", { class: isActive ? "status fault" : "status error" }, isActive ? "Going on" : "Over"),
    h("span", {}, `${format.time(from).slice(11, 16)} – ${insight.EndTime ? format.time(to).slice(11, 16) : "now"}`),
    group ? h("span", { class: "chip" }, group) : undefined,
    h("span", { class: "grow" }, String(insight.Summary ?? "")),
    link(href("/", { from, to, group, filter: `${selectService({ name: String(Name), kind: Type })} { fault }` }), "View traces"));
}
