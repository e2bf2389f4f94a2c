import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, Refusal } from "../../web/panel/client.js";
import { item, plan } from "./made.js";

/** A server that answers from a table and remembers what it was asked. */
function server(answers, token = () => "t1") {
  const asked = [];
  const fetch = async (route, options = {}) => {
    asked.push([options.method, route, options.headers?.["X-Modelget-Token"], options.body && JSON.parse(options.body)]);
    if (route === "/modelget/settings") return answer(200, { token: token(), may_change: true, credentials: {} });
    const given = answers[`${options.method} ${route}`];
    if (!given) throw new TypeError("Failed to fetch");
    const [status, body] = typeof given === "function" ? given(options) : given;
    return answer(status, body);
  };
  return { asked, client: new Client(fetch) };
}

const answer = (status, body) => ({
  ok: status < 400,
  status,
  json: async () => {
    if (body === undefined) throw new SyntaxError("no JSON");
    return body;
  },
});

test("every change carries the token that the settings gave", async () => {
  const { asked, client } = server({ "POST /modelget/plan": [200, plan([item("x")])] });
  const read = await client.plan({ nodes: [] }, { wait: 0 });
  assert.equal(read.items[0].id, "x");
  assert.deepEqual(asked, [
    ["GET", "/modelget/settings", undefined, undefined],
    ["POST", "/modelget/plan", "t1", { workflow: { nodes: [] }, wait: 0 }],
  ]);
});

test("after the server was started again, the new token is asked for once", async () => {
  let run = 1;
  const { asked, client } = server(
    {
      "POST /modelget/plans/p-1/rescan": ({ headers }) =>
        headers["X-Modelget-Token"] === `t${run}` ? [200, plan([])] : [403, { error: { kind: "Forbidden", message: "no" } }],
    },
    () => `t${run}`,
  );
  await client.settings();
  run = 2;
  assert.equal((await client.rescan("p-1")).id, "p-1");
  assert.equal(asked.length, 4);
});

test("a refusal is not repeated for ever", async () => {
  const { asked, client } = server({ "POST /modelget/plans/p-1/rescan": [403, { error: { message: "no" } }] });
  await assert.rejects(client.rescan("p-1"), Refusal);
  assert.equal(asked.length, 3);
});

test("what the server says is what a person reads", async () => {
  const error = { kind: "NotEnoughSpace", message: "3.2 GB are missing", hint: "Free some space." };
  const { client } = server({ "POST /modelget/plans/p-1/install": [409, { error }] });
  await assert.rejects(client.install("p-1", null), (refusal) => {
    assert.equal(refusal.words, "3.2 GB are missing. Free some space.");
    assert.equal(refusal.kind, "NotEnoughSpace");
    return true;
  });
});

test("an answer that is no JSON, and none at all, are refusals too", async () => {
  const { client } = server({ "GET /modelget/state": [502, undefined] });
  await assert.rejects(client.state(), (refusal) => refusal.status === 502);
  await assert.rejects(client.again("p-9"), (refusal) => refusal.status === 0 && refusal.kind === "Unreachable");
});

test("only ids and decisions are sent with an installation", async () => {
  const { asked, client } = server({ "POST /modelget/plans/p-1/install": [202, plan([])] });
  await client.install("p-1", "3", { candidate: "k", allow_pickle: true });
  await client.install("p-1", null, { candidate: "ignored without an item" });
  assert.deepEqual(asked.slice(1).map((one) => one[3]), [{ item: "3", candidate: "k", allow_pickle: true }, {}]);
});

test("ids from elsewhere cannot change the route", async () => {
  const { asked, client } = server({});
  await assert.rejects(client.again("../settings?x="));
  assert.equal(asked[0][1], "/modelget/plans/..%2Fsettings%3Fx%3D");
});
