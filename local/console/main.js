// The way through the page: its address says what is shown.

import { fromAws } from "./address.js";
import { showAnalytics } from "./analytics.js";
import { showList } from "./list.js";
import { showMap } from "./map.js";
import { traceId } from "./query.js";
import { showSettings } from "./settings.js";
import { showTrace } from "./trace.js";

const view = document.getElementById("view");
const VIEWS = { "/map": showMap, "/analytics": showAnalytics, "/settings": showSettings };
let leave = () => {};

function show() {
  // The AWS console's own addresses lead here too.
  const ours = location.hash.length > 1 ? fromAws(location.hash) : undefined;
  if (ours) history.replaceState(null, "", ours);
  leave();
  view.replaceChildren();
  document.querySelectorAll(".top nav a").forEach(markCurrent);
  const id = /^\/traces\/([^/]+)$/.exec(location.pathname)?.[1];
  const other = new URLSearchParams(location.search).get("with")?.trim();
  leave = id ? showTrace(view, decodeURIComponent(id), traceId(other ?? "") ?? other) : (VIEWS[location.pathname] ?? showList)(view, go);
}

function markCurrent(link) {
  const path = VIEWS[location.pathname] ? location.pathname : "/";
  if (link.pathname === path) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
}

function go(address) {
  const isElsewhere = new URL(address, location.href).pathname !== location.pathname;
  history.pushState(null, "", address);
  show();
  if (isElsewhere) scrollTo(0, 0);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-route]");
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlain) return;
  event.preventDefault();
  go(link.getAttribute("href"));
});

document.getElementById("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const id = new FormData(event.target).get("id").trim();
  event.target.reset();
  if (id) go(`/traces/${encodeURIComponent(traceId(id) ?? id)}`);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "get" || !form.getAttribute("action")) return;
  event.preventDefault();
  go(`${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`);
});

addEventListener("popstate", show);

show();
