import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const WEB = new URL("../../web/", import.meta.url);
const files = readdirSync(WEB, { recursive: true, withFileTypes: true }).filter(({ name }) =>
  /\.(js|css)$/.test(name),
);
const texts = new Map(files.map(({ name, parentPath, path }) => [name, readFileSync(`${parentPath ?? path}/${name}`)]));

test("the whole panel is at most 150 kB", () => {
  const bytes = [...texts.values()].reduce((sum, text) => sum + text.length, 0);
  assert.ok(bytes <= 150_000, `${bytes} bytes`);
});

test("nothing is made from markup or code in a text", () => {
  const forbidden = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc|v-html|setHTML/;
  for (const [name, text] of texts) assert.doesNotMatch(text.toString(), forbidden, name);
});

test("only index.js touches the page while it is imported", async () => {
  // ComfyUI imports every script below web/; here there is no page, so that one which needs it at once would throw.
  for (const { name, parentPath, path } of files) {
    if (name.endsWith(".js") && name !== "index.js") await import(`file://${parentPath ?? path}/${name}`);
  }
  assert.equal(typeof globalThis.document, "undefined");
});
