// Refining: what the traces at hand have in common, to be added to the filter or taken from it by a click.

import { h } from "./element.js";
import { splitAnd } from "./query.js";

/** Values shown of one facet. */
const MOST = 8;

/** The facets as columns; `toggle` gets the term that was clicked. */
export function refiners(facets, filter, toggle) {
  const set = new Set(splitAnd(filter));
  return facets.map((facet) => h("section", { class: "facet" },
    h("h3", {}, facet.name),
    h("ul", {}, facet.rows.slice(0, MOST).map((row) => h("li", {},
      h("button", { type: "button", "aria-pressed": String(set.has(row.term)), title: row.term, click: () => toggle(row.term) },
        h("span", {}, row.label), h("small", {}, String(row.count)))))),
    facet.rows.length > MOST ? h("small", {}, `and ${facet.rows.length - MOST} more`) : undefined));
}
