// The question before a run whose models are missing.

import { h } from "./dom.js";
import { size } from "./format.js";
import { breakable, button } from "./parts.js";

const MOST_NAMES = 6;

/**
 * Ask a person what to do about missing models.
 * @param {import("./store.js").View} view
 * @param {import("./words.js").Say} say
 * @returns {Promise<import("./run_guard.js").Answer>}
 */
export function askBeforeRun({ rows, totals }, say) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "modelget-dialog", "aria-labelledby": "modelget-run-title" });
    const close = (/** @type {import("./run_guard.js").Answer} */ answer) => {
      resolve(answer);
      dialog.close();
      dialog.remove();
    };
    const install = button("run-install", say("install_and_run"), () => close("install"), "primary");
    install.disabled = !totals.installable && !totals.looking && !totals.running;
    dialog.append(
      h("h2", { id: "modelget-run-title" }, say("run_title")),
      h("p", {}, say("run_question", { count: totals.missing, size: size(totals.bytes) })),
      names(rows, say),
      totals.undecided ? h("p", {}, say("run_undecided", { count: totals.undecided })) : "",
      h(
        "div",
        { class: "modelget-actions" },
        button("run-cancel", say("cancel"), () => close("cancel")),
        button("run-anyway", say("run_anyway"), () => close("anyway")),
        install,
      ),
    );
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      close("cancel");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * @param {import("./rows.js").Row[]} rows
 * @param {import("./words.js").Say} say
 */
function names(rows, say) {
  const missing = rows.filter((row) => row.item.active && row.status !== "present");
  const shown = missing.slice(0, MOST_NAMES).map((row) =>
    h("li", {}, h("span", {}, ...breakable(row.title)), h("span", {}, size(row.item.size ?? row.best?.size))),
  );
  const rest = missing.length - shown.length;
  return h("ul", {}, ...shown, rest > 0 ? h("li", {}, say("and_more", { count: rest })) : "");
}
