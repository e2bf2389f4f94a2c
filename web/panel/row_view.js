// One row of the panel: made once, then changed only where something changed.

import { candidateFacts, candidateMarks, candidateNotes } from "./candidate_view.js";
import { decisionOf, quarantineChoice } from "./decision_view.js";
import { h, link, setText } from "./dom.js";
import { duration, percent, size, speed } from "./format.js";
import { breakable, button, icon, iconButton } from "./parts.js";
import { pageIn } from "./rows.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./words.js").Say} Say */
/** @typedef {import("./words.js").Word} Word */

/**
 * @typedef {object} Deeds what a row can ask for
 * @property {(row: Row, action: import("./rows.js").Action) => void} act
 * @property {(row: Row, decided: import("./client.js").Decided) => void} decide
 * @property {(row: Row) => void} show jump to the node
 * @property {() => string[]} folders ComfyUI's model folders
 * @property {() => void} access show where tokens are set
 */

/** @type {Record<string, string>} */
const STATUS_ICONS = {
  present: "check-circle",
  fetch: "cloud-download",
  choose: "question-circle",
  denied: "lock",
  unresolved: "exclamation-circle",
  looking: "spinner pi-spin",
  failed: "times-circle",
};
const ACTION_ICONS = { install: "download", pause: "pause", resume: "play", cancel: "times", retry: "replay" };

export class RowView {
  /**
   * @param {Row} row
   * @param {Say} say
   * @param {Deeds} deeds
   */
  constructor(row, say, deeds) {
    this._say = say;
    this._deeds = deeds;
    this._row = row;
    this._drawn = "";
    this._mayChange = true;
    this._bar = h("progress", { class: "modelget-bar", max: "100", "aria-label": row.title });
    this._phase = h("span", { class: "modelget-phase" });
    this._moving = h("div", { class: "modelget-moving" }, this._bar, this._phase);
    this.element = h("li", { class: "modelget-row", data: { item: row.id }, onclick: (/** @type {MouseEvent} */ event) => this._click(event) });
    this.update(row);
  }

  /**
   * Show the row as it is now.
   * @param {Row} row
   * @param {boolean} [mayChange]
   * @returns {boolean} whether anything changed
   */
  update(row, mayChange = true) {
    const { item, progress } = this._row;
    const isSame = item === row.item && progress === row.progress && this._mayChange === mayChange;
    this._row = row;
    this._mayChange = mayChange;
    if (isSame && this._drawn) return false;
    const drawn = JSON.stringify([row.status, row.hint, row.actions, row.item, row.progress?.message, row.progress?.quarantined, mayChange]);
    if (drawn !== this._drawn) {
      this._drawn = drawn;
      this._draw(row, mayChange);
    }
    this._move(row);
    return true;
  }

  /**
   * @param {Row} row
   * @param {boolean} mayChange
   */
  _draw(row, mayChange) {
    const { best, item } = row;
    const focused = document.activeElement;
    const held = focused instanceof HTMLElement && this.element.contains(focused) ? focused.dataset.deed : undefined;
    const isHere = row.status === "present";
    const decide = (/** @type {import("./client.js").Decided} */ decided) => this._deeds.decide(this._row, decided);
    this.element.dataset.status = row.progress?.phase === "failed" ? "failed" : row.status;
    this.element.classList.toggle("modelget-off", !item.active);
    this.element.classList.toggle("modelget-shown", item.nodes.length > 0);
    this.element.replaceChildren(
      this._head(row, mayChange),
      h("div", { class: "modelget-facts" }, ...this._facts(row)),
      isHere || !best ? "" : candidateMarks(best, this._say),
      this._moving,
      ...this._notes(row),
      mayChange && row.progress?.quarantined ? quarantineChoice(row.progress.quarantined, this._say, decide) : "",
      mayChange && !row.progress && !isHere ? decisionOf(item, this._say, decide, this._deeds.folders) : "",
    );
    if (held) keepFocus(this.element, held);
  }

