// Modelget in ComfyUI's page: the only file that touches the page. Everything it uses is in panel/.

import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";
import { Client } from "./panel/client.js";
import { Panel } from "./panel/panel.js";
import { readState } from "./panel/plan.js";
import { askBeforeRun } from "./panel/run_dialog.js";
import { RunGuard } from "./panel/run_guard.js";
import { speaker } from "./panel/words.js";

const TAB = "modelget";
const OPEN = "Modelget.Panel.Open";
const ASK = "Modelget.Run.Ask";
const SEEN = "modelget.seen";
const LANGUAGE = "Comfy.Locale";
/** Edits come in flocks: a drag alone changes the graph dozens of times. */
const AFTER_EDIT_MS = 1500;
const AFTER_ARRIVAL_MS = 400;

const say = speaker(setting(LANGUAGE, navigator.language));
const client = new Client((route, options) => api.fetchApi(route, options));
const panel = new Panel(
  client,
  {
    workflow: () => app.graph.serialize(),
    show: showNode,
    arrived: later(() => void refreshLists(), AFTER_ARRIVAL_MS),
    toast,
    copy: (text) => navigator.clipboard.writeText(text),
    folders: async () => (await (await api.fetchApi("/models")).json()).sort(),
    close: closePanel,
  },
  say,
);
const guard = new RunGuard(panel, (view) => askBeforeRun(view, say), {
  autofetch: () => panel.autofetch,
  isOn: () => setting(ASK, true) !== false,
  onWait: () => {
    openPanel();
    toast("info", say("will_run"));
  },
  onRun: () => toast("success", say("now_running")),
  onGiveUp: (count) => toast("warn", count ? say("run_still_missing", { count }) : say("run_called_off")),
});

app.registerExtension({
  name: "modelget",
  settings: [
    {
      id: OPEN,
      category: ["Modelget", "Panel", "Open"],
      name: say("setting_open"),
      type: "combo",
      options: ["always", "once", "never"].map((value) => ({
        value,
        text: say(/** @type {import("./panel/words.js").Word} */ (`setting_open_${value}`)),
      })),
      defaultValue: "once",
    },
    {
      id: ASK,
      category: ["Modelget", "Run", "Ask"],
      name: say("setting_ask_run"),
      type: "boolean",
      defaultValue: true,
    },
  ],
  commands: [
    { id: "Modelget.Toggle", label: say("command_toggle"), icon: "pi pi-download", function: togglePanel },
    { id: "Modelget.Install", label: say("command_install"), icon: "pi pi-download", function: installMissing },
    { id: "Modelget.Rescan", label: say("command_rescan"), icon: "pi pi-refresh", function: () => panel.rescan() },
  ],
  keybindings: [{ combo: { key: "m", ctrl: true, shift: true }, commandId: "Modelget.Toggle" }],
  menuCommands: [{ path: ["Extensions", "Modelget"], commands: ["Modelget.Toggle", "Modelget.Install", "Modelget.Rescan"] }],
  async setup() {
    addStyle();
    app.extensionManager.registerSidebarTab({
      id: TAB,
      icon: "pi pi-download",
      title: say("title"),
      tooltip: say("tooltip"),
      type: "custom",
      render: (/** @type {HTMLElement} */ element) => panel.mount(element),
      destroy: () => panel.unmount(),
    });
    listen();
    guardRuns();
    panel.store.listen(({ totals, plan }) => setBadge(plan && totals.missing ? String(totals.missing) : ""));
    await panel.start();
  },
  afterConfigureGraph: later(() => void lookAtWorkflow(), 0),
});

/** Look at the workflow that was opened, and open the panel if its owner wants that. */
async function lookAtWorkflow() {
  if (!(await panel.look())) return;
  const { totals } = panel.store.view;
  const when = setting(OPEN, "once");
  if (!totals.missing || when === "never" || (when === "once" && !isFirstSight())) return;
  openPanel();
}

/** Tell whether the open workflow is seen for the first time in this browser; remember it. */
function isFirstSight() {
  const key = String((app.rootGraph ?? app.graph).id ?? "");
  let seen = [];
  try {
    seen = JSON.parse(localStorage.getItem(SEEN) ?? "[]");
  } catch {
    // Whatever stood there was not ours.
  }
  if (!Array.isArray(seen)) seen = [];
  if (seen.includes(key)) return false;
  localStorage.setItem(SEEN, JSON.stringify([...seen.slice(-200), key]));
  return true;
}

