// Pictures of a page for people: `node shoot.mjs PAGE.html OUT.png [WIDTH] [HEIGHT|full|print] [dark] [SELECTOR]`.

import { pathToFileURL } from "node:url";

import { open, quit } from "./harness.mjs";

const [file, out, width = "1200", height = "900", scheme = "light", selector] = process.argv.slice(2);
const page = await open(pathToFileURL(file).href, {
  width: Number(width),
  height: Number(height) || 900,
  dark: scheme === "dark",
});
if (height === "print") {
  await page.view.pdf({ path: out, format: "A4", margin: { top: "15mm", bottom: "15mm", left: "15mm", right: "15mm" } });
} else {
  const target = selector ? page.view.locator(selector).first() : page.view;
  await target.screenshot({ path: out, ...(selector ? {} : { fullPage: height === "full" }) });
}
await page.close();
await quit();
