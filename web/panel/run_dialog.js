// The question before a run whose models are missing.

import { h } from "./dom.js";
import { size } from "./format.js";
import { button } from "./row_view.js";

/**
 * Ask a person what to do about missing models.
 * @param {import("./store.js").View} view
 * @param {import("./words.js").Say} say
 * @returns {Promise<import("./run_guard.js").Answer>}
 */
export function askBeforeRun({ totals }, say) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "modelget-dialog", "aria-label": say("run_title") });
    const close = (/** @type {import("./run_guard.js").Answer} */ answer) => {
      resolve(answer);
      dialog.close();
      dialog.remove();
    };
    const install = button("run-install", say("install_and_run"), () => close("install"));
    install.classList.add("modelget-primary");
    install.disabled = !totals.installable && !totals.looking && !totals.running;
    dialog.append(
      h("h2", {}, say("run_title")),
      h("p", {}, say("run_question", { count: totals.missing, size: size(totals.bytes) })),
      totals.undecided ? h("p", {}, say("run_undecided", { count: totals.undecided })) : "",
      h(
        "div",
        { class: "modelget-actions" },
        install,
        button("run-anyway", say("run_anyway"), () => close("anyway")),
        button("run-cancel", say("cancel"), () => close("cancel")),
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
