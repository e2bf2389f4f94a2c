// What the panel knows: the plan of the open workflow, and how far its files are. It tells whoever listens.

import { isMoving, rowsOf, totalsOf } from "./rows.js";

/** @typedef {import("./plan.js").Plan} Plan */
/** @typedef {import("./plan.js").Progress} Progress */
/** @typedef {import("./plan.js").State} State */

/**
 * @typedef {object} View
 * @property {Plan | null} plan
 * @property {import("./rows.js").Row[]} rows
 * @property {import("./rows.js").Totals} totals
 * @property {boolean} isLooking
 * @property {string} trouble why nothing is known, empty when all is well
 * @property {boolean} mayChange
 * @property {number} spareBytes disk space that the owner wants to stay free
 */

export class Store {
  constructor() {
    /** @type {Plan | null} */
    this._plan = null;
    /** @type {Map<string, Progress>} */
    this._progress = new Map();
    this._run = "";
    this._sequence = 0;
    this._isLooking = false;
    this._trouble = "";
    this._mayChange = true;
    this._spareBytes = 0;
    /** @type {Set<(view: View) => void>} */
    this._listeners = new Set();
  }

  /** @returns {View} */
  get view() {
    const rows = rowsOf(this._plan, this._progress);
    return {
      plan: this._plan,
      rows,
      totals: totalsOf(rows),
      isLooking: this._isLooking || this._plan?.complete === false,
      trouble: this._trouble,
      mayChange: this._mayChange,
      spareBytes: this._spareBytes,
    };
  }

  /** Whether files are on their way, of this workflow or another one. */
  get isBusy() {
    return [...this._progress.values()].some(({ phase }) => isMoving(phase));
  }

  /**
   * @param {(view: View) => void} listener called with each change
   * @returns {() => void} ends it
   */
  listen(listener) {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  /** Another workflow is being looked at; the rows of the last one go. */
  look() {
    this._plan = null;
    this._isLooking = true;
    this._trouble = "";
    this._tell();
  }

  /** @param {Plan} plan */
  planned(plan) {
    this._plan = plan;
    this._isLooking = false;
    this._trouble = "";
    this._tell();
  }

  /** @param {string} trouble */
  failed(trouble) {
    this._isLooking = false;
    this._trouble = trouble;
    this._tell();
  }

  /**
   * Something was asked for and refused: the reason stays until something changes.
   * @param {string} trouble
   */
  refused(trouble) {
    this._trouble = trouble;
    this._tell();
  }

  /** @param {{mayChange: boolean, spareBytes: number}} settings */
  allowed({ mayChange, spareBytes }) {
    this._mayChange = mayChange;
    this._spareBytes = spareBytes;
    this._tell();
  }

  /**
   * Take in a state.
   * @param {State} state
   * @returns {boolean} false when something was missed in between, and the whole state must be asked for
   */
  moved(state) {
    const isNew = state.run !== this._run;
    if (state.since > 0 && (isNew || state.since > this._sequence)) return false;
    if (!isNew && state.sequence < this._sequence) return true; // it was overtaken on the way
    if (isNew || state.since === 0) this._progress.clear();
    for (const progress of state.files) this._progress.set(progress.file, progress);
    this._run = state.run;
    this._sequence = state.sequence;
    this._tell();
    return true;
  }

  _tell() {
    const view = this.view;
    for (const listener of this._listeners) listener(view);
  }
}
