import assert from "node:assert/strict";
import { test } from "node:test";

import { duration, percent, size, speed } from "../../web/panel/format.js";

test("sizes have three digits and a unit that people know", () => {
  const cases = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 kB"],
    [335304388, "335 MB"],
    [999_499_999, "999 MB"],
    [999_500_000, "1.00 GB"],
    [12_345_678_901, "12.3 GB"],
    [9_999_999_999_999_999, "10000 TB"],
  ];
  for (const [bytes, text] of cases) assert.equal(size(bytes), text);
});

test("a size that nobody knows is a question mark", () => {
  for (const unknown of [null, undefined, NaN, -1, Infinity]) assert.equal(size(unknown), "?");
});

test("no speed is shown while there is none", () => {
  assert.equal(speed(0), "");
  assert.equal(speed(52_000_000), "52.0 MB/s");
});

test("a time is rounded up to what is worth saying", () => {
  assert.equal(duration(0.2), "1 s");
  assert.equal(duration(200), "3 min 20 s");
  assert.equal(duration(7500), "2 h 5 min");
  for (const unknown of [null, undefined, NaN, -3, Infinity]) assert.equal(duration(unknown), "");
});

test("percent is never beyond its ends, and is 100 only when all is done", () => {
  assert.equal(percent(999, 1000), 99);
  assert.equal(percent(1000, 1000), 100);
  assert.equal(percent(2000, 1000), 100);
  assert.equal(percent(1, null), null);
  assert.equal(percent(0, 0), null);
});
