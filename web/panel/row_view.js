// One row of the panel: made once, then changed only where something changed.

import { h, link, setText } from "./dom.js";
import { duration, percent, size, speed } from "./format.js";
import { origin, pageIn, sureness } from "./rows.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./plan.js").Candidate} Candidate */
/** @typedef {import("./words.js").Say} Say */
/** @typedef {import("./words.js").Word} Word */

/**
 * @typedef {object} Deeds what a row can ask for
 * @property {(row: Row, action: import("./rows.js").Action) => void} act
 * @property {(row: Row, decided: import("./client.js").Decided) => void} decide
 * @property {(row: Row) => void} show jump to the node
 * @property {() => string[]} folders ComfyUI's model folders
 */

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
    this._body = h("div", { class: "modelget-row-body" });
    this.element = h("li", { class: "modelget-row", data: { item: row.id } }, this._body);
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
    const drawn = JSON.stringify([row.status, row.hint, row.actions, row.item, row.progress?.message, mayChange]);
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
    const say = this._say;
    const { item, best } = row;
    const held = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.deed : undefined;
    const hadFocus = this._body.contains(document.activeElement);
    this.element.dataset.status = row.status;
    this.element.dataset.phase = row.progress?.phase ?? "";
    this.element.classList.toggle("modelget-off", !item.active);
    this._body.replaceChildren(
      this._title(row),
      this._facts(row),
      h("div", { class: "modelget-marks" }, ...(best ? this._marks(best) : [])),
      this._moving,
      row.hint ? h("p", { class: "modelget-hint" }, row.hint) : "",
      row.progress?.phase === "failed" ? h("p", { class: "modelget-error", role: "alert" }, row.progress.message) : "",
      ...item.failures.map((failure) => h("p", { class: "modelget-hint" }, failure)),
      item.active ? "" : h("p", { class: "modelget-hint" }, say("switched_off")),
      mayChange ? this._decisions(row) : "",
      mayChange ? this._actions(row) : "",
    );
    if (hadFocus && held) {
      const again = this._body.querySelector(`[data-deed="${held}"]`);
      if (again instanceof HTMLElement) again.focus();
    }
  }

  /** @param {Row} row */
  _title(row) {
    const state = this._say(/** @type {Word} */ (`status_${row.status}`));
    const name = row.item.nodes.length
      ? h(
          "button",
          {
            class: "modelget-name",
            type: "button",
            title: this._say("show_node"),
            data: { deed: "show" },
            onclick: () => this._deeds.show(this._row),
          },
          row.title,
        )
      : h("span", { class: "modelget-name" }, row.title);
    return h("div", { class: "modelget-title" }, name, h("span", { class: "modelget-state" }, state));
  }

  /** @param {Row} row */
  _facts(row) {
    const { item, best } = row;
    const facts = [item.folder || "?", size(item.size ?? best?.size)];
    if (best && row.status !== "present") {
      facts.push(best.local ? this._say("linked", { name: best.local }) : origin(best));
    }
    return h("div", { class: "modelget-facts" }, ...facts.map((fact) => h("span", {}, fact)));
  }

  /** @param {Candidate} candidate */
  _marks(candidate) {
    if (this._row.status === "present") return [];
    const say = this._say;
    const barrier = candidate.barrier?.kind.replace("-", "_");
    const licence = candidate.licence || say("licence_unknown");
    const marks = [
      candidate.licenceLink ? link(candidate.licenceLink, licence) : h("span", {}, licence),
      h("span", { title: candidate.why }, say(sureness(candidate))),
    ];
    if (candidate.commercialUse === false) marks.push(mark("warn", say("non_commercial")));
    if (candidate.restrictions.includes("not for all audiences")) marks.push(mark("warn", say("nsfw")));
    if (candidate.gated) marks.push(mark("lock", `🔒 ${say("gated")}`));
    if (barrier && barrier !== "gated") marks.push(mark("lock", say(/** @type {Word} */ (barrier))));
    return marks;
  }

  /** @param {Row} row */
  _decisions(row) {
    const say = this._say;
    const decide = (/** @type {import("./client.js").Decided} */ decided) => this._deeds.decide(this._row, decided);
    if (row.progress || row.status === "present") return "";
    if (row.item.decision === "folder") return this._folderChoice(decide);
    if (row.item.decision === "pickle") {
      return h(
        "div",
        { class: "modelget-decision" },
        h("p", { class: "modelget-hint" }, say("pickle_warning")),
        button("consent", say("allow_pickle"), () => decide({ allow_pickle: true })),
      );
    }
    const others = row.item.decision === "candidate" ? row.item.candidates : row.item.candidates.slice(1);
    if (!others.length) return "";
    const list = h("ul", { class: "modelget-candidates" }, ...others.map((one) => this._choice(one, decide)));
    if (row.item.decision === "candidate") {
      return h("div", { class: "modelget-decision" }, h("p", {}, say("choose")), list);
    }
    return h("details", {}, h("summary", {}, `${say("other_candidates")} (${others.length})`), list);
  }

  /**
   * @param {Candidate} candidate
   * @param {(decided: import("./client.js").Decided) => void} decide
   */
  _choice(candidate, decide) {
    return h(
      "li",
      {},
      h("div", { class: "modelget-facts" }, h("span", {}, candidate.id), h("span", {}, size(candidate.size))),
      h("div", { class: "modelget-marks" }, ...this._marks(candidate)),
      candidate.barrier
        ? h("p", { class: "modelget-hint" }, `${candidate.barrier.message}. ${candidate.barrier.hint}`)
        : button(`use-${candidate.key}`, this._say("use_this"), () =>
            decide(candidate.isPickle ? { candidate: candidate.key, allow_pickle: true } : { candidate: candidate.key }),
          ),
      candidate.isPickle ? h("p", { class: "modelget-hint" }, this._say("pickle_warning")) : "",
    );
  }

  /** @param {(decided: import("./client.js").Decided) => void} decide */
  _folderChoice(decide) {
    const options = this._deeds.folders().map((name) => h("option", { value: name }, name));
    const choice = h("select", { "aria-label": this._say("choose_folder"), data: { deed: "folder" } }, ...options);
    const go = button("install", this._say("install"), () => decide({ folder: choice.value }));
    return h("div", { class: "modelget-decision" }, choice, go);
  }

  /** @param {Row} row */
  _actions(row) {
    const page = row.status === "denied" || row.progress?.phase === "failed" ? pageIn(row.hint) : "";
    const buttons = row.actions.map((action) =>
      button(action, this._say(action), () => this._deeds.act(this._row, action)),
    );
    if (!buttons.length && !page) return "";
    return h("div", { class: "modelget-actions" }, ...buttons, page ? link(page, this._say("open_page")) : "");
  }

  /** @param {Row} row */
  _move(row) {
    const progress = row.progress;
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
}

/**
 * @param {string} kind
 * @param {string} text
 */
function mark(kind, text) {
  return h("span", { class: `modelget-mark modelget-mark-${kind}` }, text);
}

/**
 * @param {string} deed
 * @param {string} text
 * @param {() => void} onclick
 */
export function button(deed, text, onclick) {
  return h("button", { type: "button", class: "modelget-button", data: { deed }, onclick }, text);
}
