// Before a workflow runs: are its models here? Offers to install them, and runs it when they are.

/** @typedef {import("./panel.js").Panel} Panel */
/** @typedef {import("./store.js").View} View */
/** @typedef {"install" | "anyway" | "cancel"} Answer */

/**
 * @typedef {object} Owner
 * @property {() => string} autofetch what the server's owner wants: "ask", "auto" or "off"
 * @property {() => boolean} isOn whether the person at the page wants to be asked
 * @property {() => void} onWait told when the workflow waits for its models
 * @property {() => void} onRun told just before it runs
 * @property {(missing: number) => void} onGiveUp told when it will not run: because of so many models, or, for 0, because
 *   another workflow is open
 */

/** A run is not held up for longer than this by a server that does not answer. */
const PATIENCE_MS = 5000;

export class RunGuard {
  /**
   * @param {Panel} panel
   * @param {(view: View) => Promise<Answer>} ask
   * @param {Owner} owner
   */
  constructor(panel, ask, owner) {
    this._panel = panel;
    this._ask = ask;
    this._owner = owner;
    /** @type {(() => void) | null} */
    this._forget = null;
  }

  /**
   * Tell whether the workflow may be queued now; if not, `run` is called when its models have come.
   * @param {() => void} run
   * @returns {Promise<boolean>}
   */
  async allows(run) {
    this._forget?.();
    if (this._owner.autofetch() === "off" || !this._owner.isOn()) return true;
    if (!(await within(this._panel.glance(), PATIENCE_MS))) return true;
    const view = this._panel.store.view;
    if (view.trouble || !view.plan || !view.totals.missing || !view.mayChange) return true;
    const isAutomatic = this._owner.autofetch() === "auto" && !view.totals.undecided;
    const answer = isAutomatic ? "install" : await this._ask(view);
    if (answer !== "install") return answer === "anyway";
    const begun = this._waitFor(view.plan.id, run);
    this._owner.onWait();
    if ((await this._panel.install()) || this._panel.store.view.totals.running) begun();
    else this._forget?.();
    return false;
  }

  /**
   * Run as soon as everything that the plan needs is here. Give up when another plan takes its place, or when nothing is
   * on its way any more though something is missing.
   * @param {string} plan
   * @param {() => void} run
   * @returns {() => void} to be called when the installation has begun
   */
  _waitFor(plan, run) {
    let hasBegun = false;
    const check = (/** @type {View} */ { plan: open, totals }) => {
      if (open?.id !== plan) return giveUp(0);
      if (!totals.missing) {
        forget();
        this._owner.onRun();
        run();
      } else if (hasBegun && !(totals.running + totals.paused + totals.looking)) giveUp(totals.missing);
    };
    const end = this._panel.store.listen(check);
    const forget = () => {
      end();
      if (this._forget === forget) this._forget = null;
    };
    const giveUp = (/** @type {number} */ missing) => {
      forget();
      this._owner.onGiveUp(missing);
    };
    this._forget = forget;
    return () => {
      hasBegun = true;
      if (this._forget === forget) check(this._panel.store.view);
    };
  }
}

/**
 * Tell whether something was done in time.
 * @param {Promise<unknown>} done
 * @param {number} milliseconds
 * @returns {Promise<boolean>}
 */
async function within(done, milliseconds) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(() => resolve(false), milliseconds)));
  const inTime = await Promise.race([done.then(() => true), late]);
  clearTimeout(timer);
  return inTime === true;
}
