// Sampling rules and groups: what there is, and how it is changed. What is raised for a while goes back by itself, also when this page is closed.

import { href } from "./address.js";
import * as api from "./api.js";
import { h, link, redraw } from "./element.js";
import * as format from "./format.js";

const PATTERNS = [["HTTPMethod", "method"], ["URLPath", "path"], ["Host", "host"], ["ServiceName", "service"], ["ServiceType", "type"], ["ResourceARN", "resource"]];
const TIMES = [[60, "1 minute"], [600, "10 minutes"], [3600, "1 hour"]];

/** Draws rules and groups into `view`. The result stops it. */
export function showSettings(view) {
  document.title = "Sampling and groups – X-Ray local";
  const state = { stopped: false };
  const parts = { problem: h("p", { class: "problem", role: "alert", hidden: true }), rules: h("div"), groups: h("div") };
  /** Makes a change and reads everything again; true where that worked. */
  const reload = async (change) => {
    try {
      await change?.();
      const [rules, counts, groups] = await Promise.all([api.rules(), api.ruleCounts(), api.groups()]);
      if (state.stopped) return false;
      parts.problem.hidden = true;
      redraw(parts.rules, rulesTable(rules, counts, reload));
      redraw(parts.groups, groupsTable(groups, reload));
      return true;
    } catch (error) {
      parts.problem.textContent = error.message;
      parts.problem.hidden = false;
      return false;
    }
  };
  // What is being typed into a form stays, whatever is read again above it.
  view.append(parts.problem,
    h("section", { class: "card" }, h("div", { class: "head" }, h("h1", {}, "Sampling rules"), raiseForm(reload)), parts.rules, newRule(reload)),
    h("section", { class: "card" }, h("div", { class: "head" }, h("h2", {}, "Groups")), parts.groups, newGroup(reload)));
  reload();
  return () => (state.stopped = true);
}

function rulesTable(rules, counts, reload) {
  const names = ["Priority", "Rule", "Rate", "Reservoir", "Requests", "Sampled", "For", ""];
  const rows = rules.map((rule) => {
    const used = counts.get(rule.RuleName);
    const isOwn = rule.RuleName !== "Default";
    return h("tr", {},
      h("td", {}, String(rule.Priority)),
      h("th", { scope: "row" }, rule.RuleName),
      h("td", {}, amount(rule, "FixedRate", "Rate in percent", 100, reload)),
      h("td", {}, amount(rule, "ReservoirSize", "Requests a second", 1, reload)),
      h("td", {}, String(used?.requests ?? 0)),
      h("td", {}, String(used?.sampled ?? 0)),
      h("td", {}, requests(rule)),
      h("td", {}, isOwn ? h("button", { type: "button", class: "button", "aria-label": `Delete ${rule.RuleName}`, click: () => reload(() => api.deleteRule(rule.RuleName)) }, "Delete") : ""));
  });
  return h("table", { class: "rules" }, h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows));
}

/** A number that is changed where it stands; `unit` is what one of the API's is here. */
function amount(rule, member, label, unit, reload) {
  const shown = Math.round(rule[member] * unit * 100) / 100;
  const input = h("input", { type: "number", min: 0, max: unit === 100 ? 100 : undefined, step: "any", value: shown, "aria-label": `${label} of ${rule.RuleName}` });
  input.addEventListener("change", () => reload(() => api.saveRule(false, { RuleName: rule.RuleName, [member]: Number(input.value) / unit })));
  return h("span", { class: "amount" }, input, unit === 100 ? " %" : " /s");
}

function requests(rule) {
  const said = PATTERNS.filter(([member]) => rule[member] !== "*").map(([member, word]) => `${word} ${rule[member]}`);
  const attributes = Object.entries(rule.Attributes ?? {}).map(([key, value]) => `${key}=${value}`);
  const until = rule.Until === undefined ? [] : [`until ${format.time(rule.Until).slice(11, -4)}`];
  return [...said, ...attributes, ...until].join(", ") || "every request";
}

