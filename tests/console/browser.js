// The page as its user meets it, in a real browser: every page at two widths, light and dark, and what can be pressed on them.
//
// Arguments: the page's address, a trace that failed, a folder for pictures. Ends with a sentence about the first thing that is not as it should be.

const assert = require("node:assert/strict");
const { chromium } = require("playwright-core");
const { gzipSync } = require("node:zlib");
const { readFileSync } = require("node:fs");

const [url, failed, pictures] = process.argv.slice(2);
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const PAGES = { list: "/", map: "/map", analytics: "/analytics", settings: "/settings", trace: `/traces/${failed}` };

async function main() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
  try {
    await weighs(browser);
    for (const width of [1440, 390]) for (const colorScheme of ["light", "dark"]) await everyPage(browser, width, colorScheme);
    for (const journey of [filters, completes, refines, brushes, opensAService, movesTheMap, followsATrace, seesAPart, readsABar, comparesTwo, analyzes, changesRules, changesGroups, choosesAGroup, tellsAnOutage, comesLive, leadsOn]) {
      await onPage(browser, { viewport: { width: 1440, height: 1000 } }, journey);
      console.log(`ok ${journey.name}`);
    }
    await onPage(browser, { viewport: { width: 1440, height: 1000 } }, asksAwsForLogs);
    console.log("ok asksAwsForLogs");
    await onPage(browser, { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true }, touchesTheMap);
    console.log("ok touchesTheMap");
  } finally {
    await browser.close();
  }
}

/** Runs `visit` on a page of its own, on which nothing may go wrong. */
async function onPage(browser, options, visit) {
  const page = await browser.newPage({ ...options, reducedMotion: "reduce" });
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => message.type() === "error" && !/status of 40[03]/.test(message.text()) && wrong.push(message.text()));
  page.setDefaultTimeout(15_000);
  await visit(page);
  assert.deepEqual(wrong, [], visit.name);
  await page.close();
}

async function weighs(browser) {
  const bodies = [];
  const page = await browser.newPage();
  page.on("response", (answer) => /\/console\/|\/$/.test(answer.url()) && bodies.push(answer.body()));
  await page.goto(url);
  await page.waitForSelector(".traces tbody tr");
  const bytes = (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body).length, 0);
  assert.ok(bytes > 10_000 && bytes < 120_000, `the page weighs ${bytes} bytes gzipped`);
  console.log(`ok the page weighs ${bytes} bytes gzipped`);
  await page.close();
}

