"""Certificates: what is not trusted is refused in plain words, and a company's own authority is honoured."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from unit.http.sites import CERTIFICATES, Internet, Say, Site

from modelget.errors import SourceUnavailable
from modelget.http import Http

Serve = Callable[..., Site]
Client = Callable[..., Http]


@pytest.fixture
def fetch(serve: Serve, client: Client, internet: Internet) -> Callable[..., bytes]:
    """``fetch(certificate, name)``: what a site with this certificate answers under this name."""

    def run(certificate: str, name: str = "hub.example") -> bytes:
        site = serve(Say(body=b"hello"), certificate=certificate)
        internet.place(name, 443, site)
        try:
            with client(hosts=(name,)).open(f"https://{name}/x?signature=hush") as reply:
                return reply.read()
        finally:
            run.seen = site.seen  # type: ignore[attr-defined]

    return run


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_an_authority_of_the_owner_is_trusted(
    variable: str, fetch: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(CERTIFICATES / "ca.pem"))
    assert fetch("server.pem") == b"hello"


@pytest.mark.parametrize(
    ("certificate", "name", "authority"),
    [
        ("server.pem", "hub.example", None),  # nobody known signed it
        ("server.pem", "wrong.example", "ca.pem"),
        ("expired.pem", "hub.example", "ca.pem"),
        ("server.pem", "hub.example", "expired.pem"),  # another authority
    ],
)
def test_a_certificate_that_proves_nothing_is_refused_before_a_byte_is_asked_for(
    certificate: str,
    name: str,
    authority: str | None,
    fetch: Callable[..., bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if authority:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATES / authority))
    with pytest.raises(SourceUnavailable, match="certificate is not trusted") as caught:
        fetch(certificate, name)
    assert fetch.seen == []  # type: ignore[attr-defined]
    assert "REQUESTS_CA_BUNDLE" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_bundle_that_is_missing_is_named(
    fetch: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")
    with pytest.raises(SourceUnavailable, match=r"bundle\.pem"):
        fetch("server.pem")
