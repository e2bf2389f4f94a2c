"""What the owner may allow by settings: other machines, and names of this server. Other sites stay out."""

from __future__ import annotations

import requests

ENVIRON = {"MODELGET_REMOTE": "1", "MODELGET_HOSTS": "models.example"}


def post(client, path, headers):
    headers = {"X-Modelget-Token": client.token} | headers
    return requests.post(f"{client.url}/modelget/{path}", json={}, headers=headers, timeout=30)


def test_a_listed_name_and_a_tunnel_may_change_what_the_owner_allowed(client):
    for headers in (
        {"X-Forwarded-For": "203.0.113.9"},
        {"Host": "models.example"},
        {"Host": "models.example:8188", "Origin": "http://models.example:8188"},
        {"Host": "192.168.1.5:8188"},
    ):
        assert post(client, "credentials/github/test", headers).json()["result"] == "none", headers
    assert client.get("settings")["remote"] is True


def test_other_sites_and_names_that_are_not_listed_stay_out(client):
    for headers in (
        {"Host": "evil.example"},
        {"Host": "x.models.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Host": "models.example", "Origin": "http://evil.example"},
        {"X-Modelget-Token": "wrong"},
    ):
        assert post(client, "credentials/github/test", headers).status_code == 403, headers


def test_the_security_settings_cannot_be_changed_over_http(client):
    for path in ("settings", "settings/remote", "config"):
        answer = requests.post(
            f"{client.url}/modelget/{path}",
            json={"remote": False},
            headers={"X-Modelget-Token": client.token},
            timeout=30,
        )
        assert answer.status_code in (404, 405)
    assert client.get("settings")["remote"] is True
