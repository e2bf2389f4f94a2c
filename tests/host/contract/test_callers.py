"""Who may ask: every route of ours against pages of other sites, names that were rebound, tunnels and forms."""

from __future__ import annotations

import importlib.util
import socket

import pytest
import requests
from host.stand_in import PACK
from makers import hub_link, loader

GETS = ["settings", "state", "plans/{plan}"]
LOOKS = ["plan", "plans/{plan}/rescan"]
CHANGES = [
    "plans/{plan}/install",
    "plans/{plan}/pause",
    "plans/{plan}/resume",
    "plans/{plan}/cancel",
    "plans/{plan}/retry",
    "credentials/huggingface",
    "credentials/huggingface/test",
]
POSTS = [*LOOKS, *CHANGES]

OTHER_SITES = {
    "another site": {"Origin": "http://evil.example"},
    "another port": {"Origin": "http://127.0.0.1:1"},
    "a sandboxed page": {"Origin": "null"},
    "a file": {"Origin": "file://"},
    "a longer name": {"Origin": "http://127.0.0.1.evil.example"},
    "a name in a user's place": {"Origin": "http://{host}@evil.example"},
    "cross-site": {"Sec-Fetch-Site": "cross-site"},
    "same-site": {"Sec-Fetch-Site": "same-site"},
}
REBOUND = {
    "rebound": {"Host": "evil.example:{port}", "Origin": "http://evil.example:{port}"},
    "rebound without origin": {"Host": "evil.example:{port}"},
    "ends like localhost": {"Host": "localhost.evil.example:{port}"},
    "starts like localhost": {"Host": "notlocalhost:{port}"},
    "with a dot": {"Host": "localhost.:{port}"},
    "an odd spelling": {"Host": "127.1:{port}"},
    "a number": {"Host": "2130706433:{port}"},
    "with a user": {"Host": "localhost@evil.example:{port}"},
    "no host": {"Host": ""},
}
TUNNELS = {
    "nginx": {"X-Forwarded-For": "203.0.113.9"},
    "nginx, address": {"X-Real-IP": "203.0.113.9"},
    "standard": {"Forwarded": "for=203.0.113.9"},
    "cloudflared": {"CF-Connecting-IP": "203.0.113.9", "CF-Ray": "1"},
    "ngrok": {"X-Forwarded-Proto": "https"},
    "tailscale": {"Tailscale-User-Login": "a@b.example"},
    "a proxy": {"Via": "1.1 proxy"},
    "a router": {"X-Forwarded-Host": "x.example"},
    "a load balancer": {"X-Amzn-Trace-Id": "Root=1"},
    "fly": {"Fly-Client-IP": "203.0.113.9"},
    "akamai": {"True-Client-IP": "203.0.113.9"},
    "envoy": {"X-Envoy-External-Address": "203.0.113.9"},
    "an empty header": {"X-Forwarded-For": ""},
    "by an address of the network": {"Host": "192.168.1.5:{port}"},
}


@pytest.fixture(scope="module")
def plan(client):
    node = loader(1, "wanted.safetensors", "vae", hub_link("o/r", "wanted.safetensors"))
    return client.plan(node)["plan"]


@pytest.fixture
def ask(client, plan):
    """Send a request as somebody else would, by everything that the panel knows."""
    port = client.url.rpartition(":")[2]

    def asking(method, path, headers, **more):
        filled = {name: value.format(port=port, host=f"127.0.0.1:{port}") for name, value in headers.items()}
        url = f"{client.url}/{more.pop('prefix', '')}modelget/{path.format(plan=plan)}"
        if method == "POST":
            filled = {"X-Modelget-Token": client.token, **filled}
            more = {"json": {}} | more
        return requests.request(method, url, headers=filled, timeout=30, **more)

    return asking


def test_these_are_all_our_routes():
    """A route that is added must be added here too."""
    spec = importlib.util.spec_from_file_location("table", PACK / "adapters" / "table.py")
    table = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(table)
    known = {
        (method, path.replace("huggingface", "{place}"))
        for method, paths in (("GET", GETS), ("POST", POSTS))
        for path in paths
    }
    assert {(route.method, route.path) for route in table.ROUTES} == known
    assert {route.path for route in table.ROUTES if route.changes} == {
        path.replace("huggingface", "{place}") for path in CHANGES
    }


