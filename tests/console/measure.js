// How long the page's reader waits, in a real browser: from the navigation to what was asked for on the screen. One line of JSON: medians of some visits, in milliseconds.
//
// Arguments: the page's address. The store is empty before; what is looked at is put there first.

const { chromium } = require("playwright-core");
const { gzipSync } = require("node:zlib");

const [url] = process.argv.slice(2);
const VISITS = 7;
const hex = (number, width) => number.toString(16).padStart(width, "0");

async function put(documents) {
  for (let at = 0; at < documents.length; at += 50) {
    const body = JSON.stringify({ TraceSegmentDocuments: documents.slice(at, at + 50).map((it) => JSON.stringify(it)) });
    const answer = await (await fetch(`${url}/TraceSegments`, { method: "POST", body })).json();
    if (answer.UnprocessedTraceSegments.length) throw new Error(JSON.stringify(answer));
  }
}

/** A thousand traces, one of 5,000 subsegments, and calls to 200 services. */
async function furnish() {
  const now = Math.floor(Date.now() / 1000);
  const http = (url) => ({ request: { method: "GET", url }, response: { status: 200 } });
  await put(Array.from({ length: 1000 }, (_, it) => ({
    name: "shop", id: hex(it + 1, 16), trace_id: `1-${hex(now - 600 + Math.floor(it / 2), 8)}-${hex(it, 24)}`, start_time: now - 600 + it / 2,
    end_time: now - 600 + it / 2 + 0.1, annotations: { order: it }, http: http(`https://shop.example.com/${it % 7}`),
  })));
  await put(Array.from({ length: 200 }, (_, it) => ({
    name: `caller ${it % 14}`, id: hex(0x300000 + it, 16), trace_id: `1-${hex(now - 900, 8)}-${hex(0xc00000 + it, 24)}`, start_time: now - 900, end_time: now - 899,
    subsegments: [{ id: hex(0x400000 + it, 16), name: `node ${it}`, namespace: "remote", start_time: now - 900, end_time: now - 899.5, http: http(`http://node${it}`) }],
  })));
  const long = `1-${hex(now - 1000, 8)}-${"b".repeat(24)}`;
  const root = { name: "big", id: "00000000000fffff", trace_id: long, start_time: now - 1000, end_time: now - 990 };
  await put([root, ...Array.from({ length: 5000 }, (_, it) => ({
    type: "subsegment", parent_id: root.id, name: `part ${it}`, id: hex(0x200000 + it, 16), trace_id: long, start_time: root.start_time + it * 0.002,
    end_time: root.start_time + it * 0.002 + 0.005,
  }))]);
  return long;
}

async function weight(page) {
  const bodies = [];
  page.on("response", (answer) => /\/console\/|\/$/.test(answer.url()) && bodies.push(answer.body()));
  await page.goto(url);
  await page.waitForSelector(".traces tbody tr");
  const own = await Promise.all(bodies);
  page.removeAllListeners("response");
  return own.reduce((sum, body) => sum + gzipSync(body).length, 0) / 1000;
}

async function wait(page, path, selector, count) {
  const times = [];
  for (let visit = 0; visit < VISITS; visit += 1) {
    const start = performance.now();
    await page.goto(url + path, { waitUntil: "commit" });
    await page.waitForFunction(([what, least]) => document.querySelectorAll(what).length >= least, [selector, count], { polling: "raf" });
    times.push(performance.now() - start);
  }
  times.sort((one, other) => one - other);
  return { median: times[VISITS >> 1], least: times[0], most: times[VISITS - 1] };
}

async function main() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const long = await furnish();
    const kilobytes = await weight(page);
    const list = await wait(page, "/", ".traces tbody tr", 100);
    const map = await wait(page, "/map", ".map .node", 200);
    const trace = await wait(page, `/traces/${long}`, ".row", 30);
    console.log(JSON.stringify({ kilobytes, list, map, trace }));
  } finally {
    await browser.close();
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
