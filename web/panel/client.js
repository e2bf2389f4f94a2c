// Questions to our own routes (docs/routes.md); the page's fetch is passed in.

import { readPlan, readState } from "./plan.js";

/** @typedef {import("./plan.js").Plan} Plan */
/** @typedef {import("./plan.js").State} State */
/** @typedef {(route: string, options?: RequestInit) => Promise<Response>} Fetch */

/**
 * @typedef {object} Settings
 * @property {string} token
 * @property {boolean} mayChange
 * @property {string} autofetch
 * @property {number} spareBytes
 * @property {Record<string, {set: boolean, stored: boolean}>} credentials
 */

/**
 * @typedef {object} Decided what a person decided about one item
 * @property {string} [candidate] the key of a candidate
 * @property {string} [folder] a model folder
 * @property {boolean} [allow_pickle]
 * @property {boolean} [accept_licence]
 * @property {string} [accept_digest] that of bytes which were kept aside
 */

/** What the server refused, and what to do next. */
export class Refusal extends Error {
  /**
   * @param {number} status 0 when no answer came
   * @param {string} kind
   * @param {string} message
   * @param {string} hint
   */
  constructor(status, kind, message, hint) {
    super(message);
    this.status = status;
    this.kind = kind;
    this.hint = hint;
  }

  /** Message and hint in one sentence each. */
  get words() {
    const [first, ...rest] = [this.message, this.hint].filter(Boolean).join(". ").replaceAll("..", ".");
    return first ? first.toUpperCase() + rest.join("") : "";
  }
}

export class Client {
  /** @param {Fetch} fetch asks a route of this server */
  constructor(fetch) {
    this._fetch = fetch;
    this._token = "";
  }

  /** @returns {Promise<Settings>} */
  async settings() {
    const raw = await this._get("settings");
    this._token = typeof raw.token === "string" ? raw.token : "";
    return {
      token: this._token,
      mayChange: raw.may_change === true,
      autofetch: String(raw.autofetch ?? "ask"),
      spareBytes: Number(raw.limits?.spare_bytes) || 0,
      credentials: raw.credentials ?? {},
    };
  }

  /**
   * @param {unknown} workflow
   * @param {{name?: string, wait?: number}} [options] `wait` in seconds: 0 gives at once what is known here
   * @returns {Promise<Plan>}
   */
  async plan(workflow, options = {}) {
    return readPlan(await this._post("plan", { workflow, ...options }));
  }

  /**
   * @param {string} plan
   * @returns {Promise<Plan>}
   */
  async again(plan) {
    return readPlan(await this._get(`plans/${encodeURIComponent(plan)}`));
  }

  /**
   * @param {string} plan
   * @returns {Promise<Plan>}
   */
  async rescan(plan) {
    return readPlan(await this._post(`plans/${encodeURIComponent(plan)}/rescan`, {}));
  }

  /**
   * Begin to install one item, or everything that is sure.
   * @param {string} plan
   * @param {string | null} item
   * @param {Decided} [decided]
   * @returns {Promise<Plan>}
   */
  async install(plan, item, decided = {}) {
    const body = item === null ? {} : { item, ...decided };
    return readPlan(await this._post(`plans/${encodeURIComponent(plan)}/install`, body));
  }

  /**
   * @param {string} plan
   * @param {"pause" | "resume" | "cancel" | "retry"} action
   * @param {string | null} item null for all of them
   * @returns {Promise<State>}
   */
  async act(plan, action, item) {
    const body = item === null ? {} : { item };
    return readState(await this._post(`plans/${encodeURIComponent(plan)}/${action}`, body));
  }

  /**
   * @param {number} since a sequence number; 0 for everything
   * @returns {Promise<State>}
   */
  async state(since = 0) {
    return readState(await this._get(since ? `state?since=${since}` : "state"));
  }

  /**
   * @param {string} place
   * @param {string | null} token null removes it
   * @returns {Promise<Settings["credentials"]>}
   */
  async setCredential(place, token) {
    return (await this._post(`credentials/${encodeURIComponent(place)}`, { token })).credentials ?? {};
  }

  /**
   * @param {string} place
   * @returns {Promise<{result: string, message: string}>}
   */
  async testCredential(place) {
    return this._post(`credentials/${encodeURIComponent(place)}/test`, {});
  }

  /** @param {string} route */
  async _get(route) {
    return this._ask(route, { method: "GET" });
  }

  /**
   * @param {string} route
   * @param {unknown} body
   */
  async _post(route, body) {
    if (!this._token) await this.settings();
    const send = () => {
      const headers = { "Content-Type": "application/json", "X-Modelget-Token": this._token };
      return this._ask(route, { method: "POST", headers, body: JSON.stringify(body) });
    };
    try {
      return await send();
    } catch (error) {
      // The token is that of one run of the server, which may have been started again.
      const before = this._token;
      if (!(error instanceof Refusal) || error.status !== 403) throw error;
      await this.settings();
      if (this._token === before) throw error;
      return send();
    }
  }

  /**
   * @param {string} route
   * @param {RequestInit} options
   * @returns {Promise<any>}
   */
  async _ask(route, options) {
    let answer;
    try {
      answer = await this._fetch(`/modelget/${route}`, options);
    } catch (error) {
      throw new Refusal(0, "Unreachable", error instanceof Error ? error.message : String(error), "");
    }
    const raw = await answer.json().catch(() => null);
    if (answer.ok && raw) return raw;
    const said = raw?.error ?? {};
    const message = typeof said.message === "string" ? said.message : `HTTP ${answer.status}`;
    throw new Refusal(answer.status, String(said.kind ?? ""), message, typeof said.hint === "string" ? said.hint : "");
  }
}
