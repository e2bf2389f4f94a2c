// The panel itself: it joins what is known (store), what can be asked (client) and what is seen (views).

import { Refusal } from "./client.js";
import { CredentialsView } from "./credentials_view.js";
import { h } from "./dom.js";
import { HeaderView } from "./header_view.js";
import { ListView } from "./list_view.js";
import { linksOf } from "./rows.js";
import { Store } from "./store.js";

/** @typedef {import("./client.js").Client} Client */
/** @typedef {import("./words.js").Say} Say */
/** @typedef {import("./plan.js").State} State */

/**
 * @typedef {object} Host what the panel needs of the page around it
 * @property {() => unknown} workflow the open graph as it would be saved
 * @property {(nodes: string[]) => void} show bring a node into view
 * @property {(file: string) => void} arrived a model file is here: lists of files are out of date
 * @property {(kind: "info" | "success" | "warn" | "error", text: string) => void} toast
 * @property {(text: string) => Promise<void>} copy
 * @property {() => Promise<string[]>} folders ComfyUI's model folders
 * @property {() => void} close hide the panel
 */

/** Events come several times a second; so soon after one, nobody needs to ask. */
const POLL_MS = 4000;
/** While places are being asked, in case the event that says so is lost. */
const LOOK_AGAIN_MS = 3000;

export class Panel {
  /**
   * @param {Client} client
   * @param {Host} host
   * @param {Say} say
   */
  constructor(client, host, say) {
    this.store = new Store();
    this._client = client;
    this._host = host;
    this._say = say;
    /** @type {string[]} */
    this._folders = [];
    this._look = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._poll = undefined;
    /** @type {import("./client.js").Settings | null} */
    this._settings = null;
    /** @type {Set<string>} */
    this._told = new Set();
    this.store.listen((view) => this._announce(view));
  }

  /** What the owner wants done about missing models: "ask", "auto" or "off". */
  get autofetch() {
    return this._settings?.autofetch ?? "ask";
  }

  /** Ask the server what it allows, and what is going on there already. */
  async start() {
    try {
      this._settings = await this._client.settings();
      this.store.allowed(this._settings);
      await this.catchUp();
      this._folders = await this._host.folders();
    } catch (error) {
      this.store.failed(this._say("offline"));
    }
  }

  /**
   * Draw the panel into an element, until `unmount`.
   * @param {HTMLElement} element
   */
  mount(element) {
    if (this._unlisten && element.querySelector(".modelget-panel")) return; // the page may ask again for what is there
    this.unmount();
    const access = new CredentialsView(this._client, this._say, () => void this.rescan());
    const header = new HeaderView(this._say, {
      installAll: () => void this.install(),
      actAll: (action) => void this._act(action, null),
      rescan: () => void this.rescan(),
      copyLinks: () => void this.copyLinks(),
      toggleAccess: () => access.toggle(),
      close: () => this._host.close(),
    });
    const list = new ListView(this._say, {
      act: (row, action) => void (action === "install" ? this._installItem(row.id) : this._act(action, row.id)),
      decide: (row, decided) => void this._installItem(row.id, decided),
      show: (row) => this._host.show(row.item.nodes),
      folders: () => this._folders,
      access: () => access.element.hidden && header.pressAccess(),
    });
    access.update(this._settings?.credentials ?? {});
    element.classList.add("modelget-host");
    element.replaceChildren(h("div", { class: "modelget-panel" }, header.element, access.element, list.element));
    let shown = "";
    const draw = (/** @type {import("./store.js").View} */ view) => {
      if (view.plan && view.plan.id !== shown) list.clear();
      shown = view.plan?.id ?? shown;
      header.update(view);
      list.update(view.rows, view.mayChange);
    };
    draw(this.store.view);
    this._unlisten = this.store.listen(draw);
  }

  /** Stop drawing; what is known stays. */
  unmount() {
    this._unlisten?.();
    this._unlisten = undefined;
  }

  /**
   * Look at another workflow: at once what is here and what is not; then, as places answer, where the rest can be had.
   * @returns {Promise<boolean>} whether the first is known, and no later look has overtaken this one
   */
  async look() {
    this.store.look();
    return this.glance();
  }

