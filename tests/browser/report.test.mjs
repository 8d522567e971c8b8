// The report of `resam adapt`, as a reader uses it. RESAM_REPORT names the file.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { statSync } from "node:fs";

import { findings, open, overflow, quit } from "./harness.mjs";

const file = process.env.RESAM_REPORT;
const url = pathToFileURL(file).href;

after(quit);

const boundary = (view) => view.locator(".slider").first();
const stage = (view) => view.locator(".stage").first();
const frame = async (view) => {
  const text = await stage(view).locator("svg").getAttribute("viewBox");
  const [x, y, width, height] = text.split(" ").map(Number);
  return { x, y, width, height };
};
// How much of the picture the left answer has, as a share of what is seen.
const leftShare = async (view) => {
  const { width } = await frame(view);
  const left = await stage(view).locator("clipPath rect").first().getAttribute("width");
  return Number(left) / width;
};
const near = (value, expected, slack = 0.02) =>
  assert.ok(Math.abs(value - expected) <= slack, `${value} is not about ${expected}`);

test("one file of less than 10 MB that asks the network for nothing", async () => {
  assert.ok(statSync(file).size < 10e6);
  const page = await open(url);
  await page.view.waitForLoadState("networkidle");
  await page.close();
});

test("the mouse moves the boundary between two answers", async () => {
  const page = await open(url);
  await stage(page.view).scrollIntoViewIfNeeded();
  const box = await stage(page.view).boundingBox();
  near(await leftShare(page.view), 0.5);
  const at = (share) => [box.x + share * box.width, box.y + box.height / 2];
  await page.view.mouse.move(...at(0.5));
  await page.view.mouse.down();
  await page.view.mouse.move(...at(0.2), { steps: 5 });
  await page.view.mouse.up();
  near(await leftShare(page.view), 0.2);
  assert.equal(await boundary(page.view).inputValue(), "20");
  await page.close();
});

test("keys move the boundary, and its name says what is on which side", async () => {
  const page = await open(url);
  await boundary(page.view).focus();
  await page.view.keyboard.press("Home");
  near(await leftShare(page.view), 0);
  for (let press = 0; press < 10; press++) await page.view.keyboard.press("ArrowRight");
  near(await leftShare(page.view), 0.1);
  const name = await boundary(page.view).getAttribute("aria-label");
  assert.equal(name, "Boundary between pretrained on the left and adapted on the right");
  await page.close();
});

test("another answer can be chosen for each side", async () => {
  const page = await open(url);
  const right = page.view.locator("select[data-side=right]").first();
  await right.selectOption({ label: "true masks" });
  assert.equal(await stage(page.view).locator(".tag.right").textContent(), "true masks");
  const use = stage(page.view).locator("use[data-layer=right]");
  const link = await use.getAttribute("href");
  assert.ok(await page.view.locator(link).count(), link);
  assert.match(await boundary(page.view).getAttribute("aria-label"), /true masks on the right/);
  await right.selectOption({ label: "image only" });
  await page.view.locator("input[data-points]").first().uncheck();
  assert.equal(await stage(page.view).locator("use[data-points]").isVisible(), false);
  await page.close();
});

test("keys zoom and move the picture, and the boundary stays where it is on the screen", async () => {
  const page = await open(url);
  const all = await frame(page.view);
  await stage(page.view).focus();
  await page.view.keyboard.press("+");
  await page.view.keyboard.press("+");
  const zoomed = await frame(page.view);
  near(zoomed.width / all.width, 1 / 2.25);
  near(await leftShare(page.view), 0.5);
  await page.view.keyboard.press("ArrowRight");
  assert.ok((await frame(page.view)).x > zoomed.x);
  await page.view.keyboard.press("0");
  assert.deepEqual(await frame(page.view), all);
  await page.close();
});

test("the mouse zooms about its place and moves the picture", async () => {
  const page = await open(url);
  await stage(page.view).scrollIntoViewIfNeeded();
  const box = await stage(page.view).boundingBox();
  const all = await frame(page.view);
  await page.view.mouse.move(box.x + 5, box.y + 5);
  await page.view.keyboard.down("Control");
  await page.view.mouse.wheel(0, -400);
  await page.view.keyboard.up("Control");
  await page.view.waitForFunction(() => document.querySelector(".stage").classList.contains("zoomed"));
  const zoomed = await frame(page.view);
  assert.ok(zoomed.width < all.width && zoomed.x < 0.05 * all.width && zoomed.y < 0.05 * all.height);
  await page.view.mouse.move(box.x + 0.8 * box.width, box.y + 0.8 * box.height);
  await page.view.mouse.down();
  await page.view.mouse.move(box.x + 0.6 * box.width, box.y + 0.6 * box.height, { steps: 4 });
  await page.view.mouse.up();
  const moved = await frame(page.view);
  assert.ok(moved.x > zoomed.x && moved.y > zoomed.y);
  await page.view.locator("[data-zoom=fit]").first().click();
  assert.deepEqual(await frame(page.view), all);
  await page.close();
});

