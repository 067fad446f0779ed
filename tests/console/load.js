// The page over a thousand generated traces with an outage in their midst: lists, map, analytics and live, at two widths, light and dark.
//
// Arguments: the page's address, a folder for pictures. Ends with a sentence about the first thing that is not as it should be.

const assert = require("node:assert/strict");
const { chromium } = require("playwright-core");
const { readFileSync } = require("node:fs");

const [url, pictures] = process.argv.slice(2);
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

async function main() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
  try {
    for (const [width, colorScheme] of [[1440, "light"], [390, "dark"]]) {
      for (const visit of [lists, maps, analyzes]) {
        await onPage(browser, { viewport: { width, height: 900 }, colorScheme }, visit);
        console.log(`ok ${visit.name} at ${width}, ${colorScheme}`);
      }
    }
    await onPage(browser, { viewport: { width: 1440, height: 900 }, colorScheme: "dark" }, comesLive);
    console.log("ok comesLive");
  } finally {
    await browser.close();
  }
}

/** Runs `visit` on a page of its own, on which nothing may go wrong. */
async function onPage(browser, options, visit) {
  const page = await browser.newPage({ ...options, reducedMotion: "reduce" });
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.setDefaultTimeout(30_000);
  await visit(page, options);
  assert.deepEqual(wrong, [], visit.name);
  await page.close();
}

async function fits(page, name, { viewport, colorScheme }) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${name} is ${wide} pixels too wide at ${viewport.width}`);
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run());
  const serious = violations.filter((it) => ["serious", "critical"].includes(it.impact));
  assert.deepEqual(serious.map((it) => [it.id, it.nodes[0].html, it.nodes[0].failureSummary]), [], name);
  await page.screenshot({ path: `${pictures}/full-${name}-${viewport.width}-${colorScheme}.png` });
}

const rows = (page) => page.locator(".traces tbody tr").count();

/** A thousand are there to be scrolled through; the outage's are found by a filter. */
async function lists(page, options) {
  await page.goto(`${url}/?since=1h`);
  await page.waitForFunction(() => document.querySelectorAll(".traces tbody tr").length >= 100);
  await fits(page, "list", options);
  const before = await rows(page);
  await page.locator(".traces tbody tr").last().scrollIntoViewIfNeeded();
  await page.waitForFunction((before) => document.querySelectorAll(".traces tbody tr").length > before, before);
  await page.fill(".expression", "fault AND http.url CONTAINS \"checkout\"");
  await page.press(".expression", "Enter");
  await page.waitForURL(/filter=fault/);
  await page.waitForFunction(() => {
    const shown = [...document.querySelectorAll(".traces tbody tr")];
    return shown.length > 0 && shown.length < 100 && shown.every((row) => row.querySelector(".status.fault") && row.textContent.includes("/checkout"));
  });
}

/** The shop, its function in its two parts, the table and the payments; the table's faults are those of the outage. */
async function maps(page, options) {
  await page.goto(`${url}/map?since=1h`);
  await page.waitForFunction(() => document.querySelectorAll(".map.main .node").length >= 5);
  for (const name of ["shop", "orders", "payments.example.com"]) await page.waitForSelector(`.map.main .node:has-text("${name}")`);
  await fits(page, "map", options);
  await page.locator(".map.main .node[role=button]:has-text(\"orders\")").last().focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector(".choice .chart");
}

/** Of those that failed, against those that did not, by page of the shop. */
async function analyzes(page, options) {
  await page.goto(`${url}/analytics?since=1h&filter=fault&against=!fault&by=url`);
  await page.waitForSelector(".sums tbody tr:nth-child(2)");
  await page.waitForFunction(() => document.querySelectorAll(".values tbody tr").length >= 5);
  await fits(page, "analytics", options);
  const counts = await page.locator(".sums tbody td:nth-child(2)").allTextContents();
  const [failed, others] = counts.map(Number);
  assert.ok(failed > 20 && failed + others === 1000, `${failed} and ${others} of 1000`);
}

async function comesLive(page) {
  await page.goto(url);
  await page.waitForFunction(() => document.querySelectorAll(".traces tbody tr").length >= 100);
  const now = Date.now() / 1000;
  const documents = Array.from({ length: 40 }, (_, number) => {
    const trace = `1-${Math.floor(now).toString(16)}-${(0xabc000 + number).toString(16).padStart(24, "0")}`;
    return JSON.stringify({ name: "arrives", id: (number + 1).toString(16).padStart(16, "a"), trace_id: trace, start_time: now - 1 + number / 100, end_time: now });
  });
  await page.request.post(`${url}/TraceSegments`, { data: { TraceSegmentDocuments: documents } });
  await page.waitForFunction(() => [...document.querySelectorAll(".traces tbody tr")].slice(0, 40).every((row) => row.textContent.includes("arrives")));
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
