import assert from "node:assert/strict";
import { test } from "node:test";

import { RunGuard } from "../../web/panel/run_guard.js";
import { Store } from "../../web/panel/store.js";
import { file, item, moved, planned } from "./made.js";

function made({ items = [item("x")], answer = "cancel", autofetch = "ask", isOn = true, mayChange = true, arriving = "fetching" } = {}) {
  const store = new Store();
  const told = [];
  const panel = {
    store,
    glance: async () => store.planned(planned(items)),
    install: async () => {
      told.push("install");
      if (arriving) store.moved(moved(1, items.map(({ item: id }) => file(id, arriving))));
      return true;
    },
  };
  store.allowed({ mayChange, spareBytes: 0 });
  const ask = async () => {
    told.push("ask");
    return answer;
  };
  const owner = {
    autofetch: () => autofetch,
    isOn: () => isOn,
    onWait: () => told.push("wait"),
    onRun: () => told.push("run"),
    onGiveUp: (missing) => told.push(`gave up for ${missing}`),
  };
  return { store, told, guard: new RunGuard(panel, ask, owner) };
}

const never = () => assert.fail("it must not run");

test("a workflow whose models are here runs at once, without a question", async () => {
  const { guard, told } = made({ items: [item("x", { status: "present" })] });
  assert.equal(await guard.allows(never), true);
  assert.deepEqual(told, []);
});

test("models of nodes that are switched off hold up nothing", async () => {
  const { guard } = made({ items: [item("x", { active: false })] });
  assert.equal(await guard.allows(never), true);
});

test("'run anyway' runs, 'cancel' does not", async () => {
  assert.equal(await made({ answer: "anyway" }).guard.allows(never), true);
  assert.equal(await made({ answer: "cancel" }).guard.allows(never), false);
});

test("'install and run' runs once, when the last model has come", async () => {
  const { guard, store, told } = made({ items: [item("x"), item("y")], answer: "install" });
  let runs = 0;
  assert.equal(await guard.allows(() => (runs += 1)), false);
  store.moved(moved(2, [file("x", "present"), file("y", "fetching")]));
  assert.equal(runs, 0);
  store.moved(moved(3, [file("x", "present"), file("y", "present")]));
  store.moved(moved(4, [file("x", "present"), file("y", "present")]));
  assert.equal(runs, 1);
  assert.deepEqual(told, ["ask", "wait", "install", "run"]);
});

test("nothing runs when another workflow was opened meanwhile", async () => {
  const { guard, store, told } = made({ answer: "install" });
  await guard.allows(never);
  store.planned(planned([item("z", { status: "present" })], { plan: "p-2" }));
  store.moved(moved(2, [file("x", "present")]));
  assert.deepEqual(told, ["ask", "wait", "install", "gave up for 0"]);
});

test("it gives up when nothing is on its way any more and something is missing", async () => {
  const { guard, store, told } = made({ items: [item("x"), item("y")], answer: "install" });
  await guard.allows(never);
  store.moved(moved(2, [file("x", "present"), file("y", "failed")]));
  store.moved(moved(3, [file("x", "present"), file("y", "present")]));
  assert.deepEqual(told, ["ask", "wait", "install", "gave up for 1"]);
  const failing = made({ answer: "install", arriving: "failed" });
  await failing.guard.allows(never);
  assert.deepEqual(failing.told, ["ask", "wait", "install", "gave up for 1"]);
});

test("a pause is waited for", async () => {
  const { guard, store, told } = made({ answer: "install" });
  await guard.allows(() => told.push("queued"));
  store.moved(moved(2, [file("x", "paused")]));
  store.moved(moved(3, [file("x", "present")]));
  assert.deepEqual(told, ["ask", "wait", "install", "run", "queued"]);
});

test("with autofetch on, what is sure is fetched without a question", async () => {
  const { guard, told } = made({ autofetch: "auto" });
  assert.equal(await guard.allows(never), false);
  assert.deepEqual(told, ["wait", "install"]);
});

test("with autofetch on, a person is asked what no rule may decide", async () => {
  const { guard, told } = made({ autofetch: "auto", items: [item("x", { status: "choose" })] });
  await guard.allows(never);
  assert.deepEqual(told, ["ask"]);
});

test("nothing is asked when the owner or the user does not want it, or may not change anything", async () => {
  for (const off of [{ autofetch: "off" }, { isOn: false }, { mayChange: false }]) {
    const { guard, told } = made(off);
    assert.equal(await guard.allows(never), true);
    assert.deepEqual(told, []);
  }
});

test("when the models cannot be looked up, the run is not held up", async () => {
  const { guard, store } = made();
  guard._panel.glance = async () => store.failed("down");
  assert.equal(await guard.allows(never), true);
});

test("a server that does not answer holds no run up for long", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { guard, told } = made();
  guard._panel.glance = () => new Promise(() => {});
  const allowed = guard.allows(never);
  context.mock.timers.tick(5000);
  assert.equal(await allowed, true);
  assert.deepEqual(told, []);
});
