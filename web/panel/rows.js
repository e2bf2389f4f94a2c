// A plan and its progress → what each row of the panel shows. Nothing here knows the page.

/** @typedef {import("./plan.js").Plan} Plan */
/** @typedef {import("./plan.js").Item} Item */
/** @typedef {import("./plan.js").Candidate} Candidate */
/** @typedef {import("./plan.js").Progress} Progress */
/** @typedef {import("./plan.js").Status} Status */
/** @typedef {import("./words.js").Word} Word */
/** @typedef {"install" | "pause" | "resume" | "cancel" | "retry"} Action */

/**
 * @typedef {object} Row
 * @property {string} id
 * @property {string} title file name as the workflow writes it
 * @property {Item} item
 * @property {Status} status what is planned; "present" as soon as it arrived
 * @property {Progress | null} progress while it is being installed, and after that went wrong
 * @property {Candidate | null} best
 * @property {string} hint what to do next, empty where a decision is asked for
 * @property {Action[]} actions what can be done now
 */

/**
 * @typedef {object} Totals
 * @property {number} missing active models that are not here
 * @property {number} bytes of those that can be fetched, as far as sizes are known
 * @property {number} unknown how many of those have no known size
 * @property {number} undecided active models that need a person
 * @property {number} installable active models that can be fetched at once
 * @property {number} looking models about which places are being asked
 * @property {number} here
 * @property {number} running
 * @property {number} paused
 * @property {number} done bytes that are here of what is being installed
 * @property {number} total
 * @property {number} speed bytes per second, all together
 */

const RUNNING = new Set(["waiting", "fetching", "verifying", "placing"]);

/**
 * Tell whether a file is on its way, so that its state will change by itself.
 * @param {string} phase
 */
export function isMoving(phase) {
  return RUNNING.has(phase);
}

/**
 * List the rows: what went wrong or needs a person first, then what can be fetched, then what is here.
 * @param {Plan | null} plan
 * @param {ReadonlyMap<string, Progress>} progress by file
 * @returns {Row[]}
 */
export function rowsOf(plan, progress) {
  const rows = (plan?.items ?? []).map((item) => rowOf(item, progress.get(item.file) ?? null));
  return rows.sort((a, b) => rank(a) - rank(b)); // the sort is stable: the workflow's own order stays
}

/**
 * @param {Item} item
 * @param {Progress | null} progress
 * @returns {Row}
 */
export function rowOf(item, progress) {
  const isOver = !progress || progress.phase === "present";
  const status = progress?.phase === "present" ? "present" : item.status;
  const best = item.candidates[0] ?? null;
  return {
    id: item.id,
    title: item.name || best?.name || best?.id || "?",
    item,
    status,
    progress: isOver || status === "present" ? null : progress,
    best,
    hint: progress?.phase === "failed" ? withoutOptions(progress.hint) : item.decision ? "" : withoutOptions(item.hint),
    actions: status === "present" ? [] : actionsOf(item, progress),
  };
}

/**
 * Leave out the sentences that are about the command line's options: the row has buttons for them.
 * @param {string} hint
 */
function withoutOptions(hint) {
  return hint
    .split(/(?<=[.!]) +/)
    .filter((sentence) => !/(^|[\s`(])--[a-z]/.test(sentence))
    .join(" ");
}

/**
 * @param {Item} item
 * @param {Progress | null} progress
 * @returns {Action[]}
 */
function actionsOf(item, progress) {
  if (progress && RUNNING.has(progress.phase)) return ["pause", "cancel"];
  if (progress?.phase === "paused") return ["resume", "cancel"];
  if (progress?.phase === "failed" || progress?.phase === "stopped") return ["retry"];
  return item.status === "fetch" ? ["install"] : [];
}

/** @param {Row} row */
function rank(row) {
  if (row.status === "present") return 4;
  if (!row.item.active) return 3;
  if (row.progress?.phase === "failed") return 0;
  return row.status === "fetch" ? 2 : 1;
}

/**
 * Add the rows up.
 * @param {Row[]} rows
 * @returns {Totals}
 */
export function totalsOf(rows) {
  const totals = { missing: 0, bytes: 0, unknown: 0, undecided: 0, installable: 0, looking: 0, here: 0 };
  const moving = { running: 0, paused: 0, done: 0, total: 0, speed: 0 };
  for (const row of rows) {
    if (row.status === "present") {
      totals.here += 1;
      continue;
    }
    addMoving(moving, row);
    if (!row.item.active) continue;
    totals.missing += 1;
    if (row.status === "looking") totals.looking += 1;
    else if (row.status === "fetch") addFetch(totals, row);
    else totals.undecided += 1;
  }
  return { ...totals, ...moving };
}

/**
 * @param {{bytes: number, unknown: number, installable: number}} totals
 * @param {Row} row
 */
function addFetch(totals, row) {
  const left = row.best?.local ? 0 : row.best?.size ?? null;
  if (left === null) totals.unknown += 1;
  else totals.bytes += Math.max(0, left - (row.progress?.done ?? 0));
  totals.installable += Number(row.actions.includes("install") || row.actions.includes("retry"));
}

/**
 * @param {{running: number, paused: number, done: number, total: number, speed: number}} moving
 * @param {Row} row
 */
function addMoving(moving, row) {
  const progress = row.progress;
  if (!progress || !(RUNNING.has(progress.phase) || progress.phase === "paused")) return;
  moving[progress.phase === "paused" ? "paused" : "running"] += 1;
  moving.done += progress.phase === "fetching" || progress.phase === "paused" ? progress.done : 0;
  moving.total += Math.max(progress.total ?? row.best?.size ?? 0, progress.done);
  moving.speed += progress.phase === "fetching" ? progress.speed : 0;
  if (progress.phase === "verifying" || progress.phase === "placing") moving.done += progress.total ?? 0;
}

/**
 * Say how sure it is that a candidate is the wanted file.
 * @param {Candidate} candidate
 * @returns {Word}
 */
export function sureness(candidate) {
  if (candidate.sha256 || candidate.evidence === "SAME_DIGEST") return "sure_digest";
  /** @type {Record<string, Word>} */
  const words = { DECLARED_URL: "sure_declared", TRUSTED_NAME: "sure_trusted", SAME_NAME: "sure_name" };
  return words[candidate.evidence] ?? "sure_similar";
}

/**
 * Say where a candidate comes from in few words: `owner/repo@12345678`, its title and author, or its id.
 * @param {Candidate} candidate
 */
export function origin(candidate) {
  const found = /^(?:hf|modelscope):([^/]+\/[^/@]+)[^@]*(?:@(.+))?$/.exec(candidate.id);
  if (found) return found[1] + (found[2] ? `@${found[2].slice(0, 8)}` : "");
  return candidate.title || candidate.id;
}

/**
 * List the raw links of what is missing, each once.
 * @param {Row[]} rows
 * @returns {string[]}
 */
export function linksOf(rows) {
  const links = rows.filter((row) => row.status !== "present").map((row) => row.best?.url ?? "");
  return [...new Set(links.filter((url) => /^https?:\/\//.test(url)))];
}

/**
 * Find the first web address in a sentence, such as the page where terms are accepted.
 * @param {string} sentence
 * @returns {string} empty when there is none
 */
export function pageIn(sentence) {
  return (/https?:\/\/[^\s)"'<>]+/.exec(sentence)?.[0] ?? "").replace(/[.,;:]+$/, "");
}
