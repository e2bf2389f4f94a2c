"""What stands between: said in words, with the next step and the page to open."""

from __future__ import annotations

import re

from browser.panel import PanelPage
from makers import hub_link, loader
from playwright.sync_api import expect

from modelget.hub import CivitaiFile, CivitaiVersion, HubRules

WRONG = "d" * 64
SWAPPED = CivitaiFile(
    900, "x-2MiB.safetensors", published={"SHA256": WRONG, "AutoV2": WRONG[:10]}, primary=True
)
HUB = HubRules(
    gated=frozenset({"o/gated", "o/opened"}),
    tokens={"hf_right_token": frozenset({"o/opened"})},
    corrupt=frozenset({"o/bad/broken.safetensors", "o/bad/unseen.safetensors"}),
    missing=frozenset({"o/gone"}),
    civitai=(
        CivitaiVersion(70, barrier="early-access"),
        CivitaiVersion(80, barrier="archived"),
        CivitaiVersion(90, files=(SWAPPED,)),
    ),
)


def vae(name, repo="o/r", number=1):
    return loader(number, name, "vae", hub_link(repo, name))


def test_a_gated_model_shows_a_lock_and_the_page_where_its_terms_are(panel, hub):
    panel.load([vae("locked.safetensors", "o/gated")])
    panel.expect_status("locked.safetensors", "denied")
    row = panel.row("locked.safetensors")
    expect(row.locator(".modelget-mark-warn", has_text="Terms to accept").locator(".pi-lock")).to_be_visible()
    link = row.get_by_role("link", name="Open its page")
    expect(link).to_have_attribute("href", re.compile("/o/gated"))
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(row.locator("[data-deed=install]")).to_have_count(0)
    expect(panel.root.locator("[data-deed=install-all]")).to_be_hidden()


def test_a_token_opens_a_gated_model_and_is_never_shown_again(panel: PanelPage):
    panel.load([vae("opened.safetensors", "o/opened")])
    panel.expect_status("opened.safetensors", "denied")
    panel.do("opened.safetensors", "set-token")
    field = panel.page.get_by_label("Token for Hugging Face")
    field.fill("hf_wrong_token")
    panel.press("save-huggingface")
    panel.press("test-huggingface")
    expect(panel.root.locator("[data-place=huggingface] [role=status]")).to_contain_text("refused")
    field.fill("hf_right_token")
    panel.press("save-huggingface")
    expect(panel.root.locator("[data-place=huggingface] [role=status]")).to_contain_text("not be shown again")
    panel.expect_status("opened.safetensors", "fetch")
    panel.press("test-huggingface")
    expect(panel.root.locator("[data-place=huggingface] [role=status]")).to_contain_text("works")
    expect(field).to_have_value("")
    assert "hf_right_token" not in panel.page.content()
    assert "hf_right_token" not in panel.page.evaluate(
        "() => JSON.stringify([{...localStorage}, {...sessionStorage}])"
    )
    panel.do("opened.safetensors", "install")
    panel.expect_status("opened.safetensors", "present")
    panel.press("remove-huggingface")
    expect(panel.root.locator("[data-place=huggingface]")).to_contain_text("not set")


def test_wrong_bytes_fail_in_words_and_the_others_arrive(panel, models):
    panel.load([vae("broken.safetensors", "o/bad"), vae("whole.safetensors", number=2)])
    panel.expect_status("whole.safetensors", "fetch")
    panel.press("install-all")
    panel.expect_status("whole.safetensors", "present")
    panel.expect_status("broken.safetensors", "failed")
    expect(panel.row("broken.safetensors").get_by_role("alert")).to_contain_text("sha256")
    expect(panel.row("broken.safetensors").locator("[data-deed=retry]")).to_be_visible()
    assert not (models / "vae" / "broken.safetensors").exists()
    panel.expect_badge("1")


def test_a_repository_that_is_gone_says_so(panel):
    panel.load([vae("gone.safetensors", "o/gone")])
    expect(panel.row("gone.safetensors")).not_to_have_attribute("data-status", "looking")
    expect(panel.row("gone.safetensors").locator(".modelget-hint").first).not_to_be_empty()
    expect(panel.row("gone.safetensors").locator("[data-deed=install]")).to_have_count(0)


