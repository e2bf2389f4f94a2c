// Plans and states as the server would send them, made by the tests that need them.

import { readPlan, readState } from "../../web/panel/plan.js";

export function candidate(more = {}) {
  return {
    key: "k1",
    source: "huggingface",
    id: "hf:owner/repo/vae/ae.safetensors@0123456789abcdef0123456789abcdef01234567",
    url: "https://huggingface.co/owner/repo/resolve/main/vae/ae.safetensors",
    name: "ae.safetensors",
    size: 1000,
    sha256: "ab".repeat(32),
    evidence: "DECLARED_URL",
    why: "the workflow names this link",
    licence: "apache-2.0",
    gated: false,
    pickle: false,
    barrier: null,
    ...more,
  };
}

export function item(id, more = {}) {
  const name = `${id}.safetensors`;
  return {
    item: id,
    name,
    folder: "vae",
    wanted_by: ["12"],
    active: true,
    status: "fetch",
    file: `vae/${name}`,
    size: 1000,
    hint: null,
    candidates: [candidate()],
    failures: [],
    decision: null,
    ...more,
  };
}

export function plan(items, more = {}) {
  return { plan: "p-1", complete: true, fetch_bytes: 1000, free_bytes: 10_000, requirements: items, ...more };
}

export const planned = (items, more) => readPlan(plan(items, more));

export function file(name, phase, more = {}) {
  return { file: `vae/${name}.safetensors`, phase, done: 0, total: 1000, speed: 0, message: "", hint: "", ...more };
}

export const moved = (sequence, files, more = {}) => readState({ run: "r-1", sequence, since: 0, files, ...more });