def every(method, paths):
    return [(method, path, prefix) for path in paths for prefix in ("", "api/")]


@pytest.mark.parametrize("attack", [*OTHER_SITES, *REBOUND])
def test_pages_of_other_sites_and_rebound_names_are_refused_everywhere(ask, client, attack):
    headers = (OTHER_SITES | REBOUND)[attack]
    for method, path, prefix in [*every("GET", GETS), *every("POST", POSTS)]:
        answer = ask(method, path, headers, prefix=prefix)
        assert answer.status_code in (400, 403), (method, path, answer.text)
        assert client.token not in answer.text
    assert client.file("vae/wanted.safetensors")["phase"] == ""


@pytest.mark.parametrize("tunnel", TUNNELS)
def test_callers_through_a_tunnel_may_look_and_change_nothing(ask, client, tunnel):
    for path in CHANGES:
        answer = ask("POST", path, TUNNELS[tunnel])
        assert answer.status_code == 403, (path, answer.text)
        assert "remote = true" in answer.json()["error"]["hint"]
    settings = ask("GET", "settings", TUNNELS[tunnel]).json()
    assert settings["may_change"] is False
    assert ask("GET", "state", TUNNELS[tunnel]).status_code == 200
    assert client.file("vae/wanted.safetensors")["phase"] == ""


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://{host}"}, {"Sec-Fetch-Site": "same-origin"}])
def test_the_panel_itself_is_let_through(ask, headers):
    assert ask("POST", "plans/{plan}/rescan", headers).status_code == 200
    assert ask("GET", "settings", headers).json()["may_change"] is True


@pytest.mark.parametrize("token", [None, "", "wrong", "é", "x" * 5000])
def test_without_this_runs_token_nothing_is_taken(client, plan, token):
    headers = {} if token is None else {"X-Modelget-Token": token.encode()}
    for path in POSTS:
        url = f"{client.url}/modelget/{path.format(plan=plan)}"
        assert requests.post(url, json={}, headers=headers, timeout=30).status_code in (400, 403)


def test_two_tokens_or_two_origins_are_refused(client, plan):
    host, port = client.url.removeprefix("http://").split(":")
    for lines in (
        [f"X-Modelget-Token: {client.token}", "X-Modelget-Token: x"],
        [f"X-Modelget-Token: {client.token}", f"Origin: {client.url}", "Origin: http://evil.example"],
    ):
        head = [f"POST /modelget/plans/{plan}/install HTTP/1.1", f"Host: {host}:{port}", *lines]
        head += ["Content-Type: application/json", "Content-Length: 2", "Connection: close", "", "{}"]
        with socket.create_connection((host, int(port)), 30) as connection:
            connection.sendall("\r\n".join(head).encode())
            assert connection.recv(100).split()[1] in (b"400", b"403")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "text/plain; application/json",
        "application/json-patch+json",
        "",
    ],
)
def test_what_a_form_can_send_is_no_request_of_ours(ask, client, content_type):
    for path in POSTS:
        answer = ask("POST", path, {"Content-Type": content_type}, json=None, data=b"{}")
        assert answer.status_code == 415, (path, answer.text)
    assert client.file("vae/wanted.safetensors")["phase"] == ""


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff\xfe", b"[" * 5000, b'{"item": NaN'])
def test_what_is_not_an_object_in_json_is_refused(ask, body):
    answer = ask("POST", "plans/{plan}/install", {"Content-Type": "application/json"}, json=None, data=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["kind"] == "InvalidRequest"


def test_bodies_are_bounded_with_and_without_a_length(ask):
    large = b'{"item": "' + b"0" * 70_000 + b'"}'
    for body in (large, iter([large])):
        answer = ask(
            "POST", "plans/{plan}/install", {"Content-Type": "application/json"}, json=None, data=body
        )
        assert answer.status_code == 413
    answer = ask("POST", "plan", {"Content-Type": "application/json"}, json=None, data=b" " * 20_000_001)
    assert answer.status_code == 413


@pytest.mark.parametrize("path", POSTS)
def test_nothing_is_changed_or_asked_for_by_a_get(ask, path):
    assert ask("GET", path, {}).status_code in (404, 405)


def test_answers_are_not_kept_by_caches_and_no_other_site_is_invited(ask):
    for path in GETS:
        answer = ask("GET", path, {})
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in answer.headers
