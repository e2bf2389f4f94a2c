// Before a workflow runs: are its models here? Offers to install them, and runs it when they are.

/** @typedef {import("./panel.js").Panel} Panel */
/** @typedef {import("./store.js").View} View */
/** @typedef {"install" | "anyway" | "cancel"} Answer */

export class RunGuard {
  /**
   * @param {Panel} panel
   * @param {(view: View) => Promise<Answer>} ask
   * @param {{autofetch: () => string, isOn: () => boolean, onWait: () => void, onRun: () => void}} owner
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
    await this._panel.glance();
    const view = this._panel.store.view;
    if (view.trouble || !view.plan || !view.totals.missing || !view.mayChange) return true;
    const isAutomatic = this._owner.autofetch() === "auto" && !view.totals.undecided;
    const answer = isAutomatic ? "install" : await this._ask(view);
    if (answer !== "install") return answer === "anyway";
    this._waitFor(view.plan.id, run);
    this._owner.onWait();
    if (!(await this._panel.install()) && !this._panel.store.view.totals.running) this._forget?.();
    return false;
  }

  /**
   * Run as soon as everything that the plan needs is here; give up when another plan takes its place.
   * @param {string} plan
   * @param {() => void} run
   */
  _waitFor(plan, run) {
    const end = this._panel.store.listen((view) => {
      if (view.plan?.id !== plan) return this._forget?.();
      if (view.totals.missing) return;
      this._forget?.();
      this._owner.onRun();
      run();
    });
    this._forget = () => {
      end();
      this._forget = null;
    };
  }
}