function raiseForm(reload) {
  const raise = (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    reload(() => api.raiseSampling(given.get("path").trim() || "*", Number(given.get("seconds"))));
  };
  return h("form", { class: "tools", submit: raise },
    h("input", { name: "path", class: "field", "aria-label": "Path whose requests are all sampled", placeholder: "all of /checkout*" }),
    h("select", { name: "seconds", "aria-label": "For how long" }, TIMES.map(([value, words]) => h("option", { value, selected: value === 600 }, `for ${words}`))),
    h("button", { class: "button strong" }, "Raise"));
}

function newRule(reload) {
  const save = async (event) => {
    event.preventDefault();
    const form = event.target;
    const given = Object.fromEntries(new FormData(form));
    const rule = {
      RuleName: given.name.trim(), Priority: Number(given.priority), FixedRate: Number(given.rate) / 100, ReservoirSize: Number(given.reservoir),
      URLPath: given.path.trim() || "*", HTTPMethod: given.method.trim() || "*", Host: given.host.trim() || "*", ServiceName: given.service.trim() || "*",
    };
    if (await reload(() => api.saveRule(true, rule))) form.reset();
  };
  const field = (name, label, more) => h("label", {}, h("span", {}, label), h("input", { name, class: "field", ...more }));
  return h("details", { class: "refine" }, h("summary", {}, "New rule"),
    h("form", { class: "fields", submit: save },
      field("name", "Name", { required: true, maxlength: 32 }), field("priority", "Priority", { type: "number", min: 1, max: 9999, value: 100 }),
      field("rate", "Rate in percent", { type: "number", min: 0, max: 100, step: "any", value: 5 }), field("reservoir", "Reservoir a second", { type: "number", min: 0, value: 1 }),
      field("path", "Path", { placeholder: "*" }), field("method", "Method", { placeholder: "*" }), field("host", "Host", { placeholder: "*" }), field("service", "Service", { placeholder: "*" }),
      h("button", { class: "button strong" }, "Make the rule")));
}

function filterOf(group, reload) {
  const input = h("input", { class: "field wide", value: group.FilterExpression ?? "", "aria-label": `Filter of ${group.GroupName}`, spellcheck: "false" });
  input.addEventListener("change", () => reload(() => api.saveGroup(false, { GroupName: group.GroupName, FilterExpression: input.value })));
  return input;
}

function groupsTable(groups, reload) {
  const rows = groups.map((group) => {
    const isOwn = group.GroupName !== "Default";
    const filter = isOwn ? filterOf(group, reload) : h("span", { class: "soft" }, "All traces");
    const insights = h("input", { type: "checkbox", checked: group.InsightsConfiguration?.InsightsEnabled === true, "aria-label": `Insights of ${group.GroupName}` });
    insights.addEventListener("change", () => reload(() => api.saveGroup(false, { GroupName: group.GroupName, InsightsConfiguration: { InsightsEnabled: insights.checked } })));
    return h("tr", {},
      h("th", { scope: "row" }, group.GroupName),
      h("td", { class: "grow" }, filter),
      h("td", {}, insights),
      h("td", { class: "ways" }, link(href("/", { group: isOwn ? group.GroupName : "" }), "Traces"), link(href("/map", { group: isOwn ? group.GroupName : "" }), "Map")),
      h("td", {}, isOwn ? h("button", { type: "button", class: "button", "aria-label": `Delete ${group.GroupName}`, click: () => reload(() => api.deleteGroup(group.GroupName)) }, "Delete") : ""));
  });
  const names = ["Group", "Traces of which this holds", "Insights", "Show", ""];
  return h("table", { class: "rules" }, h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows));
}

function newGroup(reload) {
  const save = async (event) => {
    event.preventDefault();
    const form = event.target;
    const given = new FormData(form);
    if (await reload(() => api.saveGroup(true, { GroupName: given.get("name").trim(), FilterExpression: given.get("filter").trim() }))) form.reset();
  };
  return h("form", { class: "fields", submit: save },
    h("label", {}, h("span", {}, "Name"), h("input", { name: "name", class: "field", required: true, maxlength: 32 })),
    h("label", { class: "grow" }, h("span", {}, "Filter expression"), h("input", { name: "filter", class: "field wide", required: true, spellcheck: "false", placeholder: 'service("orders") AND fault' })),
    h("button", { class: "button strong" }, "Make the group"));
}
