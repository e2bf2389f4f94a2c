import assert from "node:assert/strict";
import { test } from "node:test";

import { linksOf, origin, pageIn, rowsOf, sureness, totalsOf } from "../../web/panel/rows.js";
import { candidate, file, item, moved, planned } from "./made.js";

const progress = (...files) => new Map(moved(1, files).files.map((one) => [one.file, one]));
const NOTHING = new Map();

test("what needs a person stands first, then what can be fetched, switched off, here", () => {
  const rows = rowsOf(
    planned([
      item("here", { status: "present" }),
      item("off", { active: false }),
      item("fetch"),
      item("choose", { status: "choose" }),
      item("denied", { status: "denied" }),
      item("broken"),
    ]),
    progress(file("broken", "failed")),
  );
  assert.deepEqual(rows.map((row) => row.id), ["broken", "choose", "denied", "fetch", "off", "here"]);
});

test("rows of equal need keep the workflow's order", () => {
  const rows = rowsOf(planned(["c", "a", "b"].map((id) => item(id))), NOTHING);
  assert.deepEqual(rows.map((row) => row.id), ["c", "a", "b"]);
});

test("what can be done depends on how far a file is", () => {
  const actions = (phase) => rowsOf(planned([item("x")]), progress(file("x", phase)))[0].actions;
  assert.deepEqual(rowsOf(planned([item("x")]), NOTHING)[0].actions, ["install"]);
  for (const phase of ["waiting", "fetching", "verifying", "placing"]) {
    assert.deepEqual(actions(phase), ["pause", "cancel"]);
  }
  assert.deepEqual(actions("paused"), ["resume", "cancel"]);
  assert.deepEqual(actions("failed"), ["retry"]);
  assert.deepEqual(actions("stopped"), ["retry"]);
  assert.deepEqual(actions("present"), []);
});

test("a file that arrived is here, whatever the plan said before", () => {
  const [row] = rowsOf(planned([item("x")]), progress(file("x", "present")));
  assert.equal(row.status, "present");
  assert.equal(row.progress, null);
});

test("what a person must decide cannot just be installed", () => {
  for (const status of ["choose", "denied", "unresolved", "looking"]) {
    assert.deepEqual(rowsOf(planned([item("x", { status })]), NOTHING)[0].actions, []);
  }
});

test("a failed file says what to do next, not what the plan said", () => {
  const [row] = rowsOf(planned([item("x", { hint: "old" })]), progress(file("x", "failed", { hint: "new" })));
  assert.equal(row.hint, "new");
});

test("a model without a name is called as its candidate is", () => {
  const [named] = rowsOf(planned([item("x", { name: "" })]), NOTHING);
  const [unknown] = rowsOf(planned([item("x", { name: "", candidates: [] })]), NOTHING);
  assert.equal(named.title, "ae.safetensors");
  assert.equal(unknown.title, "?");
});

test("totals count what is missing, what can be fetched, and what nobody knows the size of", () => {
  const totals = totalsOf(
    rowsOf(
      planned([
        item("a"),
        item("b", { candidates: [candidate({ size: null })] }),
        item("c", { candidates: [candidate({ local: "other.safetensors" })] }),
        item("d", { status: "choose" }),
        item("e", { status: "present" }),
        item("f", { active: false }),
        item("g", { status: "looking" }),
      ]),
      NOTHING,
    ),
  );
  assert.equal(totals.missing, 5);
  assert.equal(totals.bytes, 1000);
  assert.equal(totals.unknown, 1);
  assert.equal(totals.undecided, 1);
  assert.equal(totals.installable, 3);
  assert.equal(totals.looking, 1);
  assert.equal(totals.here, 1);
});

test("what is on its way is added up, and what came of it is no longer to fetch", () => {
  const totals = totalsOf(
    rowsOf(
      planned(["a", "b", "c"].map((id) => item(id))),
      progress(
        file("a", "fetching", { done: 400, speed: 50 }),
        file("b", "verifying", { done: 10 }),
        file("c", "paused", { done: 100 }),
      ),
    ),
  );
  assert.deepEqual([totals.running, totals.paused], [2, 1]);
  assert.deepEqual([totals.done, totals.total, totals.speed], [1500, 3000, 50]);
  assert.equal(totals.installable, 0);
});

test("links are those of what is missing, each once, and only of the web", () => {
  const rows = rowsOf(
    planned([
      item("a"),
      item("b"),
      item("c", { status: "present", candidates: [candidate({ url: "https://example.org/here" })] }),
      item("d", { candidates: [candidate({ url: "javascript:alert(1)" })] }),
      item("e", { candidates: [] }),
    ]),
    NOTHING,
  );
  assert.deepEqual(linksOf(rows), [candidate().url]);
});

test("an origin names repository and revision, or the id", () => {
  const of = (id) => origin(planned([item("x", { candidates: [candidate({ id })] })]).items[0].candidates[0]);
  assert.equal(of(candidate().id), "owner/repo@01234567");
  assert.equal(of("modelscope:o/r/f.safetensors"), "o/r");
  assert.equal(of("civitai:1+2"), "civitai:1+2");
  const titled = candidate({ id: "civitai:1+2", title: "Dream 8, by Lykon" });
  assert.equal(origin(planned([item("x", { candidates: [titled] })]).items[0].candidates[0]), "Dream 8, by Lykon");
});

test("how sure it is follows the evidence, and a known sha256", () => {
  const of = (more) => sureness(planned([item("x", { candidates: [candidate(more)] })]).items[0].candidates[0]);
  assert.equal(of({}), "sure_digest");
  const unknown = { sha256: null };
  assert.equal(of({ ...unknown, evidence: "SAME_DIGEST" }), "sure_digest");
  assert.equal(of({ ...unknown, evidence: "DECLARED_URL" }), "sure_declared");
  assert.equal(of({ ...unknown, evidence: "TRUSTED_NAME" }), "sure_trusted");
  assert.equal(of({ ...unknown, evidence: "SAME_NAME" }), "sure_name");
  assert.equal(of({ ...unknown, evidence: "anything" }), "sure_similar");
});

test("the page to open is found in a sentence, without the sentence's punctuation", () => {
  assert.equal(pageIn("Accept its terms at https://huggingface.co/o/r, then try again."), "https://huggingface.co/o/r");
  assert.equal(pageIn("Find it elsewhere."), "");
  assert.equal(pageIn("javascript:alert(1)"), "");
});

test("what a hint says about the command line is left out, and all of it where a decision is asked for", () => {
  const hint = "Nobody has it. Pass --choose x=ID (a link). Look at https://example.org/a--b too.";
  const of = (more) => rowsOf(planned([item("x", more)]), NOTHING)[0].hint;
  assert.equal(of({ hint }), "Nobody has it. Look at https://example.org/a--b too.");
  assert.equal(of({ hint, status: "choose", decision: "candidate" }), "");
});