def test_early_access_and_archived_models_are_told_apart(panel):
    links = (
        "https://civitai.com/models/7?modelVersionId=70",
        "https://civitai.com/models/8?modelVersionId=80",
    )
    panel.load(
        [loader(1, "early.safetensors", "loras", links[0]), loader(2, "old.safetensors", "loras", links[1])]
    )
    panel.expect_status("early.safetensors", "denied")
    panel.expect_status("old.safetensors", "denied")
    expect(panel.row("early.safetensors")).to_contain_text("early access")
    expect(panel.row("old.safetensors")).to_contain_text("Removed")


def test_a_format_that_can_run_code_waits_for_a_persons_word(panel):
    panel.load([loader(1, "old.ckpt", "checkpoints", hub_link("o/r", "old.ckpt"))])
    panel.expect_status("old.ckpt", "choose")
    expect(panel.row("old.ckpt")).to_contain_text("can run code")
    panel.do("old.ckpt", "consent")
    panel.expect_status("old.ckpt", "present")


def test_of_several_files_of_one_name_a_person_chooses(panel, hub, models):
    node = vae("twice.safetensors", "o/first")
    declared = node["properties"]["models"]
    declared.append(declared[0] | {"url": hub_link("o/second", "twice.safetensors")})
    panel.load([node])
    panel.expect_status("twice.safetensors", "choose")
    choices = panel.row("twice.safetensors").locator(".modelget-candidates > li")
    expect(choices).to_have_count(2)
    choices.filter(has_text="o/second").get_by_role("button", name="Use this one").click()
    panel.expect_status("twice.safetensors", "present")
    assert (models / "vae" / "twice.safetensors").read_bytes() == hub.content(
        "o/second/twice.safetensors"
    ).read()


def test_a_model_for_an_unknown_folder_asks_which(panel, models):
    unknown = loader(1, "somewhere.safetensors", "vae") | {"type": "SomeNodeOfAPack"}
    unknown["properties"]["models"] = [
        {"name": "somewhere.safetensors", "url": hub_link("o/r", "somewhere.safetensors")}
    ]
    panel.load([unknown])
    panel.expect_status("somewhere.safetensors", "choose")
    panel.row("somewhere.safetensors").get_by_label("Model folder").select_option("loras")
    panel.do("somewhere.safetensors", "install-there")
    panel.expect_status("somewhere.safetensors", "present")
    assert (models / "loras" / "somewhere.safetensors").is_file()


def test_a_server_that_does_not_answer_is_told_and_found_again(open_page):
    panel = open_page(lambda page: page.route("**/modelget/plan", lambda route: route.abort()))
    panel.load([vae("unasked.safetensors")]).show()
    expect(panel.trouble).to_be_visible()
    panel.page.unroute("**/modelget/plan")
    panel.press("rescan")
    panel.expect_status("unasked.safetensors", "fetch")
    expect(panel.trouble).to_be_hidden()


def test_a_failure_is_told_though_the_panel_is_closed(panel):
    panel.load([vae("unseen.safetensors", "o/bad")])
    panel.expect_status("unseen.safetensors", "fetch")
    panel.page.evaluate("""() => { document.querySelector("[data-deed=install-all]").click();
      document.querySelector("[data-deed=close]").click() }""")
    expect(panel.page.get_by_test_id("toast").filter(has_text="unseen.safetensors:")).to_be_visible()


def test_bytes_that_were_kept_aside_wait_for_a_persons_word(panel, hub, models):
    link = "https://civitai.com/api/download/models/90"
    panel.load([loader(1, "swapped.safetensors", "vae", link)])
    panel.expect_status("swapped.safetensors", "fetch")
    panel.do("swapped.safetensors", "install")
    panel.expect_status("swapped.safetensors", "failed")
    expect(panel.row("swapped.safetensors")).to_contain_text("differing: AUTOV2")
    panel.do("swapped.safetensors", "consent")
    panel.expect_status("swapped.safetensors", "present")
    placed = (models / "vae" / "swapped.safetensors").read_bytes()
    assert placed == hub.content(f"civitai/90/{SWAPPED.name}").read()