  /**
   * Wait until every place has answered about the plan.
   * @param {number} look
   */
  async _follow(look) {
    const isOpen = () => look === this._look && this.store.view.plan?.complete === false;
    while (isOpen()) {
      await this._wait(LOOK_AGAIN_MS);
      if (isOpen()) await this.refresh();
    }
  }

  /** Look at the graph as it is now, without clearing the rows: it has been edited, or is about to run. */
  async glance() {
    const look = (this._look += 1);
    try {
      const plan = await this._client.plan(this._host.workflow(), { wait: 0 });
      if (look !== this._look) return false;
      this.store.planned(plan);
      void this._follow(look);
      return true;
    } catch (error) {
      if (look === this._look) this.store.failed(this._say("look_failed", { reason: words(error) }));
      return false;
    }
  }

  /** Ask for the plan again: places have answered, or files have come. */
  async refresh() {
    const plan = this.store.view.plan;
    if (!plan) return;
    try {
      const again = await this._client.again(plan.id);
      if (this.store.view.plan?.id === plan.id) this.store.planned(again);
      this._wake?.();
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) await this.look(); // of another run of the server
    }
  }

  /** Ask every place anew. */
  async rescan() {
    const plan = this.store.view.plan;
    if (!plan) return this.look();
    try {
      this.store.planned(await this._client.rescan(plan.id));
    } catch {
      await this.look();
    }
  }

  /** Install everything that is sure; true when that has begun. */
  async install() {
    return this._installItem(null);
  }

  /** Copy the raw links of what is missing. */
  async copyLinks() {
    const links = linksOf(this.store.view.rows);
    if (links.length) await this._host.copy(links.join("\n"));
    this._host.toast("info", links.length ? this._say("links_copied", { count: links.length }) : this._say("links_none"));
  }

  /**
   * Take in an event of the server.
   * @param {State} state
   */
  async moved(state) {
    if (!this.store.moved(state)) await this.catchUp();
    this._watch();
  }

  /** Ask for the whole state: the page was loaded again, or events were missed. */
  async catchUp() {
    try {
      this.store.moved(await this._client.state());
      this._watch();
    } catch {
      this._watch();
    }
  }

  /** While something is on its way, ask when no event has come for a while: a websocket can be lost. */
  _watch() {
    clearTimeout(this._poll);
    if (this.store.isBusy) this._poll = setTimeout(() => void this.catchUp(), POLL_MS);
  }

  /**
   * @param {string | null} item
   * @param {import("./client.js").Decided} [decided]
   */
  async _installItem(item, decided = {}) {
    const plan = this.store.view.plan;
    if (!plan) return false;
    try {
      this.store.planned(await this._client.install(plan.id, item, decided));
      await this.catchUp();
      return true;
    } catch (error) {
      await this.refresh();
      this.store.refused(words(error));
      this._host.toast("error", words(error));
      return false;
    }
  }

  /**
   * @param {"pause" | "resume" | "cancel" | "retry"} action
   * @param {string | null} item
   */
  async _act(action, item) {
    const plan = this.store.view.plan;
    if (!plan) return;
    try {
      await this._client.act(plan.id, action, item);
      await this.catchUp();
    } catch (error) {
      this._host.toast("error", words(error));
    }
  }

  /**
   * Tell the page which files have come, and, while the panel is closed, which have failed.
   * @param {import("./store.js").View} view
   */
  _announce(view) {
    const isSamePlan = this._planSeen === view.plan?.id;
    const now = new Set(view.rows.flatMap(({ item, progress, status }) =>
      status === "present" || progress?.phase === "failed" ? [`${status} ${item.file}`] : [],
    ));
    for (const { item, progress, status, title } of isSamePlan ? view.rows : []) {
      if (this._told.has(`${status} ${item.file}`) || !now.has(`${status} ${item.file}`)) continue;
      if (status === "present") this._host.arrived(item.file);
      else if (!this._unlisten) this._host.toast("error", this._say("failed", { name: title, reason: progress?.message ?? "" }));
    }
    this._told = now;
    this._planSeen = view.plan?.id;
  }

  /** @param {number} milliseconds */
  _wait(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this._wake = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
  }
}

/** @param {unknown} error */
function words(error) {
  if (error instanceof Refusal) return error.words;
  return error instanceof Error ? error.message : String(error);
}
