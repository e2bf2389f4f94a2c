"""Too little room on the disk is said before anything is fetched."""

from __future__ import annotations

import re

from makers import hub_link, loader
from playwright.sync_api import expect

TOML = "[limits]\nspare_gib = 900000\n"


def test_what_does_not_fit_is_not_begun_and_the_lack_is_told(panel, models, hub):
    panel.load([loader(1, "large.safetensors", "vae", hub_link("o/r", "large.safetensors"))])
    panel.expect_status("large.safetensors", "fetch")
    expect(panel.trouble).to_have_text(re.compile(r"[\d.]+ TB more disk space is needed"))
    expect(panel.root.locator("[data-deed=install-all]")).to_be_disabled()
    panel.do("large.safetensors", "install")
    expect(panel.page.get_by_role("alert").first).to_be_visible()
    panel.expect_status("large.safetensors", "fetch")
    assert hub.storage_bytes == 0
    assert not (models / "vae" / "large.safetensors").exists()
