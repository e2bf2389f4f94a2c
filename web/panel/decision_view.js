// What a person must still say about a model: which file is meant, into which folder, whether its format is trusted.

import { candidateFacts, candidateMarks, candidateNotes } from "./candidate_view.js";
import { h } from "./dom.js";
import { size } from "./format.js";
import { button } from "./parts.js";

/** @typedef {import("./client.js").Decided} Decided */
/** @typedef {import("./plan.js").Candidate} Candidate */
/** @typedef {import("./plan.js").Item} Item */
/** @typedef {import("./words.js").Say} Say */

/**
 * Ask what is still open about an item, or offer its other candidates; nothing where there is nothing to choose.
 * @param {Item} item
 * @param {Say} say
 * @param {(decided: Decided) => void} decide
 * @param {() => string[]} folders ComfyUI's model folders
 * @returns {HTMLElement | ""}
 */
export function decisionOf(item, say, decide, folders) {
  if (item.decision === "folder") return folderChoice(say, decide, folders());
  if (item.decision === "pickle") {
    return consent(say("pickle_warning"), say("allow_pickle"), () => decide({ allow_pickle: true }));
  }
  if (item.decision === "licence") {
    return consent(say("licence_warning"), say("accept_licence"), () => decide({ accept_licence: true }));
  }
  const others = item.decision === "candidate" ? item.candidates : item.candidates.slice(1);
  if (!others.length) return "";
  const choices = others.map((one) => choice(one, say, decide));
  const list = h("ul", { class: "modelget-candidates" }, ...choices);
  return item.decision === "candidate"
    ? h("div", { class: "modelget-decision" }, h("p", { class: "modelget-hint" }, say("choose")), list)
    : h("details", {}, h("summary", {}, `${say("other_candidates")} (${others.length})`), list);
}

/**
 * Ask whether bytes that their place does not publish are taken all the same.
 * @param {{digest: string, agreement: string}} quarantined
 * @param {Say} say
 * @param {(decided: Decided) => void} decide
 */
export function quarantineChoice({ digest, agreement }, say, decide) {
  return consent(say("quarantine_warning", { agreement }), say("accept_digest"), () => decide({ accept_digest: digest }));
}

/**
 * @param {Say} say
 * @param {(decided: Decided) => void} decide
 * @param {string[]} folders
 */
function folderChoice(say, decide, folders) {
  const options = folders.map((name) => h("option", { value: name }, name));
  const select = h("select", { "aria-label": say("choose_folder"), data: { deed: "folder" } }, ...options);
  const install = button("install-there", say("install"), () => decide({ folder: select.value }));
  return h("div", { class: "modelget-decision modelget-actions" }, select, install);
}

/**
 * @param {string} warning
 * @param {string} word what a person says by pressing it
 * @param {() => void} accept
 */
function consent(warning, word, accept) {
  return h("div", { class: "modelget-decision" }, h("p", { class: "modelget-hint" }, warning), button("consent", word, accept));
}

/**
 * @param {Candidate} candidate
 * @param {Say} say
 * @param {(decided: Decided) => void} decide
 */
function choice(candidate, say, decide) {
  const { barrier, isPickle, key } = candidate;
  const decided = isPickle ? { candidate: key, allow_pickle: true } : { candidate: key };
  return h(
    "li",
    {},
    h("div", { class: "modelget-facts" }, ...candidateFacts(candidate, say), h("span", {}, size(candidate.size))),
    candidateMarks(candidate, say),
    ...candidateNotes(candidate, say),
    isPickle ? h("p", { class: "modelget-hint" }, say("pickle_warning")) : "",
    barrier
      ? h("p", { class: "modelget-hint" }, [barrier.message, barrier.hint].filter(Boolean).join(". "))
      : button(`use-${key}`, say("use_this"), () => decide(decided)),
  );
}
