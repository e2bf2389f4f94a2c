// What is shown of one candidate: where it is from, how sure it is, under which terms.

import { h, link } from "./dom.js";
import { breakable, mark } from "./parts.js";
import { origin, sureness } from "./rows.js";

/** @typedef {import("./plan.js").Candidate} Candidate */
/** @typedef {import("./words.js").Say} Say */

/** Limits that keep nobody from using a model. */
const MILD = new Set(["credit-required", "same-permissions"]);

/**
 * Say where it is from, or under which name it is here already.
 * @param {Candidate} candidate
 * @param {Say} say
 * @returns {HTMLElement[]}
 */
export function candidateFacts(candidate, say) {
  const text = candidate.local ? say("linked", { name: candidate.local }) : origin(candidate);
  return [h("span", { class: "modelget-origin", title: candidate.id }, ...breakable(text))];
}

/**
 * Say who names it, and what a person should know before it is fetched.
 * @param {Candidate} candidate
 * @param {Say} say
 * @returns {HTMLElement[]}
 */
export function candidateNotes(candidate, say) {
  const named = candidate.namedBy ? [say("named_by", { who: candidate.namedBy })] : [];
  return [...named, ...candidate.notes].map((note) => h("p", { class: "modelget-hint" }, note));
}

/**
 * Say how sure it is, its licence, and what stands between.
 * @param {Candidate} candidate
 * @param {Say} say
 */
export function candidateMarks(candidate, say) {
  const licence = candidate.licence || say("licence_unknown");
  return h(
    "div",
    { class: "modelget-marks" },
    mark("plain", say(sureness(candidate)), { title: candidate.why }),
    candidate.licenceLink
      ? h("span", { class: "modelget-mark modelget-mark-plain" }, link(candidate.licenceLink, licence))
      : mark("plain", licence),
    ...warnings(candidate, say),
  );
}

/**
 * @param {Candidate} candidate
 * @param {Say} say
 * @returns {(HTMLElement | string)[]}
 */
function warnings(candidate, say) {
  const barrier = candidate.barrier?.kind ?? "";
  const limits = new Set(candidate.restrictions);
  if (candidate.commercialUse === false && !limits.has("research-only")) limits.add("non-commercial");
  return [
    (barrier ? barrier === "gated" : candidate.gated) ? mark("warn", say("gated"), { icon: "lock" }) : "",
    barrier && barrier !== "gated" ? mark("warn", say(word(barrier)), { icon: "lock" }) : "",
    candidate.isPickle ? mark("warn", say("pickle"), { icon: "exclamation-triangle" }) : "",
    ...[...limits].map((limit) => mark(MILD.has(limit) ? "plain" : "warn", say(word(limit)))),
  ];
}

/**
 * @param {string} kind as the server calls it: `not-for-all-audiences`
 * @returns {import("./words.js").Word}
 */
function word(kind) {
  return /** @type {import("./words.js").Word} */ (kind.replaceAll("-", "_"));
}
