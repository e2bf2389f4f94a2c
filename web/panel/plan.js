// What the server sends (docs/routes.md) → what the panel works with. Raw answers go no further than this file.

/** @typedef {"present" | "fetch" | "choose" | "denied" | "unresolved" | "looking"} Status */
/** @typedef {"candidate" | "folder" | "pickle" | "licence"} Decision */

/**
 * @typedef {object} Barrier
 * @property {string} kind
 * @property {string} message
 * @property {string} hint
 */

/**
 * @typedef {object} Candidate one downloadable file
 * @property {string} key stands for it when it is chosen
 * @property {string} source
 * @property {string} id
 * @property {string} url
 * @property {string} name
 * @property {number | null} size bytes
 * @property {string} sha256 empty when nobody publishes it
 * @property {string} evidence
 * @property {string} why the evidence in words
 * @property {string} licence
 * @property {string} licenceLink
 * @property {boolean | null} commercialUse
 * @property {string[]} restrictions
 * @property {boolean} gated
 * @property {boolean} isPickle
 * @property {string} local name of a file here with the same bytes, empty when there is none
 * @property {string} title model, version and author, where the id does not say them
 * @property {string} namedBy who says that the wanted name is this file, where the workflow does not
 * @property {string[]} notes what a person should know before it is fetched
 * @property {Barrier | null} barrier
 */

/**
 * @typedef {object} Item one model that the workflow needs
 * @property {string} id
 * @property {string} name
 * @property {string} folder empty when nobody knows it
 * @property {string[]} nodes execution ids of the nodes that select it
 * @property {boolean} active
 * @property {Status} status
 * @property {string} file model folder and name, as progress calls it; empty while there is no place for it
 * @property {number | null} size
 * @property {Candidate[]} candidates
 * @property {string[]} failures places that could not answer, and why
 * @property {string} hint
 * @property {Decision | null} decision what a person must still say
 */

/**
 * @typedef {object} Plan
 * @property {string} id
 * @property {boolean} complete false while places are being asked
 * @property {Item[]} items
 * @property {number} freeBytes
 */

/**
 * @typedef {object} Progress the state of one file on its way
 * @property {string} file
 * @property {string} phase
 * @property {number} done bytes
 * @property {number | null} total
 * @property {number} speed bytes per second
 * @property {number | null} secondsLeft
 * @property {string} message
 * @property {string} hint
 * @property {{digest: string, agreement: string} | null} quarantined bytes that were kept aside for a person to judge
 */

/**
 * @typedef {object} State
 * @property {string} run another value means that the server was started again
 * @property {number} sequence only grows
 * @property {number} since what changed after this number is in `files`
 * @property {Progress[]} files
 */

/**
 * Read a plan.
 * @param {any} raw
 * @returns {Plan}
 */
export function readPlan(raw) {
  return {
    id: text(raw?.plan),
    complete: raw?.complete !== false,
    items: list(raw?.requirements).map(readItem),
    freeBytes: number(raw?.free_bytes) ?? 0,
  };
}

/**
 * Read a state.
 * @param {any} raw
 * @returns {State}
 */
export function readState(raw) {
  return {
    run: text(raw?.run),
    sequence: number(raw?.sequence) ?? 0,
    since: number(raw?.since) ?? 0,
    files: list(raw?.files).map((entry) => ({
      file: text(entry?.file),
      phase: text(entry?.phase),
      done: number(entry?.done) ?? 0,
      total: number(entry?.total),
      speed: number(entry?.speed) ?? 0,
      secondsLeft: number(entry?.seconds_left),
      message: text(entry?.message),
      hint: text(entry?.hint),
      quarantined: entry?.quarantined
        ? { digest: `sha256:${text(entry.quarantined.sha256)}`, agreement: text(entry.quarantined.agreement) }
        : null,
    })),
  };
}

/**
 * @param {any} raw
 * @returns {Item}
 */
function readItem(raw) {
  return {
    id: text(raw?.item),
    name: text(raw?.name),
    folder: text(raw?.folder),
    nodes: list(raw?.wanted_by).map(text),
    active: raw?.active !== false,
    status: /** @type {Status} */ (text(raw?.status)),
    file: text(raw?.file),
    size: number(raw?.size),
    candidates: list(raw?.candidates).map(readCandidate),
    failures: list(raw?.failures).map((failure) => `${text(failure?.source)}: ${text(failure?.message)}`),
    hint: text(raw?.hint),
    decision: raw?.decision ?? null,
  };
}

/**
 * @param {any} raw
 * @returns {Candidate}
 */
function readCandidate(raw) {
  return {
    key: text(raw?.key),
    source: text(raw?.source),
    id: text(raw?.id),
    url: text(raw?.url),
    name: text(raw?.name),
    size: number(raw?.size),
    sha256: text(raw?.sha256),
    evidence: text(raw?.evidence),
    why: text(raw?.why),
    licence: text(raw?.licence),
    licenceLink: text(raw?.licence_link),
    commercialUse: typeof raw?.commercial_use === "boolean" ? raw.commercial_use : null,
    restrictions: list(raw?.restrictions).map(text),
    gated: raw?.gated === true,
    isPickle: raw?.pickle === true,
    local: text(raw?.local),
    title: text(raw?.title),
    namedBy: text(raw?.named_by),
    notes: list(raw?.notes).map(text),
    barrier: raw?.barrier
      ? { kind: text(raw.barrier.kind), message: text(raw.barrier.message), hint: text(raw.barrier.hint) }
      : null,
  };
}

/**
 * @param {unknown} value
 * @returns {any[]}
 */
function list(value) {
  return Array.isArray(value) ? value : [];
}

/** @param {unknown} value */
function text(value) {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

/** @param {unknown} value */
function number(value) {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}
