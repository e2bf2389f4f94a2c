"""Whatever a workflow or a server calls itself, it stays text."""

from __future__ import annotations

import json

from makers import hub_link, loader
from playwright.sync_api import expect

PAYLOADS = (
    "<img src=x onerror=window.__hit=1>",
    "<script>window.__hit=1</script>",
    '"><svg onload=window.__hit=1>',
    "javascript:window.__hit=1//",
    "<iframe srcdoc='<script>parent.__hit=1</script>'>",
    "{{constructor.constructor('window.__hit=1')()}}",
    "</li></ul><details open ontoggle=window.__hit=1>",
    "' onmouseover='window.__hit=1",
)


def poisoned(value, at=0):
    """Return a copy of a document with a payload in place of every text but ids of routes and known words."""
    keep = ("plan", "item", "status", "phase", "run", "decision")
    if isinstance(value, dict):
        return {
            key: inner if key in keep else poisoned(inner, at + n)
            for n, (key, inner) in enumerate(value.items())
        }
    if isinstance(value, list):
        return [poisoned(inner, at + n) for n, inner in enumerate(value)]
    return PAYLOADS[at % len(PAYLOADS)] if isinstance(value, str) else value


def assert_only_text(panel):
    """The panel holds no element that it does not make itself, and no link but to the web."""
    allowed = "a button code details div h2 h3 header i input li option p progress section select span summary ul wbr"
    strange = panel.root.evaluate(
        "(root, allowed) => [...root.querySelectorAll('*')].map((one) => one.localName)"
        ".filter((name) => !allowed.split(' ').includes(name))",
        allowed,
    )
    assert strange == []
    attributes = panel.root.evaluate(
        "(root) => [...root.querySelectorAll('*')].flatMap((one) => [...one.attributes].map((each) => each.name))"
        ".filter((name) => name.startsWith('on'))"
    )
    assert attributes == []
    links = panel.root.evaluate(
        "(root) => [...root.querySelectorAll('[href]')].map((one) => one.getAttribute('href'))"
    )
    assert all(link.startswith(("https://", "http://", "about:blank")) for link in links)
    assert panel.page.evaluate("() => window.__hit") is None


def test_payloads_in_every_text_of_a_plan_and_a_state_stay_text(open_page):
    """The answers are ours with every text replaced; rows of each status, and files of each phase."""
    held = {"rows": 0}

    def fake_plan(route):
        answer = json.loads(route.fetch().body())
        if not answer.get("requirements"):
            return route.fulfill(json=answer)
        row = answer["requirements"][0]
        whole = row | {
            "hint": "x", "failures": [{"source": "s", "kind": "k", "message": "m", "retry_after": None}],
            "candidates": [one | {"licence_link": "l", "restrictions": ["r"], "local": "n", "barrier": {"kind": "host", "message": "m", "hint": "h"}}
                           for one in row["candidates"] * 2],
        }  # fmt: skip
        states = ("fetch", "choose", "denied", "unresolved", "present", "fetch", "fetch")
        wishes = (None, "candidate", None, None, None, "pickle", "folder")
        answer["complete"] = True
        answer["requirements"] = [
            poisoned(whole, at) | {"item": str(at), "status": status, "decision": wish, "file": f"f{at}"}
            for at, (status, wish) in enumerate(zip(states, wishes, strict=True))
        ]
        held["rows"] = len(answer["requirements"])
        return route.fulfill(json=answer)

    def fake_state(route):
        state = json.loads(route.fetch().body())
        state["files"] = [
            poisoned({"file": "x", "message": "m", "hint": "https://example.org/ <b>"}, at)
            | {
                "file": f"f{at}",
                "phase": phase,
                "done": 1,
                "total": 2,
                "speed": 1,
                "seconds_left": 1,
                "plans": [],
                "sequence": 1,
            }
            for at, phase in ((0, "failed"), (6, "fetching"))
        ]
        return route.fulfill(json=state)

    def before(page):
        page.route("**/modelget/plan", fake_plan)
        page.route("**/modelget/state*", fake_state)
        page.route("**/api/models", lambda route: route.fulfill(json=list(PAYLOADS)))

    panel = (
        open_page(before).load([loader(1, "x.safetensors", "vae", hub_link("o/r", "x.safetensors"))]).show()
    )
    expect(panel.rows).to_have_count(7)
    expect(panel.rows.locator(".modelget-error").first).to_be_visible()
    assert_only_text(panel)
    panel.run()
    expect(panel.dialog).to_be_visible()
    assert panel.dialog.locator("img, script, svg, iframe, details").count() == 0
    panel.press("run-cancel")
    assert_only_text(panel)


def test_payloads_in_a_workflow_of_somebodys_stay_text(panel):
    nodes = [
        loader(number, f"{payload}.safetensors", "vae", hub_link("o/r", "x.safetensors")) | {"title": payload}
        for number, payload in enumerate(PAYLOADS, 1)
    ]
    panel.load(nodes).show()
    expect(panel.rows.first).to_be_visible()
    panel.page.wait_for_timeout(500)
    assert_only_text(panel)
    for row in panel.rows.all():
        row.locator(".modelget-name").hover()
    assert_only_text(panel)


def test_a_refusal_of_the_server_is_told_as_text(open_page):
    def before(page):
        error = {"error": {"kind": "X", "message": PAYLOADS[0], "hint": PAYLOADS[1]}}
        page.route("**/modelget/plans/*/install", lambda route: route.fulfill(status=409, json=error))

    panel = open_page(before).load([loader(1, "y.safetensors", "vae", hub_link("o/r", "y.safetensors"))])
    panel.expect_status("y.safetensors", "fetch")
    panel.press("install-all")
    expect(panel.trouble).to_contain_text("onerror")
    expect(panel.page.get_by_text("onerror", exact=False).nth(1)).to_be_attached()
    assert panel.page.locator("img[src=x]").count() == 0
    assert_only_text(panel)
