// A page of resam in a real browser, watched: what it asks the network for, and what it complains of.
//
//     const page = await open("file:///.../report.html", { dark: true, width: 390 });
//     ...                      // `page.view` is Playwright's page
//     await page.close();      // throws when the page complained, or asked for what it may not have
//
// Node packages are in the folder that RESAM_BROWSER_MODULES names; `scripts/tasks.sh browser` puts
// them there. RESAM_CHROMIUM names the browser.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.RESAM_BROWSER_MODULES ?? import.meta.dirname}/`);
const { chromium } = require("playwright-core");
const axe = require.resolve("axe-core/axe.min.js");

let browser;

// Opens a page. `allowed` says which requests it may make beside that of itself and of data that it
// holds; without it none.
export async function open(url, { width = 1200, height = 900, dark = false, allowed = () => false, ...more } = {}) {
  browser ??= await chromium.launch({
    executablePath: process.env.RESAM_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
  });
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    // axe is put into the page, which the page's own policy forbids. Without it the policy holds.
    bypassCSP: more.axe ?? false,
    ...more,
  });
  const view = await context.newPage();
  const complaints = [];
  const requests = [];
  view.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  view.on("pageerror", (error) => complaints.push(String(error)));
  view.on("request", (request) => {
    const address = request.url();
    if (address !== url && !address.startsWith("data:") && !allowed(address)) requests.push(address);
  });
  await view.goto(url);
  return {
    view,
    async close() {
      await context.close();
      assert.deepEqual(complaints, [], "the page complained");
      assert.deepEqual(requests, [], "the page asked the network");
    },
  };
}

// What axe finds that is serious: of WCAG 2.2, levels A and AA, and of best practice.
export async function findings(view) {
  await view.addScriptTag({ path: axe });
  const result = await view.evaluate(() => globalThis.axe.run());
  const serious = result.violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
  return serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
}

// How far the page is wider than its window, in pixels.
export function overflow(view) {
  return view.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

export async function quit() {
  await browser?.close();
  browser = undefined;
}
