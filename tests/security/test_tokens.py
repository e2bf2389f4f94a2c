"""A token goes to the origin it belongs to, in one header, and is written down nowhere."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from unit.http.sites import CERTIFICATES, Internet, Say, Seen, Site, forget_environment, in_turn, redirect

from modelget.errors import HostNotAllowed, InvalidSetting, ModelgetError, SourceUnavailable
from modelget.hosts import HostPolicy
from modelget.http import Clock, Http
from modelget.hub import EmbeddedHub, HubRules
from modelget.settings import TOKEN_NAMES, Secret, load_settings

TOKEN = "hf_CanaryCanaryCanaryCanary"
SENT = f"Bearer {TOKEN}"
Serve = Callable[..., Site]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_environment(monkeypatch)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATES / "ca.pem"))


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda *given, **named: stack.enter_context(Site(*given, **named))


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    return Internet(monkeypatch)


def client(credentials: Mapping[str, str], *origins: str, hosts: tuple[str, ...] = ()) -> Http:
    secrets = {origin: Secret(token) for origin, token in credentials.items()}
    return Http(HostPolicy.of(hosts, origins), secrets, clock=Clock(sleep=lambda _seconds: None))


HUB, OTHER = "https://hub.example", "https://other.example"
PLACES = {  # name and port of every server there is; all are on the list of hosts
    HUB: ("hub.example", 443),
    f"{HUB}:8443": ("hub.example", 8443),
    OTHER: ("other.example", 443),
    "https://cdn.hub.example": ("cdn.hub.example", 443),
    "https://hub.example.evil.example": ("hub.example.evil.example", 443),
    "http://hub.example": ("hub.example", 80),
    "http://plain.hub.example": ("plain.hub.example", 80),
}
ROWS = {
    "the only hop": ([HUB], [True]),
    "same origin": ([HUB, HUB], [True, True]),
    "same origin, five times": ([HUB] * 6, [True] * 6),
    "same origin, default port written out": ([HUB, f"{HUB}:443"], [True, True]),
    "same origin, default port left out": ([f"{HUB}:443", HUB], [True, True]),
    "same origin, capitals": ([HUB, "HTTPS://HUB.Example"], [True, True]),
    "capitals from the start": (["https://Hub.EXAMPLE", HUB], [True, True]),
    "another host": ([HUB, OTHER], [True, False]),
    "another host, default port written out": ([HUB, f"{OTHER}:443"], [True, False]),
    "another port": ([HUB, f"{HUB}:8443"], [True, False]),
    "another port first": ([f"{HUB}:8443", HUB], [False, False]),
    "a name below": ([HUB, "https://cdn.hub.example"], [True, False]),
    "from a name below to the one above": (["https://cdn.hub.example", HUB], [False, False]),
    "a look-alike": ([HUB, "https://hub.example.evil.example"], [True, False]),
    "away and back": ([HUB, OTHER, HUB], [True, False, False]),
    "same origin, away and back": ([HUB, HUB, OTHER, HUB, HUB], [True, True, False, False, False]),
    "to another port and back": ([HUB, f"{HUB}:8443", HUB], [True, False, False]),
    "away and further away": ([HUB, OTHER, "https://cdn.hub.example"], [True, False, False]),
    "from elsewhere": ([OTHER, HUB], [False, False]),
    "from plain http": (["http://plain.hub.example", HUB], [False, False]),
}


@pytest.fixture
def world(serve: Serve, internet: Internet) -> Callable[[list[str], int], list[str | None]]:
    """``world(hops, status)``: follow the hops, and tell the Authorization header each of them received."""

    def follow(hops: list[str], status: int) -> list[str | None]:
        received: dict[int, str | None] = {}

        def answer(seen: Seen) -> Say:
            at = int(seen.path.strip("/"))
            assert at not in received
            received[at] = seen.authorization
            return Say() if at == len(hops) - 1 else redirect(f"{hops[at + 1]}/{at + 1}", status)

        for origin, (name, port) in PLACES.items():
            certificate = "server.pem" if origin.startswith("https:") else None
            internet.place(name, port, serve(answer, certificate=certificate))
        client({HUB: TOKEN, "http://hub.example": TOKEN}, *PLACES).open(f"{hops[0]}/0").close()
        return [received[at] for at in range(len(hops))]

    return follow


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("row", ROWS)
def test_only_the_origin_of_a_token_receives_it_and_only_until_the_first_hop_away(
    row: str, status: int, world: Callable[[list[str], int], list[str | None]]
) -> None:
    hops, expected = ROWS[row]
    assert world(hops, status) == [SENT if sent else None for sent in expected]


@pytest.mark.parametrize(
    "location",
    [
        "http://hub.example/1",  # listed, and a token belongs to it; but plain
        "https://hub.example./1",
        "https://hub.example@other.example/1",
        "https://other.example@hub.example/1",
        "https://hub.example\\.other.example/1",
        "https://unlisted.example/1",
    ],
)
def test_a_redirect_that_is_refused_takes_no_token_along(
    location: str, serve: Serve, internet: Internet
) -> None:
    places = {origin: serve(Say(), certificate="server.pem") for origin in (HUB, OTHER)}
    plain = serve(Say())
    internet.place("hub.example", 443, places[HUB])
    internet.place("other.example", 443, places[OTHER])
    internet.place("hub.example", 80, plain)
    places[HUB].answering = lambda _seen: redirect(location)
    http = client({HUB: TOKEN, "http://hub.example": TOKEN}, HUB, OTHER, "http://hub.example")
    with pytest.raises(HostNotAllowed) as caught:
        http.open(f"{HUB}/0")
    assert (places[HUB].tokens, places[OTHER].connections, plain.connections) == ([SENT], 0, 0)
    assert TOKEN not in f"{caught.value}{caught.value.hint}"


def test_each_origin_gets_its_own_token_and_a_redirect_brings_none(serve: Serve) -> None:
    second = serve(Say())
    first = serve(in_turn(redirect(f"{second.origin}/x"), Say()))
    http = client({first.origin: TOKEN, second.origin: "other"}, first.origin, second.origin)
    http.open(f"{first.origin}/x").close()
    http.open(f"{second.origin}/x").close()
    http.open(f"{first.origin}/x").close()
    assert (first.tokens, second.tokens) == ([SENT, SENT], [None, "Bearer other"])


def test_a_cookie_that_carries_a_token_goes_no_further_than_the_token(serve: Serve) -> None:
    second = serve(Say())
    first = serve(in_turn(redirect("/y"), redirect(f"{second.origin}/x"), Say(401), Say()))
    secrets = {first.origin: Secret(TOKEN, "session")}
    http = Http(HostPolicy.of((), (first.origin, second.origin)), secrets)
    http.open(f"{first.origin}/x").close()
    http.open(f"{first.origin}/stale").close()
    sent = f"session={TOKEN}"
    assert [seen.headers["Cookie"] for seen in first.seen] == [sent, sent, sent, None]
    assert [seen.headers["Cookie"] for seen in second.seen] == [None]


def test_storage_behind_the_hub_gets_no_token() -> None:
    with EmbeddedHub(HubRules(tokens={TOKEN: frozenset()})) as hub:
        http = client({hub.endpoint: TOKEN}, hub.endpoint, hub.storage_origin)
        http.open(hub.url("o/r", "model.safetensors"), headers={"Range": "bytes=0-9"}).close()
        seen = [(request.origin, request.authorized) for request in hub.requests]
    assert seen == [("hub", True), ("storage", False)]


def test_a_stale_token_does_not_hide_a_public_file(serve: Serve) -> None:
    site = serve(lambda seen: Say(401 if seen.authorization else 200, body=b"public"))
    with client({site.origin: TOKEN}, site.origin).open(f"{site.origin}/x") as reply:
        assert (reply.status, reply.read()) == (200, b"public")
    assert site.tokens == [SENT, None]


def test_a_file_that_needs_a_token_is_asked_for_without_one_only_once(serve: Serve) -> None:
    site = serve(lambda seen: Say(401, body=b"with" if seen.authorization else b"without"))
    with client({site.origin: TOKEN}, site.origin).open(f"{site.origin}/x") as reply:
        assert (reply.status, reply.read()) == (401, b"with")
    assert site.tokens == [SENT, None]


@pytest.mark.parametrize("status", [403, 404, 429, 500])
def test_another_refusal_is_not_about_the_token(status: int, serve: Serve) -> None:
    site = serve(Say(status))
    client({site.origin: TOKEN}, site.origin).open(f"{site.origin}/x").close()
    assert site.tokens == [SENT]


def test_without_a_token_401_is_final(serve: Serve) -> None:
    site = serve(Say(401))
    client({}, site.origin).open(f"{site.origin}/x").close()
    assert site.tokens == [None]


@pytest.mark.parametrize("name", [".netrc", "_netrc"])
def test_netrc_adds_no_credentials(
    name: str, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_text("machine 127.0.0.1 login joe password hunter2\n", encoding="utf-8")
    (tmp_path / name).chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / name))
    site = serve(in_turn(redirect("/again"), Say()))
    client({}, site.origin).open(f"{site.origin}/x").close()
    assert site.tokens == [None, None]


def test_a_proxy_is_not_told_the_token_of_a_tunnel(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(Say(403))
    monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
    with pytest.raises(SourceUnavailable):
        client({HUB: TOKEN}, hosts=("hub.example",)).open(f"{HUB}/x")
    assert [seen.method for seen in proxy.seen] == ["CONNECT"]
    assert not any(TOKEN in str(seen.headers) for seen in proxy.seen)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "  ", "\n\n"])
def test_white_space_around_a_token_is_not_sent(ending: str, serve: Serve) -> None:
    site = serve(Say())
    client({site.origin: f" {TOKEN}{ending}"}, site.origin).open(f"{site.origin}/x").close()
    assert site.tokens == [SENT]


BROKEN = [
    f"{TOKEN}\r\nX-Evil: 1",
    f"{TOKEN}\n{TOKEN}",
    f"{TOKEN} x",
    f"{TOKEN}\x00",
    f"{TOKEN}é",
    TOKEN * 200,
]


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("variable", [name for names in TOKEN_NAMES.values() for name in names])
def test_a_broken_token_is_refused_by_its_variable_and_not_repeated(variable: str, broken: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        load_settings({variable: broken})
    assert variable in str(caught.value)
    assert TOKEN not in "".join(traceback.format_exception(caught.value)) + caught.value.hint


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret(TOKEN)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r:>9}", "%s" % secret, repr([secret])]  # noqa: UP031
    assert not any(TOKEN in text for text in shown)
    assert secret.reveal() == TOKEN
    assert not hasattr(secret, "__dict__")
    with pytest.raises(TypeError):
        json.dumps(secret)


def test_settings_show_no_token_in_whatever_way_they_are_printed() -> None:
    settings = load_settings({"HF_TOKEN": TOKEN, "CIVITAI_TOKEN": TOKEN, "GH_TOKEN": TOKEN})
    assert settings.hub_token is not None
    assert settings.hub_token.reveal() == TOKEN
    shown = [settings, dataclasses.asdict(settings), copy.deepcopy(settings), settings.credentials]
    assert not any(TOKEN in text for thing in shown for text in (str(thing), repr(thing), f"{thing}"))


def _failures(serve: Serve) -> Iterator[tuple[str, Site]]:
    yield "refused", serve(Say(403))
    yield "busy", serve(Say(429, {"Retry-After": "9"}))
    yield "not JSON", serve(Say(body=b"<html>"))
    yield "compressed", serve(Say(200, {"Content-Encoding": "gzip"}))
    yield "cut", serve(Say(body=b"x", length=99))
    yield "loop", serve(redirect("/again"))
    yield "off the list", serve(redirect("https://evil.example/"))
    yield "nonsense", serve(redirect("file:///x"))
    yield "stale", serve(Say(401))


def test_no_failure_and_no_log_repeats_a_token(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    for name, site in _failures(serve):
        http = client({site.origin: TOKEN}, site.origin)
        told.append(repr(http) + repr(vars(http)))
        with pytest.raises(ModelgetError) as caught:
            http.get_json(f"{site.origin}/x")
        told.append("".join(traceback.format_exception(caught.value)) + caught.value.hint)
        assert SENT in site.tokens, name
    with Site(Say()) as gone:
        http = client({gone.origin: TOKEN}, gone.origin)
    with pytest.raises(SourceUnavailable) as refused:
        http.get_json(f"{gone.origin}/x")
    told.append("".join(traceback.format_exception(refused.value)))
    assert caplog.records
    assert not any(TOKEN in text for text in [*told, caplog.text, *map(repr, map(vars, caplog.records))])


def test_a_token_is_bound_to_the_origin_of_the_settings_alone() -> None:
    settings = load_settings({"HF_TOKEN": TOKEN, "MODELGET_ALLOW_HOSTS": "http://127.0.0.1:1"})
    assert list(settings.credentials) == ["https://huggingface.co"]
