import assert from "node:assert/strict";
import { test } from "node:test";

import { LANGUAGES, speaker } from "../../web/panel/words.js";

const values = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

test("every language says the same things with the same values", () => {
  for (const [language, words] of Object.entries(LANGUAGES)) {
    assert.deepEqual(Object.keys(words).sort(), Object.keys(LANGUAGES.en).sort(), language);
    for (const [word, text] of Object.entries(words)) {
      assert.ok(text, `${language}: ${word}`);
      assert.deepEqual(values(text), values(LANGUAGES.en[word]), `${language}: ${word}`);
    }
  }
});

test("a language that we do not speak is answered in English, a Chinese one in Chinese", () => {
  assert.equal(speaker("fr")("install"), "Install");
  assert.equal(speaker(null)("install"), "Install");
  for (const language of ["zh", "zh-TW", "ZH-cn"]) assert.equal(speaker(language)("install"), "安装");
});

test("values are put in as they are, never read again", () => {
  assert.equal(speaker("en")("failed", { name: "{reason}", reason: "$& {name}" }), "{reason}: $& {name}");
});
