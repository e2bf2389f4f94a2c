import assert from "node:assert/strict";
import { test } from "node:test";

import { Store } from "../../web/panel/store.js";
import { file, item, moved, planned } from "./made.js";

test("rows follow the plan and the progress of its files", () => {
  const store = new Store();
  store.planned(planned([item("x")]));
  store.moved(moved(1, [file("x", "fetching", { done: 10 })]));
  assert.equal(store.view.rows[0].progress.done, 10);
  store.moved(moved(2, [file("x", "present")], { since: 1 }));
  assert.equal(store.view.rows[0].status, "present");
});

test("an event after a gap is not taken: the whole state must be asked for", () => {
  const store = new Store();
  store.moved(moved(1, []));
  assert.equal(store.moved(moved(9, [file("x", "present")], { since: 5 })), false);
  assert.equal(store.moved(moved(9, [file("x", "present")], { since: 1 })), true);
});

test("an event that was overtaken on the way changes nothing", () => {
  const store = new Store();
  store.planned(planned([item("x")]));
  store.moved(moved(5, [file("x", "present")]));
  assert.equal(store.moved(moved(4, [file("x", "fetching")], { since: 3 })), true);
  assert.equal(store.view.rows[0].status, "present");
});

test("a server that was started again begins anew", () => {
  const store = new Store();
  store.planned(planned([item("x")]));
  store.moved(moved(50, [file("x", "fetching")]));
  assert.equal(store.moved(moved(2, [], { run: "r-2", since: 1 })), false);
  assert.equal(store.moved(moved(2, [], { run: "r-2" })), true);
  assert.equal(store.view.rows[0].progress, null);
});

test("it is busy while something moves, and not while all is paused or over", () => {
  const store = new Store();
  for (const [phase, busy] of [["fetching", true], ["verifying", true], ["paused", false], ["present", false]]) {
    store.moved(moved(1, [file("x", phase)]));
    assert.equal(store.isBusy, busy);
  }
});

test("listeners are told of every change until they stop", () => {
  const store = new Store();
  const seen = [];
  const stop = store.listen((view) => seen.push([view.isLooking, view.trouble, view.rows.length]));
  store.look();
  store.planned(planned([item("x")], { complete: false }));
  store.failed("down");
  stop();
  store.look();
  assert.deepEqual(seen, [[true, "", 0], [true, "", 1], [true, "down", 1]]);
});
