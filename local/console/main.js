// The way through the page: its address says what is shown.

import { showList } from "./list.js";
import { showMap } from "./map.js";
import { showTrace } from "./trace.js";

const view = document.getElementById("view");
let leave = () => {};

function show() {
  leave();
  view.replaceChildren();
  document.querySelectorAll(".top nav a").forEach(markCurrent);
  const id = /^\/traces\/([^/]+)$/.exec(location.pathname)?.[1];
  leave = id ? showTrace(view, decodeURIComponent(id)) : location.pathname === "/map" ? showMap(view) : showList(view);
  scrollTo(0, 0);
}

function markCurrent(link) {
  const isCurrent = (link.pathname === "/map") === (location.pathname === "/map");
  if (isCurrent) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
}

function go(path) {
  history.pushState(null, "", path);
  show();
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
  if (id) go(`/traces/${encodeURIComponent(id)}`);
});

addEventListener("popstate", show);

// The AWS console's own addresses lead here too: #/traces/1-…, also behind `xray:`.
const awsAddress = /^#(?:xray:)?\/?traces\/([^/?]+)/.exec(location.hash)?.[1];
if (awsAddress) history.replaceState(null, "", `/traces/${awsAddress}`);
show();
