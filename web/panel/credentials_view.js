// Set, test and remove the tokens of places; a token is written here, and never shown again.

import { h, setText } from "./dom.js";
import { button, mark } from "./parts.js";

/** @typedef {import("./client.js").Client} Client */
/** @typedef {import("./client.js").Settings["credentials"]} Credentials */
/** @typedef {import("./words.js").Word} Word */

/** @type {Record<string, string>} */
const LABELS = { huggingface: "Hugging Face", civitai: "Civitai", github: "GitHub", kaggle: "Kaggle", modelscope: "ModelScope" };

export class CredentialsView {
  /**
   * @param {Client} client
   * @param {import("./words.js").Say} say
   * @param {() => void} onChange called when another token is in force
   */
  constructor(client, say, onChange) {
    this._client = client;
    this._say = say;
    this._onChange = onChange;
    this._list = h("div", {});
    this.element = h(
      "section",
      { class: "modelget-credentials", "aria-label": say("credentials"), hidden: true },
      h("h3", {}, say("credentials")),
      h("p", { class: "modelget-hint" }, say("credentials_why")),
      this._list,
    );
  }

  /** Show them, or hide them again; tell whether they are shown. */
  toggle() {
    this.element.hidden = !this.element.hidden;
    if (!this.element.hidden) this._list.querySelector("input")?.focus();
    return !this.element.hidden;
  }

  /** @param {Credentials} credentials */
  update(credentials) {
    this._list.replaceChildren(
      ...Object.entries(credentials).map(([place, { set, stored }]) => this._place(place, set, stored)),
    );
  }

  /**
   * @param {string} place
   * @param {boolean} isSet
   * @param {boolean} isStored whether it was set here, and can be removed here
   */
  _place(place, isSet, isStored) {
    const say = this._say;
    const label = LABELS[place] ?? place;
    const told = h("span", { class: "modelget-hint", role: "status" });
    const field = h("input", {
      type: "password",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: say("credential_placeholder"),
      "aria-label": say("credential_for", { place: label }),
      data: { deed: `token-${place}` },
    });
    const keep = async (/** @type {string | null} */ token, /** @type {Word} */ word) => {
      field.value = "";
      try {
        const credentials = await this._client.setCredential(place, token);
        this.update(credentials);
        this._tell(place, say(word));
        this._onChange();
      } catch (error) {
        setText(told, String(error instanceof Error ? error.message : error));
      }
    };
    return h(
      "div",
      { class: "modelget-credential", data: { place } },
      h(
        "div",
        { class: "modelget-head" },
        h("span", { class: "modelget-name" }, label),
        mark("plain", say(isSet ? (isStored ? "credential_set" : "credential_outside") : "credential_unset")),
      ),
      h(
        "div",
        { class: "modelget-actions" },
        field,
        button(`save-${place}`, say("save"), () => field.value.trim() && keep(field.value.trim(), "token_saved")),
      ),
      h(
        "div",
        { class: "modelget-actions" },
        isSet ? button(`test-${place}`, say("test"), () => this._test(place)) : "",
        isStored ? button(`remove-${place}`, say("remove"), () => keep(null, "token_removed")) : "",
      ),
      told,
    );
  }

  /** @param {string} place */
  async _test(place) {
    try {
      const { result, message } = await this._client.testCredential(place);
      const word = /** @type {Word} */ (`token_${result}`);
      this._tell(place, [this._say(word), message].filter(Boolean).join(" "));
    } catch (error) {
      this._tell(place, String(error instanceof Error ? error.message : error));
    }
  }

  /**
   * @param {string} place
   * @param {string} text
   */
  _tell(place, text) {
    const told = this._list.querySelector(`[data-place="${CSS.escape(place)}"] [role=status]`);
    if (told) setText(told, text);
  }
}