test("the wheel alone scrolls the page", async () => {
  const page = await open(url);
  await stage(page.view).scrollIntoViewIfNeeded();
  const box = await stage(page.view).boundingBox();
  const [before, all] = [await page.view.evaluate(() => scrollY), await frame(page.view)];
  await page.view.mouse.move(box.x + box.width / 2, box.y + Math.min(box.height, 200) / 2);
  await page.view.mouse.wheel(0, 200);
  await page.view.waitForFunction((before) => scrollY > before, before);
  assert.deepEqual(await frame(page.view), all);
  await page.close();
});

test("everything can be reached with the keyboard, and where it is shows", async () => {
  const page = await open(url);
  const reached = new Set();
  for (let press = 0; press < 300; press++) {
    await page.view.keyboard.press("Tab");
    const seen = await page.view.evaluate(() => {
      const now = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(now);
      const all = [...document.querySelectorAll("button, select, input, summary, .stage")];
      return { at: all.indexOf(now), body: now === document.body, outline: outlineStyle !== "none" && outlineWidth !== "0px" };
    });
    if (seen.body) break;
    assert.ok(seen.outline, "focus can be seen");
    reached.add(seen.at);
  }
  reached.delete(-1);
  const all = await page.view.locator("button, select, input, summary, .stage").count();
  assert.equal(reached.size, all);
  await page.close();
});

test("the page is dark where the system is, and the switch overrules it", async () => {
  const lightness = (view) => view.evaluate(() => {
    const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
    return (red + green + blue) / 3;
  });
  for (const dark of [false, true]) {
    const page = await open(url, { dark });
    const button = page.view.locator("button.theme");
    assert.equal((await lightness(page.view)) < 128, dark);
    assert.equal(await button.getAttribute("aria-pressed"), String(dark));
    await button.click();
    assert.equal((await lightness(page.view)) < 128, !dark);
    assert.equal(await button.getAttribute("aria-pressed"), String(!dark));
    await page.close();
  }
});

for (const dark of [false, true]) {
  for (const width of [1200, 390]) {
    test(`axe finds nothing serious, ${dark ? "dark" : "light"}, ${width} px`, async () => {
      const page = await open(url, { dark, width, axe: true });
      for (const summary of await page.view.locator("summary").all()) await summary.click();
      assert.deepEqual(await findings(page.view), []);
      await page.close();
    });
  }
}

for (const width of [320, 390, 768, 1920]) {
  test(`${width} px wide without scrolling sideways`, async () => {
    const page = await open(url, { width });
    for (const summary of await page.view.locator("summary").all()) await summary.click();
    assert.equal(await overflow(page.view), 0);
    await page.close();
  });
}

test("a finger moves the boundary", async () => {
  const page = await open(url, { width: 390, height: 800, hasTouch: true });
  await stage(page.view).scrollIntoViewIfNeeded();
  const box = await stage(page.view).boundingBox();
  await page.view.touchscreen.tap(box.x + 0.8 * box.width, box.y + 0.5 * box.height);
  near(await leftShare(page.view), 0.8);
  await page.close();
});

test("print shows both answers side by side, light, without controls", async () => {
  const page = await open(url, { dark: true });
  await page.view.emulateMedia({ media: "print", colorScheme: "dark" });
  assert.equal(await page.view.locator(".viewer:visible").count(), 0);
  const pairs = page.view.locator(".pair svg");
  assert.ok((await pairs.count()) >= 2);
  for (const picture of await pairs.all()) assert.ok((await picture.boundingBox()).width > 200);
  const ground = await page.view.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.ok(ground.match(/[\d.]+/g).map(Number).every((value) => value > 240), ground);
  const pdf = await page.view.pdf();
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  await page.close();
});

test("without scripts the page can be read whole", async () => {
  const page = await open(url, { javaScriptEnabled: false });
  assert.equal(await page.view.locator(".viewer:visible").count(), 0);
  assert.ok(await page.view.locator(".pair svg").first().isVisible());
  assert.ok(await page.view.locator("table").first().isVisible());
  await page.close();
});

test("the pictures have pixels and masks have colours", async () => {
  const page = await open(url);
  await stage(page.view).scrollIntoViewIfNeeded();
  const picture = await stage(page.view).screenshot();
  await page.view.locator("select[data-side=left]").first().selectOption({ label: "image only" });
  const bare = await stage(page.view).screenshot();
  assert.ok(picture.length > 10_000 && !picture.equals(bare));
  await page.close();
});