  /**
   * @param {Row} row
   * @param {boolean} mayChange
   */
  _head(row, mayChange) {
    const status = this.element.dataset.status ?? row.status;
    const state = this._say(/** @type {Word} */ (status === "failed" ? "phase_failed" : `status_${row.status}`));
    const actions = mayChange ? row.actions : [];
    return h(
      "div",
      { class: "modelget-head" },
      h("span", { class: "modelget-status", role: "img", "aria-label": state, title: state }, icon(STATUS_ICONS[status] ?? "circle")),
      this._name(row),
      ...actions.map((action) =>
        iconButton(action, ACTION_ICONS[action], `${this._say(action)}: ${row.title}`, () => this._deeds.act(this._row, action)),
      ),
    );
  }

  /** @param {Row} row */
  _name(row) {
    const text = breakable(row.title);
    if (!row.item.nodes.length) return h("span", { class: "modelget-name" }, ...text);
    const properties = { class: "modelget-name", type: "button", title: this._say("show_node"), data: { deed: "show" } };
    return h("button", { ...properties, onclick: () => this._deeds.show(this._row) }, ...text);
  }

  /** @param {Row} row */
  _facts({ item, best, status }) {
    const bytes = item.size ?? best?.size ?? null;
    const facts = [h("span", {}, item.folder || this._say("folder_unknown"))];
    if (bytes !== null) facts.push(h("span", {}, size(bytes)));
    return best && status !== "present" ? [...facts, ...candidateFacts(best, this._say)] : facts;
  }

  /** @param {Row} row */
  _notes({ best, item, hint, progress, status }) {
    const failed = progress?.phase === "failed";
    const page = status === "denied" || failed ? pageIn(hint) : "";
    return [
      ...(best && status !== "present" ? candidateNotes(best, this._say) : []),
      failed ? h("p", { class: "modelget-error", role: "alert" }, progress.message) : "",
      hint ? h("p", { class: "modelget-hint" }, hint) : "",
      status === "unresolved" ? h("p", { class: "modelget-hint" }, this._say("by_hand_into", { folder: item.folder || "…" })) : "",
      ...item.failures.map((failure) => h("p", { class: "modelget-hint" }, failure)),
      item.active ? "" : h("p", { class: "modelget-hint" }, this._say("switched_off")),
      this._nextSteps(page, this._mayChange && status === "denied" && /^(gated|login)$/.test(best?.barrier?.kind ?? "")),
    ];
  }

  /**
   * @param {string} page the page to open, if there is one
   * @param {boolean} needsToken
   */
  _nextSteps(page, needsToken) {
    if (!page && !needsToken) return "";
    return h(
      "div",
      { class: "modelget-actions" },
      page ? link(page, this._say("open_page")) : "",
      needsToken ? button("set-token", this._say("set_token"), () => this._deeds.access()) : "",
    );
  }

  /** @param {Row} row */
  _move({ progress }) {
    this._moving.hidden = !progress || progress.phase === "failed";
    if (!progress) return;
    const done = percent(progress.done, progress.total);
    if (done === null) this._bar.removeAttribute("value");
    else this._bar.value = done;
    const left = duration(progress.secondsLeft);
    const parts = [
      this._say(/** @type {Word} */ (`phase_${progress.phase}`)),
      done === null ? size(progress.done) : `${done}%`,
      speed(progress.speed),
      left && this._say("left", { time: left }),
    ];
    setText(this._phase, parts.filter(Boolean).join(" · "));
  }

  /**
   * A click beside the buttons leads to the node as well.
   * @param {MouseEvent} event
   */
  _click(event) {
    const isOurs = event.target instanceof Element && event.target.closest("button, a, select, summary, label");
    const isSelecting = !document.getSelection()?.isCollapsed;
    if (!isOurs && !isSelecting && this._row.item.nodes.length) this._deeds.show(this._row);
  }
}

/**
 * Give the focus back to the button that had it, or to the next one where that is gone.
 * @param {HTMLElement} element
 * @param {string} deed
 */
function keepFocus(element, deed) {
  const again = element.querySelector(`[data-deed="${CSS.escape(deed)}"]`) ?? element.querySelector("button");
  if (again instanceof HTMLElement) again.focus();
}
