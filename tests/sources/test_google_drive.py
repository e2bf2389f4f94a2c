"""Google Drive: every form of link, the pages that stand before a file, and pages that lie."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelget.errors import SourceUnavailable
from modelget.hub import DriveRules
from modelget.sources.google_drive import DriveItem, parse_reference
from modelget.types import Evidence

from .conftest import settings_for

ID = "1AbC-dEf_GhIjKlMnOpQrStUvWxYz012"
LINK = f"https://drive.google.com/file/d/{ID}/view"
KEY = "0-aBcDeFgHiJkLmNoP"


@pytest.fixture
def ask_hub(asks, hub_with):
    """Ask a Drive whose one file is in this state: ``ask_hub("quota")`` gives the question and the hub."""

    def make(state: str | None = None, **more):
        rules = DriveRules(files={ID: "x4.pth"}, states={ID: state} if state else {}, **more)
        hub = hub_with(google_drive=rules)
        return asks("google_drive", settings_for(hub)), hub

    return make


@pytest.fixture
def ask_site(asks, hub_with, site):
    """Ask a server whose answers the test makes up."""
    return asks("google_drive", replace(settings_for(hub_with()), endpoints={"google_drive": site.origin}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LINK, DriveItem(ID)),
        (f"{LINK}?usp=sharing", DriveItem(ID)),
        (f"https://drive.google.com/file/d/{ID}", DriveItem(ID)),
        (f"https://drive.google.com/file/d/{ID}/edit#x", DriveItem(ID)),
        (f"https://drive.google.com/file/u/0/d/{ID}/preview", DriveItem(ID)),
        (f"https://drive.google.com/a/example.org/file/d/{ID}/view", DriveItem(ID)),
        (f"https://drive.google.com/open?id={ID}", DriveItem(ID)),
        (f"https://drive.google.com/uc?export=download&id={ID}&confirm=t", DriveItem(ID)),
        (f"https://drive.google.com/u/1/uc?id={ID}", DriveItem(ID)),
        (f"http://docs.google.com/uc?id={ID}", DriveItem(ID)),
        (f"https://drive.usercontent.google.com/download?id={ID}&export=download", DriveItem(ID)),
        (f"{LINK}?resourcekey={KEY}", DriveItem(ID, KEY)),
        (f"https://drive.google.com/drive/folders/{ID}?usp=sharing", DriveItem(ID, is_folder=True)),
        (f"https://drive.google.com/drive/u/0/folders/{ID}", DriveItem(ID, is_folder=True)),
        (f"https://drive.google.com/embeddedfolderview?id={ID}#list", DriveItem(ID, is_folder=True)),
        ("https://drive.google.com/drive/my-drive", None),
        ("https://drive.google.com/uc?export=download", None),
        (f"https://docs.google.com/document/d/{ID}/edit", None),
        (f"https://drive.google.com/file/d/{ID}/view/../../x", None),
        (f"https://drive.google.com/file/d/{ID}%0D%0A/view", None),
        (f"https://drive.google.com.evil.example/file/d/{ID}/view", None),
        (ID, None),
    ],
)
def test_links_are_read(text: str, expected: DriveItem | None) -> None:
    assert parse_reference(text) == expected


@pytest.mark.parametrize("item", [DriveItem(ID), DriveItem(ID, KEY), DriveItem(ID, is_folder=True)])
def test_the_link_that_is_shown_leads_back(item: DriveItem) -> None:
    assert parse_reference(item.link) == item


def test_a_file_has_name_and_size_and_no_digest(ask_hub) -> None:
    ask, hub = ask_hub()
    candidate = ask.one(f"https://drive.google.com/open?id={ID}")
    assert (candidate.id, candidate.name) == (LINK, "x4.pth")
    assert candidate.url == f"{hub.endpoint}/download?id={ID}&export=download"
    assert candidate.size == hub.content("drive/x4.pth").size
    assert (candidate.evidence, candidate.digest, candidate.barrier) == (Evidence.DECLARED_URL, None, None)


def test_behind_the_page_about_viruses_the_link_that_always_holds_is_taken(ask_hub) -> None:
    ask, hub = ask_hub("unscanned")
    candidate = ask.one(LINK)
    assert candidate.url == f"{hub.endpoint}/download?id={ID}&export=download&confirm=t"
    assert (candidate.id, candidate.name, candidate.barrier) == (LINK, "x4.pth", None)
    assert candidate.size == hub.content("drive/x4.pth").size


def test_where_that_does_not_do_the_page_is_followed_word_by_word(ask_hub) -> None:
    ask, hub = ask_hub("unscanned-uuid")
    candidate = ask.one(LINK)
    assert "&confirm=t&uuid=" in candidate.url
    assert candidate.size == hub.content("drive/x4.pth").size


def test_a_key_beside_the_id_is_kept(ask_hub) -> None:
    ask, _hub = ask_hub(keys={ID: KEY})
    candidate = ask.one(f"{LINK}?resourcekey={KEY}")
    assert candidate.barrier is None
    assert f"resourcekey={KEY}" in candidate.url
    assert ask.one(candidate.id) == candidate
    assert ask.one(LINK).barrier.kind == "login"


@pytest.mark.parametrize("state", ["private", "forbidden"])
def test_a_file_for_certain_people_says_which_page_to_open(ask_hub, state) -> None:
    barrier = ask_hub(state)[0].one(LINK).barrier
    assert barrier.kind == "login"
    assert LINK in barrier.hint


def test_nobody_is_sent_to_the_login_page(ask_hub, contacted) -> None:
    ask, hub = ask_hub("private")
    ask.one(LINK)
    assert {f"http://{host}:{port}" for host, port in contacted} == {hub.endpoint}


def test_a_file_with_a_virus_is_a_barrier(ask_hub) -> None:
    barrier = ask_hub("infected")[0].one(LINK).barrier
    assert (barrier.kind, "virus" in barrier.message) == ("removed", True)


@pytest.mark.parametrize("status", [200, 403, 429])
def test_the_quota_is_a_limit_that_says_what_to_do(ask_site, site, status) -> None:
    page = b"<html>Too many users have viewed or downloaded this file recently.</html>"
    site.says("/download", status, page, Content_Type="text/html")
    with pytest.raises(SourceUnavailable, match="within a day") as caught:
        ask_site(LINK)
    assert caught.value.kind == "rate-limited"
    assert LINK in str(caught.value)


@pytest.mark.parametrize("state", ["quota", "unscanned-quota"])
def test_the_quota_behind_the_confirm_page_is_the_same(ask_hub, state) -> None:
    with pytest.raises(SourceUnavailable, match="within a day"):
        ask_hub(state)[0](LINK)


def test_a_page_that_nobody_knows_is_a_failure_and_no_file(ask_hub) -> None:
    with pytest.raises(SourceUnavailable, match="web page") as caught:
        ask_hub("unknown")[0](LINK)
    assert caught.value.kind == "unavailable"


def test_what_is_not_there_is_nothing(ask_hub) -> None:
    assert ask_hub()[0](LINK.replace("1AbC", "2AbC")) == []


def test_a_folder_is_refused_with_a_reason_and_not_opened(ask_hub) -> None:
    ask, hub = ask_hub()
    candidate = ask.one(f"https://drive.google.com/drive/folders/{ID}")
    assert (candidate.barrier.kind, candidate.name) == ("by-hand", "wanted.safetensors")
    assert "folder" in candidate.barrier.message
    assert "--choose" in candidate.barrier.hint
    assert hub.requests == []


@pytest.mark.parametrize(
    "form",
    [
        '<form id="download-form" action="https://evil.example/x">',
        '<form action="//evil.example" id="download-form">',
        '<form id="download-form" action="javascript:x">',
    ],
)
def test_the_page_does_not_say_where_its_answers_go(ask_site, site, contacted, form) -> None:
    fields = '<input name="confirm" value="t"><input name="id" value="other"><input name="evil" value="1">'
    site.says("/download", 200, f"<html>{form}{fields}</form></html>".encode(), Content_Type="text/html")
    with pytest.raises(SourceUnavailable):
        ask_site(LINK)
    assert {f"http://{host}:{port}" for host, port in contacted} == {site.origin}
    assert all(f"id={ID}&" in path for _method, path, _headers in site.requests)
    assert not any("evil" in path or "other" in path for _method, path, _headers in site.requests)


@pytest.mark.parametrize(
    "page",
    [
        b"<html>",
        b'<html><form id="download-form">',
        b'<html><form id="download-form"><input name="confirm"></form>',
        b'<html><form id="download-form"><input name="confirm" value="a\r\nb"></form>',
        b'<html><form id="download-form"><input name="uuid" value="' + b"x" * 999 + b'"></form>',
        b"<html><![foo[" + b"<!" * 10**5,
        b'<html><form id="download-form">' + b"<input " * 10**5,
        b"<html>\xff\xfe\x00" + b"\x00" * 10**5,
    ],
    ids=lambda page: ascii(page[:40]),
)
def test_a_hostile_page_is_a_failure(ask_site, site, page) -> None:
    site.says("/download", 200, page, Content_Type="text/html")
    with pytest.raises(SourceUnavailable):
        ask_site(LINK)
    assert len(site.requests) == 1


def test_an_endless_page_is_read_to_a_limit(ask_site, site) -> None:
    site.says("/download", 200, b"<html>" + b" " * (3 * 2**20) + b"quota exceeded", Content_Type="text/html")
    with pytest.raises(SourceUnavailable, match="web page"):
        ask_site(LINK)


def test_a_redirect_off_the_list_is_a_barrier(ask_site, site) -> None:
    site.says("/download", 302, Location="https://evil.example/x?token=secret")
    barrier = ask_site.one(LINK).barrier
    assert barrier.kind == "host"
    assert "secret" not in repr(barrier)


@pytest.mark.parametrize(
    ("status", "kind"), [(429, "rate-limited"), (500, "unavailable"), (503, "unavailable")]
)
def test_a_drive_in_trouble_is_a_failure(ask_site, site, status, kind) -> None:
    site.says("/download", status, Retry_After="7")
    with pytest.raises(SourceUnavailable) as caught:
        ask_site(LINK)
    assert (caught.value.kind, caught.value.retry_after) == (kind, 7)


def test_offline_a_link_is_taken_as_it_is(asks, hub_with) -> None:
    hub = hub_with()
    candidate = asks("google_drive", settings_for(hub, offline=True)).one(LINK)
    assert (candidate.name, candidate.size, candidate.barrier) == ("wanted.safetensors", None, None)
    assert hub.requests == []
