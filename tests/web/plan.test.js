import assert from "node:assert/strict";
import { test } from "node:test";

import { readPlan, readState } from "../../web/panel/plan.js";
import { candidate, item, plan } from "./made.js";

test("a plan is read with all that is shown of it", () => {
  const read = readPlan(plan([item("x", { hint: "h", failures: [{ source: "civitai", message: "down" }] })]));
  assert.equal(read.id, "p-1");
  assert.equal(read.freeBytes, 10_000);
  const [x] = read.items;
  assert.deepEqual([x.id, x.name, x.folder, x.file], ["x", "x.safetensors", "vae", "vae/x.safetensors"]);
  assert.deepEqual(x.failures, ["civitai: down"]);
  assert.equal(x.candidates[0].sha256, candidate().sha256);
});

test("whatever is missing or of another kind does no harm", () => {
  const hostile = [null, undefined, 7, "x", [], {}, { requirements: "no list" }, { requirements: [null, 7, []] }];
  for (const raw of hostile) {
    for (const one of readPlan(raw).items) assert.equal(typeof one.name, "string");
    assert.ok(Array.isArray(readState(raw).files));
  }
  const [x] = readPlan(plan([item("x", { name: { toString: "no" }, size: "big", wanted_by: {}, candidates: [null] })])).items;
  assert.equal(x.name, "");
  assert.equal(x.size, null);
  assert.deepEqual(x.nodes, []);
  assert.equal(x.candidates[0].gated, false);
});

test("numbers that are none are not known", () => {
  const [progress] = readState({ files: [{ file: "a", phase: "fetching", done: -1, total: NaN, speed: "9" }] }).files;
  assert.deepEqual([progress.done, progress.total, progress.speed], [0, null, 0]);
});