async function everyPage(browser, width, colorScheme) {
  for (const [name, path] of Object.entries(PAGES)) {
    await onPage(browser, { viewport: { width, height: 900 }, colorScheme }, async (page) => {
      await page.goto(url + path);
      await page.waitForSelector({ list: ".traces tbody tr", map: ".map svg .node", analytics: ".chart", settings: ".rules tbody tr", trace: ".row .bar" }[name]);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${name} is ${wide} pixels too wide at ${width}`);
      await accessible(page, `${name} at ${width}, ${colorScheme}`);
      await page.screenshot({ path: `${pictures}/${name}-${width}-${colorScheme}.png` });
    });
    console.log(`ok ${name} at ${width}, ${colorScheme}`);
  }
}

async function accessible(page, name) {
  // As a function of the page itself: its policy runs no other script.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run());
  const serious = violations.filter((it) => ["serious", "critical"].includes(it.impact));
  assert.deepEqual(serious.map((it) => [it.id, it.nodes[0].html, it.nodes[0].failureSummary]), [], name);
}

const rows = (page) => page.locator(".traces tbody tr").count();

async function filters(page) {
  await page.goto(url);
  await page.waitForSelector(".traces tbody tr");
  const all = await rows(page);
  await page.fill(".expression", "fault");
  await page.press(".expression", "Enter");
  await page.waitForFunction((before) => { const now = document.querySelectorAll(".traces tbody tr").length; return now > 0 && now < before; }, all);
  assert.match(page.url(), /filter=fault/);
  assert.equal(await page.locator(".traces .status.ok").count(), 0);
  await page.fill(".expression", "fault AND");
  await page.press(".expression", "Enter");
  await page.waitForSelector(".mistake:not([hidden]) mark");
  assert.match(await page.textContent(".mistake"), /at character 10/);
  await page.fill(".expression", failed);
  await page.press(".expression", "Enter");
  await page.waitForSelector(".row .bar");
  assert.ok(page.url().endsWith(failed));
  await page.goBack();
  await page.waitForSelector(".expression");
}

async function completes(page) {
  await page.goto(url);
  await page.waitForSelector(".traces tbody tr");
  await page.click(".expression");
  await page.keyboard.type("annotation.or");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  assert.equal(await page.inputValue(".expression"), "annotation.order ");
  await page.keyboard.press("Escape");
  assert.ok(await page.locator(".completions").isHidden());
}

async function refines(page) {
  await page.goto(url);
  await page.waitForSelector(".traces tbody tr");
  await page.click(".refine summary");
  await page.click(".facet button:has-text('fault')");
  await page.waitForURL(/filter=fault/);
  await page.waitForSelector(".traces .status.fault");
  assert.equal(await page.locator(".traces .status.ok").count(), 0);
}

async function brushes(page) {
  await page.goto(url);
  const chart = page.locator(".chart");
  await chart.waitFor();
  const box = await chart.boundingBox();
  await page.mouse.move(box.x + box.width * 0.2, box.y + 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.9, box.y + box.height - 2, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/from=.*duration/);
  await page.goto(url);
  await chart.focus();
  await page.keyboard.press("End");
  for (let press = 0; press < 8; press += 1) await page.keyboard.press("Shift+ArrowLeft");
  await page.keyboard.press("Enter");
  await page.waitForURL(/from=/);
}

async function opensAService(page) {
  await page.goto(`${url}/map`);
  await page.locator(".map .node[role=button]").first().focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector(".choice .chart");
  await page.locator(".box input:enabled").first().check();
  const filter = await page.textContent(".ask code");
  assert.match(filter, /^service\(id\(name: ".*"\)\) \{ \w+ \}$/);
  await page.click("text=View traces");
  await page.waitForSelector(".traces tbody tr");
  assert.equal(await page.inputValue(".expression"), filter);
  await page.goto(`${url}/map`);
  await page.locator(".map .call").first().focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector(".choice");
  const columns = page.locator(".choice .chart");
  await columns.focus();
  await page.keyboard.press("Home");
  for (let press = 0; press < 10; press += 1) await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => /responsetime >= .* AND responsetime <= /.test(document.querySelector(".ask code").textContent));
}

/** Where the first service of the map is seen. */
const placeOf = (page) => page.evaluate(() => {
  const { x, y, width } = document.querySelector(".map.main .node").getBoundingClientRect();
  return { x, y, width };
});

/** By dragging, the wheel, keys and buttons; a press is still a press. */
async function movesTheMap(page) {
  await page.goto(`${url}/map`);
  const map = page.locator(".map.main > svg");
  await map.locator(".node").first().waitFor();
  const first = await placeOf(page);
  const box = await map.boundingBox();
  await page.mouse.move(box.x + 30, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + 130, box.y + 70, { steps: 5 });
  await page.mouse.up();
  const dragged = await placeOf(page);
  assert.deepEqual([dragged.x - first.x, dragged.y - first.y].map(Math.round), [100, 40]);
  assert.equal(await page.locator(".choice").count(), 0, "a drag is no press");
  await page.mouse.wheel(0, -100);
  assert.ok((await placeOf(page)).width > dragged.width, "the wheel enlarges");
  await page.getByLabel("Show all of the map").click();
  assert.deepEqual(await placeOf(page), first);
  await map.focus();
  await page.keyboard.press("ArrowLeft");
  assert.ok((await placeOf(page)).x > first.x);
  await page.keyboard.press("-");
  assert.ok((await placeOf(page)).width < first.width);
  await page.keyboard.press("0");
  assert.deepEqual(await placeOf(page), first);
  // A service that the focus comes to is brought into sight.
  for (let press = 0; press < 40; press += 1) await page.keyboard.press("ArrowLeft");
  for (let press = 0; press < 30; press += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.matches(".node"))) break;
  }
  const seen = await page.evaluate(() => {
    const [outer, inner] = [document.querySelector(".map.main > svg"), document.activeElement].map((it) => it.getBoundingClientRect());
    return inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
  });
  assert.ok(seen, "the focused service is in sight");
  assert.ok(await page.locator(".legend").isVisible());
  await page.getByLabel("Show all of the map").click();
  await map.locator(".node[role=button] .disc").first().click();
  await page.waitForSelector(".choice");
  assert.match(await page.locator(".map .latency").first().textContent(), /ms|s$/);
}

/** By one finger and by two, on a narrow screen. */
async function touchesTheMap(page) {
  await page.goto(`${url}/map`);
  await page.waitForSelector(".map.main .node");
  const first = await placeOf(page);
  const box = await page.locator(".map.main > svg").boundingBox();
  const touch = await page.context().newCDPSession(page);
  const points = (...all) => all.map(([x, y], id) => ({ x: box.x + x, y: box.y + y, id }));
  const send = (type, ...all) => touch.send("Input.dispatchTouchEvent", { type, touchPoints: points(...all) });
  await send("touchStart", [200, 60]);
  for (const by of [10, 30, 50]) await send("touchMove", [200 - by, 60 + by]);
  await send("touchEnd");
  const moved = await placeOf(page);
  assert.ok(moved.x < first.x - 30 && moved.y > first.y + 30, "one finger moves it");
  assert.equal(await page.evaluate(() => scrollY), 0, "and not the page");
  await send("touchStart", [150, 100], [200, 100]);
  for (const by of [10, 20, 40]) await send("touchMove", [150 - by, 100], [200 + by, 100]);
  await send("touchEnd");
  assert.ok((await placeOf(page)).width > 1.5 * moved.width, "two enlarge it");
}

async function followsATrace(page) {
  await page.goto(`${url}/traces/${failed}`);
  await page.waitForSelector(".row .bar");
  const service = page.locator(".map .node[role=button]").last();
  await service.click();
  assert.ok(await page.evaluate(() => document.activeElement.matches(".row[aria-selected=true]")), "the service's row is selected");
  await page.click("text=Critical path");
  assert.ok((await page.locator(".row.critical").count()) > 1);
  const before = await page.locator(".row[role=row]:visible").count();
  await page.click("text=Collapse all");
  assert.ok((await page.locator(".row[role=row]:visible").count()) < before);
  await page.click("text=Expand all");
  await page.locator(".row[aria-selected=true]").focus();
  const selected = await page.locator(".row[aria-selected=true] .label").textContent();
  await page.keyboard.press("ArrowUp");
  assert.notEqual(await page.locator(".row[aria-selected=true] .label").textContent(), undefined);
  assert.ok(selected);
  const label = await page.textContent(".panel h3");
  await page.reload();
  await page.waitForSelector(".row .bar");
  assert.equal(await page.textContent(".panel h3"), label, "what was selected stands in the address");
  await page.locator(".tabs [aria-selected=true]").focus();
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-selected")), "true");
  await page.click(".tabs >> text=Raw");
  assert.match(await page.textContent(".content pre"), /"trace_id"|"id"/);
  const saved = page.waitForEvent("download");
  await page.click("text=Export JSON");
  assert.equal((await saved).suggestedFilename(), `${failed}.json`);
  const file = await (await saved).path();
  await page.goto(url);
  await page.setInputFiles("input[type=file]", { name: "trace.json", mimeType: "application/json", buffer: readFileSync(file) });
  await page.waitForURL(`**/traces/${failed}`);
  await page.goto(url);
  await page.setInputFiles("input[type=file]", { name: "no.json", mimeType: "application/json", buffer: Buffer.from("[]") });
  await page.waitForSelector("text=Cannot import");
}

/** The small timeline: drawn over, moved, resized by keys, and left again. */
async function seesAPart(page) {
  await page.goto(`${url}/traces/${failed}`);
  const strip = page.locator(".strip");
  await strip.scrollIntoViewIfNeeded();
  const box = await strip.boundingBox();
  const begin = () => page.getByLabel("Begin of the part shown").getAttribute("aria-valuenow").then(Number);
  const end = () => page.getByLabel("End of the part shown").getAttribute("aria-valuenow").then(Number);
  const drag = async (from, to) => {
    await page.mouse.move(box.x + box.width * from, box.y + 6);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * to, box.y + 6, { steps: 5 });
    await page.mouse.up();
  };
  const bar = page.locator(".row .bar").first();
  const before = (await bar.boundingBox()).width;
  await drag(0.2, 0.6);
  assert.deepEqual([await begin(), await end()], [20, 60]);
  assert.ok((await bar.boundingBox()).width > 2 * before, "the bars grow");
  await drag(0.4, 0.5);
  assert.deepEqual([await begin(), await end()], [30, 70]);
  await page.getByLabel("End of the part shown").focus();
  await page.keyboard.press("End");
  assert.deepEqual([await begin(), await end()], [30, 100]);
  await page.keyboard.press("Shift+PageDown");
  assert.ok((await begin()) < 30);
  await page.keyboard.press("0");
  assert.deepEqual([await begin(), await end()], [0, 100]);
  await drag(0.2, 0.6);
  await page.click("text=Whole trace");
  assert.deepEqual([await begin(), await end()], [0, 100]);
}

/** What a bar says, by pointer and by keyboard, without anything else moving. */
async function readsABar(page) {
  await page.goto(`${url}/traces/${failed}`);
  await page.waitForSelector(".row .bar");
  const height = () => page.evaluate(() => document.documentElement.scrollHeight);
  const before = await height();
  await page.locator(".row .bars").nth(1).hover();
  await page.waitForSelector(".note:not([hidden])");
  assert.match(await page.textContent(".note"), /Starts after.*Duration.*Status/);
  assert.equal(await height(), before);
  await page.mouse.move(5, 5);
  await page.waitForSelector(".note", { state: "hidden" });
  await page.locator(".row[aria-selected=true]").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  const described = await page.evaluate(() => document.getElementById(document.activeElement.getAttribute("aria-describedby"))?.textContent);
  assert.match(described, /Duration/);
  await accessible(page, "a trace with a note");
  await page.keyboard.press("Escape");
  assert.ok(await page.locator(".note").isHidden());
}

async function comparesTwo(page) {
  await page.goto(url);
  const other = await page.locator(".traces tbody tr .id a").first().textContent();
  await page.goto(`${url}/traces/${failed}`);
  await page.fill("input[name=with]", other);
  await page.press("input[name=with]", "Enter");
  await page.waitForFunction(() => document.querySelectorAll(".pair h1").length === 2);
  assert.ok(page.url().endsWith(`with=${other}`));
}

async function analyzes(page) {
  await page.goto(`${url}/analytics?filter=fault&against=!fault`);
  await page.waitForSelector(".sums tbody tr:nth-child(2)");
  await page.selectOption("select[aria-label='Group by']", "service");
  await page.waitForURL(/by=service/);
  await page.waitForSelector(".values tbody tr");
  assert.match(await page.textContent(".values .difference"), /%/);
}

async function changesRules(page) {
  await page.goto(`${url}/settings`);
  await page.fill("input[name=path] >> nth=0", "/checkout*");
  await page.click("text=Raise");
  await page.waitForSelector("text=/path .checkout\\*, until/");
  await page.click("text=New rule");
  await page.fill("input[name=name] >> nth=0", "orders");
  await page.click("text=Make the rule");
  const rate = page.getByLabel("Rate in percent of orders");
  await rate.fill("25");
  const changed = page.waitForResponse((answer) => answer.url().endsWith("/UpdateSamplingRule"));
  await rate.press("Tab");
  await changed;
  await page.waitForFunction(() => document.activeElement.getAttribute("aria-label") === "Requests a second of orders");
  const rules = async () => (await (await page.request.post(`${url}/GetSamplingRules`, { data: {} })).json()).SamplingRuleRecords.map((it) => it.SamplingRule);
  await page.waitForFunction(() => document.querySelector("[aria-label='Rate in percent of orders']")?.value === "25");
  assert.equal((await rules()).find((it) => it.RuleName === "orders").FixedRate, 0.25);
  await page.getByLabel("Delete orders").click();
  await page.getByLabel("Rate in percent of orders").waitFor({ state: "detached" });
}

async function changesGroups(page) {
  await page.goto(`${url}/settings`);
  const make = async (name, filter) => {
    await page.locator("form.fields input[name=name]").last().fill(name);
    await page.fill("input[name=filter]", filter);
    await page.click("text=Make the group");
  };
  await make("wrong", "fault AND");
  await page.waitForSelector(".problem:not([hidden])");
  await make("failed", "fault");
  const row = page.locator("tr", { has: page.getByLabel("Filter of failed") });
  await row.getByRole("link", { name: "Map" }).click();
  await page.waitForSelector(".map svg .node");
  assert.match(page.url(), /group=failed/);
}

/** A group that is chosen above the list stays chosen: in the address, with a filter, and on the map. */
async function choosesAGroup(page) {
  await page.goto(url);
  await page.waitForSelector(".traces .status.ok");
  await page.selectOption("select[aria-label=Group]", "failed");
  await page.waitForURL(/group=failed/);
  await page.waitForSelector(".traces .status.fault");
  await page.waitForFunction(() => !document.querySelector(".traces .status.ok"));
  await page.fill(".expression", "fault AND");
  await page.press(".expression", "Enter");
  await page.waitForSelector(".mistake:not([hidden]) mark");
  assert.match(await page.textContent(".mistake"), /at character 10/);
  await page.fill(".expression", "fault OR error");
  await page.press(".expression", "Enter");
  await page.waitForURL(/group=failed.*filter=/);
  await page.reload();
  await page.waitForSelector(".traces .status.fault");
  assert.equal(await page.inputValue("select[aria-label=Group]"), "failed");
  await page.goto(`${url}/analytics?group=failed`);
  await page.waitForSelector(".sums tbody tr");
  assert.equal(await page.textContent(".sums td.fault"), "100.0 %");
  await page.goto(`${url}/xray/home?region=eu-west-1#/service-map?timeRange=PT30M&group=failed`);
  await page.waitForURL(/\/map\?since=1800&group=failed$/);
  await page.locator(".map .node[role=button]").first().focus();
  await page.keyboard.press("Enter");
  await page.click("text=View traces");
  await page.waitForURL(/group=failed/);
}

/** After the function's own traces were looked at: those of an outage that was sent beside them. */
async function tellsAnOutage(page) {
  const { execFileSync } = require("node:child_process");
  execFileSync(process.env.XRAY_LOCAL, ["generate", "--traces", "1600", "--since", "40m", "--endpoint", url]);
  await page.goto(`${url}/settings`);
  await page.getByLabel("Insights of Default").check();
  await page.goto(`${url}/map`);
  await page.waitForSelector(".insights li");
  assert.match(await page.textContent(".insights li"), /failed in [\d.]+ % of its requests/);
  await page.screenshot({ path: `${pictures}/insights.png` });
  await page.click(".insights a");
  await page.waitForSelector(".traces .status.fault");
  await readsOn(page);
  // Of another group, where the default one does not ask for any.
  await page.goto(`${url}/settings`);
  await page.getByLabel("Insights of Default").uncheck();
  await page.locator("form.fields input[name=name]").last().fill("sold");
  await page.fill("input[name=filter]", 'service("shop")');
  await page.click("text=Make the group");
  await page.getByLabel("Insights of sold").check();
  await page.goto(`${url}/map`);
  await page.waitForSelector(".insights .chip:has-text('sold')");
  await page.click(".insights a");
  await page.waitForURL(/group=sold/);
  await page.waitForSelector(".traces .status.fault");
}

/** A trace that another one led to says so, and leads back to it. */
async function leadsOn(page) {
  const now = Date.now() / 1000;
  const id = `1-${Math.floor(now).toString(16)}-${"0123456789ab".repeat(2)}`;
  const links = [{ trace_id: failed, id: "00000000000000ad", attributes: { "messaging.message.id": "m-1" } }];
  const document = JSON.stringify({ name: "takes", id: "00000000000000ae", trace_id: id, start_time: now - 1, end_time: now, links });
  await page.request.post(`${url}/TraceSegments`, { data: { TraceSegmentDocuments: [document] } });
  await page.goto(`${url}/traces/${id}`);
  await page.click(".tabs >> text=Links");
  assert.match(await page.textContent(".linked"), /messaging\.message\.id.*m-1/);
  await page.click(".linked a");
  await page.waitForURL(`**/traces/${failed}`);
  await page.waitForSelector(".row .bar");
}

/** Before an account, for which this service stands in, nobody keeps logs: the query is shown that finds them. */
async function asksAwsForLogs(page) {
  const now = Date.now() / 1000;
  const id = `1-${Math.floor(now).toString(16)}-${"fedcba543210".repeat(2)}`;
  const aws = { request_id: "0e7c1b1a", cloudwatch_logs: [{ log_group: "/aws/lambda/arrives" }] };
  const document = JSON.stringify({ name: "arrives", id: "00000000000000ac", trace_id: id, start_time: now - 1, end_time: now, aws });
  await page.request.post(`${url}/TraceSegments`, { data: { TraceSegmentDocuments: [document] } });
  const { spawn } = require("node:child_process");
  const env = { ...process.env, AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };
  const mirror = spawn(process.env.XRAY_LOCAL, ["--listen", "127.0.0.1:0", "--source", "aws", "--endpoint", url], { env, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const address = await new Promise((resolve, reject) => {
      mirror.stdout.on("data", (text) => /http:\/\/\S+/.test(text) && resolve(/http:\/\/[\d.:]+/.exec(text)[0]));
      mirror.on("exit", () => reject(new Error("xray-local --source aws did not start")));
    });
    await page.goto(`${address}/traces/${id}`);
    await page.waitForSelector(".asked");
    assert.match(await page.textContent(".asked"), /\/aws\/lambda\/arrives.*@requestId in \["0e7c1b1a"\]/s);
    assert.match(await page.getByRole("link", { name: "Open in Logs Insights" }).getAttribute("href"), /console\.aws\.amazon\.com.*logs-insights.*\*2faws\*2flambda\*2farrives/);
    await page.getByRole("button", { name: "Copy query" }).waitFor();
    await accessible(page, "a trace over AWS");
    await page.screenshot({ path: `${pictures}/aws.png` });
  } finally {
    mirror.kill();
  }
}

/** Who scrolls to the end of a long list gets older traces. */
async function readsOn(page) {
  await page.goto(url);
  await page.waitForSelector(".traces tbody tr");
  const before = await rows(page);
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await page.waitForFunction((count) => document.querySelectorAll(".traces tbody tr").length > count, before);
}

async function comesLive(page) {
  await page.goto(url);
  await page.waitForSelector(".traces tbody tr");
  const now = Date.now() / 1000;
  const id = `1-${Math.floor(now).toString(16)}-${"abcdef012345".repeat(2)}`;
  const document = JSON.stringify({ name: "arrives", id: "00000000000000ab", trace_id: id, start_time: now - 1, end_time: now });
  await page.request.post(`${url}/TraceSegments`, { data: { TraceSegmentDocuments: [document] } });
  await page.waitForSelector(`text=${id}`);
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
