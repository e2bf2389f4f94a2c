// The list of rows: kept by item, so that a row under a reader's eyes or fingers stays the same element.

import { h } from "./dom.js";
import { RowView } from "./row_view.js";

/** @typedef {import("./rows.js").Row} Row */

/** Rows are made a few at a time, so that the page goes on drawing in between: the first ones fill a screen. */
const AT_ONCE = 60;
const PER_FRAME = 40;

export class ListView {
  /**
   * @param {import("./words.js").Say} say
   * @param {import("./row_view.js").Deeds} deeds
   * @param {(then: () => void) => void} [nextFrame]
   */
  constructor(say, deeds, nextFrame = (then) => void requestAnimationFrame(then)) {
    this._say = say;
    this._deeds = deeds;
    this._nextFrame = nextFrame;
    /** @type {Map<string, RowView>} */
    this._views = new Map();
    /** @type {Row[]} */
    this._rows = [];
    this._mayChange = true;
    this._round = 0;
    this.element = h("ul", {
      class: "modelget-rows",
      "aria-label": say("tooltip"),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this._walk(event),
    });
  }

  /**
   * The arrow keys go from name to name.
   * @param {KeyboardEvent} event
   */
  _walk(event) {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!step || !(event.target instanceof HTMLElement) || event.target.dataset.deed !== "show") return;
    const names = [...this.element.querySelectorAll("[data-deed=show]")];
    const next = names[names.indexOf(event.target) + step];
    if (next instanceof HTMLElement) next.focus();
    event.preventDefault();
  }

  /**
   * Show these rows in this order.
   * @param {Row[]} rows
   * @param {boolean} mayChange
   */
  update(rows, mayChange) {
    this._rows = rows;
    this._mayChange = mayChange;
    const wanted = new Set(rows.map((row) => row.id));
    for (const [id, view] of this._views) {
      if (!wanted.has(id)) {
        view.element.remove();
        this._views.delete(id);
      }
    }
    this._round += 1;
    this._fill(0, AT_ONCE, this._round);
  }

  /** Forget all rows: another workflow has other ones, though it may number them alike. */
  clear() {
    this._round += 1;
    this._views.clear();
    this.element.replaceChildren();
  }

  /**
   * Go on from a row; what is as it was costs nothing and is not counted.
   * @param {number} from
   * @param {number} budget
   * @param {number} round
   */
  _fill(from, budget, round) {
    if (round !== this._round) return;
    let at = from;
    for (; at < this._rows.length && budget > 0; at += 1) budget -= Number(this._place(this._rows[at], at));
    if (at < this._rows.length) this._nextFrame(() => this._fill(at, PER_FRAME, round));
  }

  /**
   * @param {Row} row
   * @param {number} at
   * @returns {boolean} whether that was work
   */
  _place(row, at) {
    let view = this._views.get(row.id);
    const isNew = !view;
    if (!view) {
      view = new RowView(row, this._say, this._deeds);
      this._views.set(row.id, view);
    }
    const changed = view.update(row, this._mayChange);
    const there = this.element.children[at];
    if (there !== view.element) this.element.insertBefore(view.element, there ?? null);
    return isNew || changed;
  }
}