function listen() {
  api.addEventListener("modelget.state", (/** @type {CustomEvent} */ event) => void panel.moved(readState(event.detail)));
  api.addEventListener("modelget.plan", (/** @type {CustomEvent} */ event) => {
    if (event.detail?.plan === panel.store.view.plan?.id) void panel.refresh();
  });
  // Perhaps with a server that was started again, and knows no plan yet.
  api.addEventListener("reconnected", () => void panel.start().then(() => panel.glance()));
  api.addEventListener("graphChanged", later(() => void panel.glance(), AFTER_EDIT_MS));
}

/** Ask before a workflow runs whose models are missing. */
function guardRuns() {
  const queue = app.queuePrompt.bind(app);
  app.queuePrompt = async (/** @type {unknown[]} */ ...args) => {
    let allowed = true;
    try {
      allowed = await guard.allows(() => void queue(...args));
    } catch (error) {
      console.error("Modelget could not look for missing models", error); // a fault of ours stops no run
    }
    return allowed ? queue(...args) : false;
  };
}

async function installMissing() {
  openPanel();
  if (!panel.store.view.plan) await panel.look();
  await panel.install();
}

function activeTab() {
  return app.extensionManager.sidebarTab?.activeSidebarTabId ?? app.extensionManager.sidebarTab?.activeSidebarTab?.id;
}

function togglePanel() {
  app.extensionManager.command.execute(`Workspace.ToggleSidebarTab.${TAB}`);
}

function openPanel() {
  if (activeTab() !== TAB) togglePanel();
}

function closePanel() {
  if (activeTab() === TAB) togglePanel();
}

/** @param {string} text */
function setBadge(text) {
  const tab = app.extensionManager.getSidebarTabs?.().find((/** @type {{id: string}} */ one) => one.id === TAB);
  if (tab) tab.iconBadge = text || null;
}

/**
 * Bring the first node into view that is there, inside its subgraph where it has one.
 * @param {string[]} nodes execution ids: `12`, or `57:30` inside the subgraph of node 57
 */
function showNode(nodes) {
  for (const id of nodes) {
    let graph = app.rootGraph ?? app.graph;
    const path = id.split(":");
    const outer = path.slice(0, -1);
    for (const step of outer) {
      const holder = graph.getNodeById(Number(step)) ?? graph.getNodeById(step);
      if (!holder?.subgraph) break;
      app.canvas.openSubgraph?.(holder.subgraph, holder);
      graph = holder.subgraph;
    }
    if (!outer.length && app.canvas.graph !== graph) app.canvas.setGraph?.(graph);
    const last = path[path.length - 1];
    const node = graph.getNodeById(Number(last)) ?? graph.getNodeById(last);
    if (node) {
      app.canvas.centerOnNode(node);
      app.canvas.selectNode?.(node, false);
      return;
    }
  }
}

/** Let loaders offer a file that has come, and ComfyUI's own list of missing models forget it. */
async function refreshLists() {
  try {
    if (app.refreshMissingModels) await app.refreshMissingModels({ silent: true, reloadDefs: true });
    else await app.refreshComboInNodes();
  } catch (error) {
    console.warn("Modelget could not refresh the lists of models", error);
  }
}

/**
 * @param {"info" | "success" | "warn" | "error"} severity
 * @param {string} detail
 */
function toast(severity, detail) {
  app.extensionManager.toast.add({ severity, summary: say("title"), detail, life: severity === "error" ? 9000 : 4000 });
}

/**
 * Return what the user set, whatever the version of the page; `otherwise` where nothing is set.
 * @param {string} id
 * @param {any} otherwise
 * @returns {any}
 */
function setting(id, otherwise) {
  try {
    return app.extensionManager?.setting?.get(id) ?? app.ui?.settings?.getSettingValue?.(id) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/**
 * Return a function that acts once, some time after the last of several calls.
 * @param {() => void} act
 * @param {number} milliseconds
 */
function later(act, milliseconds) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, milliseconds);
  };
}

function addStyle() {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL("./panel/panel.css", import.meta.url).href;
  document.head.append(style);
}
