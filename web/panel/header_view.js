// The head of the panel: what is missing in all, and what to do about all of it.

import { h, setText } from "./dom.js";
import { duration, percent, size, speed } from "./format.js";
import { button, iconButton } from "./parts.js";

/** @typedef {import("./store.js").View} View */
/** @typedef {import("./words.js").Say} Say */

/**
 * @typedef {object} HeaderDeeds
 * @property {() => void} installAll
 * @property {(action: "pause" | "resume" | "cancel") => void} actAll
 * @property {() => void} rescan
 * @property {() => void} copyLinks
 * @property {() => boolean} toggleAccess shows or hides the credentials; tells whether they are shown
 * @property {() => void} close
 */

export class HeaderView {
  /**
   * @param {Say} say
   * @param {HeaderDeeds} deeds
   */
  constructor(say, deeds) {
    this._say = say;
    this._summary = h("p", { class: "modelget-summary", role: "status", "aria-live": "polite" });
    this._detail = h("p", { class: "modelget-facts" });
    this._trouble = h("p", { class: "modelget-error", role: "alert", hidden: true });
    this._bar = h("progress", { class: "modelget-bar", max: "100", "aria-label": say("install_missing") });
    this._phase = h("span", { class: "modelget-phase" });
    this._moving = h("div", { class: "modelget-moving" }, this._bar, this._phase);
    this._install = button("install-all", say("install_missing"), deeds.installAll, "primary");
    this._pause = button("pause-all", say("pause_all"), () => deeds.actAll("pause"));
    this._resume = button("resume-all", say("resume_all"), () => deeds.actAll("resume"), "primary");
    this._cancel = button("cancel-all", say("cancel_all"), () => deeds.actAll("cancel"));
    this._copy = iconButton("copy-links", "copy", say("copy_links"), deeds.copyLinks);
    this._rescan = iconButton("rescan", "refresh", say("rescan"), deeds.rescan);
    this._access = iconButton("access", "key", say("credentials"), () =>
      this._access.setAttribute("aria-expanded", String(deeds.toggleAccess())),
    );
    this._access.setAttribute("aria-expanded", "false");
    const close = iconButton("close", "times", say("close"), deeds.close);
    this.element = h(
      "header",
      { class: "modelget-header" },
      h("div", { class: "modelget-top" }, h("h2", {}, say("title")), this._copy, this._rescan, this._access, close),
      h(
        "div",
        { class: "modelget-overview" },
        this._summary,
        this._detail,
        this._trouble,
        this._moving,
        h("div", { class: "modelget-actions modelget-wide" }, this._install, this._pause, this._resume, this._cancel),
      ),
    );
  }

  /** Show the credentials, as if their button had been pressed. */
  pressAccess() {
    this._access.click();
  }

  /** @param {View} view */
  update(view) {
    const { totals, mayChange } = view;
    setText(this._summary, summary(view, this._say));
    setText(this._detail, detail(view, this._say));
    const trouble = this._troubleOf(view);
    setText(this._trouble, trouble);
    this._trouble.hidden = !trouble;
    this._move(view);
    this._install.hidden = !mayChange || !(totals.installable || totals.looking);
    this._install.disabled = !totals.installable || lacking(view) > 0;
    this._pause.hidden = !mayChange || !totals.running;
    this._resume.hidden = !mayChange || !totals.paused;
    this._cancel.hidden = !mayChange || !(totals.running + totals.paused);
    this._copy.hidden = !totals.missing;
    this._rescan.disabled = view.isLooking;
    this._access.hidden = !mayChange;
  }

  /** @param {View} view */
  _troubleOf(view) {
    if (view.trouble) return view.trouble;
    const bytes = lacking(view);
    if (bytes > 0) return this._say("no_space", { size: size(bytes) });
    return view.mayChange ? "" : this._say("remote");
  }

  /** @param {View} view */
  _move({ totals }) {
    this._moving.hidden = !(totals.running + totals.paused);
    const done = percent(totals.done, totals.total);
    if (done === null) this._bar.removeAttribute("value");
    else this._bar.value = done;
    const left = totals.speed ? duration((totals.total - totals.done) / totals.speed) : "";
    const parts = [
      `${size(totals.done)} / ${size(totals.total)}`,
      speed(totals.speed),
      left && this._say("left", { time: left }),
    ];
    setText(this._phase, parts.filter(Boolean).join(" · "));
  }
}

/**
 * Tell how many bytes must be freed before everything fits, with what the owner wants to stay free.
 * @param {View} view
 */
function lacking({ plan, totals, spareBytes }) {
  return plan && totals.bytes ? totals.bytes + spareBytes - plan.freeBytes : 0;
}

/**
 * Say in one sentence where the workflow stands; nothing in it changes while bytes arrive, since it is read aloud.
 * @param {View} view
 * @param {Say} say
 */
export function summary(view, say) {
  const { totals, rows } = view;
  if (!view.plan) return view.isLooking ? say("looking") : view.trouble ? "" : say("summary_nothing");
  if (!rows.length) return say("summary_nothing");
  if (totals.running) return say("summary_moving", { count: totals.running, missing: totals.missing });
  if (totals.paused) return say("summary_paused", { count: totals.paused });
  if (!totals.missing) return say("summary_all_here", { count: totals.here });
  if (!totals.bytes) return say("summary_missing_only", { count: totals.missing });
  return say("summary_missing", { count: totals.missing, size: size(totals.bytes) });
}

/**
 * @param {View} view
 * @param {Say} say
 */
function detail({ plan, totals, isLooking }, say) {
  if (!plan || !totals.missing) return "";
  const parts = [
    isLooking && say("looking_more"),
    totals.unknown && say("summary_unknown_size", { count: totals.unknown }),
    totals.undecided && say("summary_open", { count: totals.undecided }),
    totals.here && say("already_here", { count: totals.here }),
    say("summary_free", { size: size(plan.freeBytes) }),
  ];
  return parts.filter(Boolean).join(" · ");
}
