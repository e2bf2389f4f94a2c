"""Tokens that a person gave us: kept for this user alone, read by the settings, never in a message."""

from __future__ import annotations

import stat
import sys

import pytest

from modelget.credentials import store_token, stored_tokens
from modelget.errors import InvalidSetting
from modelget.settings import load_settings


def test_a_token_is_kept_replaced_and_forgotten_beside_the_others(tmp_path):
    home = tmp_path / "user" / "__modelget"
    assert stored_tokens(home) == {}
    store_token(home, "huggingface", "hf_one")
    store_token(home, "civitai", "key")
    store_token(home, "huggingface", "hf_two")
    assert stored_tokens(home) == {"huggingface": "hf_two", "civitai": "key"}
    store_token(home, "huggingface", None)
    assert stored_tokens(home) == {"civitai": "key"}
    assert [file.name for file in home.iterdir()] == ["credentials.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes say nothing on Windows")
def test_nobody_else_may_read_it_even_when_it_was_open_before(tmp_path):
    home = tmp_path / "__modelget"
    store_token(home, "civitai", "key")
    (home / "credentials.json").chmod(0o666)
    store_token(home, "civitai", "other")
    assert stat.S_IMODE((home / "credentials.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_link_in_its_place_is_replaced_and_never_written_through(tmp_path):
    home, target = tmp_path / "__modelget", tmp_path / "target"
    home.mkdir()
    target.write_text("{}")
    try:
        (home / "credentials.json").symlink_to(target)
    except OSError:
        pytest.skip("this system makes no links")
    store_token(home, "civitai", "key")
    assert target.read_text() == "{}"
    assert not (home / "credentials.json").is_symlink()


def test_a_stored_token_counts_and_the_environment_wins(tmp_path):
    store_token(tmp_path, "huggingface", "hf_stored")
    store_token(tmp_path, "github", "gh_stored")
    stored = load_settings({}, home=tmp_path)
    assert (stored.hub_token.reveal(), stored.github_token.reveal()) == ("hf_stored", "gh_stored")
    assert load_settings({"HF_TOKEN": "hf_env"}, home=tmp_path).hub_token.reveal() == "hf_env"
    assert load_settings({}, home=tmp_path, offline=True).hub_token is None


@pytest.mark.parametrize("content", ["{", "[1]", '{"civitai": 5}', '{"civitai": ""}'])
def test_a_damaged_file_is_named_or_holds_nothing(tmp_path, content):
    (tmp_path / "credentials.json").write_text(content)
    if content == "{":
        with pytest.raises(InvalidSetting, match="credentials"):
            stored_tokens(tmp_path)
    else:
        assert stored_tokens(tmp_path) == {}


def test_a_broken_token_is_not_repeated(tmp_path):
    store_token(tmp_path, "civitai", "broken token")
    with pytest.raises(InvalidSetting) as caught:
        load_settings({}, home=tmp_path)
    assert "broken token" not in str(caught.value)
    assert "civitai" in str(caught.value)
