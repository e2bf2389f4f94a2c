"""The storage origin: a signed URL and nothing else opens it."""

from __future__ import annotations

import pytest
import requests

from modelget.hub import EmbeddedHub
from modelget.hub import storage as storage_module


def signed(hub: EmbeddedHub, name: str = "a.safetensors") -> str:
    return requests.head(hub.url("o/r", name), timeout=10).headers["Location"]


def test_any_authorization_is_refused_as_s3_does(hub: EmbeddedHub) -> None:
    response = requests.get(signed(hub), headers={"Authorization": "Bearer x"}, timeout=10)
    assert response.status_code == 400
    assert "Only one auth mechanism allowed" in response.text
    assert response.headers["Content-Type"] == "application/xml"


def test_without_a_signature_nothing_is_handed_out(hub: EmbeddedHub) -> None:
    response = requests.get(signed(hub).partition("?")[0], timeout=10)
    assert (response.status_code, "<Code>AccessDenied</Code>" in response.text) == (403, True)


@pytest.mark.parametrize(
    "change",
    [
        ("Signature=", "Signature=0"),
        ("Expires=", "Expires=9"),
        ("/o/r/a", "/o/r/b"),
        ("attachment", "inline"),
    ],
)
def test_a_changed_url_is_refused(hub: EmbeddedHub, change: tuple[str, str]) -> None:
    response = requests.get(signed(hub).replace(*change), timeout=10)
    assert (response.status_code, "<Code>SignatureDoesNotMatch</Code>" in response.text) == (403, True)


def test_an_expired_url_is_refused(hub: EmbeddedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_module, "LIFETIME", -10)
    response = requests.get(signed(hub), timeout=10)
    assert (response.status_code, "Request has expired" in response.text) == (403, True)


def test_all_urls_can_be_made_to_expire(hub_with) -> None:
    hub = hub_with()
    url = signed(hub)
    hub.expire_signed_urls()
    assert requests.get(url, timeout=10).status_code == 403
    assert requests.get(signed(hub), timeout=10).status_code == 200


def test_the_etag_of_storage_is_no_digest_and_follows_the_bytes(hub_with) -> None:
    name = "o/r/a.safetensors"
    first, second = hub_with(), hub_with(files={name: b"other bytes"})
    etags = [requests.head(signed(hub), timeout=10).headers["ETag"].strip('"') for hub in (first, second)]
    assert len(set(etags)) == 2
    assert first.content(name).sha256 not in etags


def test_odd_names_survive_the_signed_url(hub: EmbeddedHub) -> None:
    name = 'Ünet "v1" & co/+%20 100%.safetensors'
    response = requests.get(hub.url("o/r", name), timeout=10)
    assert response.content == hub.content(f"o/r/{name}").read()
    assert response.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%2B")
