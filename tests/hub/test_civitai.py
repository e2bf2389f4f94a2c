"""Civitai's protocol, asked with plain HTTP."""

from __future__ import annotations

import hashlib
import zlib

import pytest
import requests

from modelget.hub import CivitaiFile, CivitaiVersion, EmbeddedHub, RateLimit

CHECKPOINT = CivitaiVersion(
    id=700,
    model_id=60,
    name="v2",
    model_name="Dream",
    type="Checkpoint",
    base_model="SD 1.5",
    files=(
        CivitaiFile(7001, "dream_v2.safetensors", size="full", fp="fp32"),
        CivitaiFile(7002, "dream_v2_pruned.safetensors", primary=True),
        CivitaiFile(7003, "dream_v2.ckpt", format="PickleTensor", pickle_scan="Danger"),
        CivitaiFile(7004, "dream.vae.pt", type="VAE", format="Other"),
    ),
    allow_commercial_use=("Image",),
    allow_derivatives=False,
)
OLDER = CivitaiVersion(id=650, model_id=60, model_name="Dream", type="Checkpoint")


def get(hub: EmbeddedHub, path: str, **headers: str) -> requests.Response:
    return requests.get(hub.endpoint + path, headers=headers, allow_redirects=False, timeout=10)


def test_any_version_exists_and_is_described(hub: EmbeddedHub) -> None:
    version = get(hub, "/api/v1/model-versions/1234").json()
    (file,) = version["files"]
    content = hub.content("civitai/1234/civitai_1234.safetensors")
    assert (version["id"], version["modelId"], version["baseModel"]) == (1234, 123, "SDXL 1.0")
    assert version["model"] == {"name": "Model 123", "type": "LORA", "nsfw": False, "poi": False}
    assert version["air"] == "urn:air:sdxl:lora:civitai:123@1234"
    assert version["availability"] == "Public"
    assert file["name"] == "civitai_1234.safetensors"
    assert file["sizeKB"] == content.size / 1024
    assert isinstance(file["sizeKB"], float)
    assert file["metadata"] == {"format": "SafeTensor", "size": "pruned", "fp": "fp16"}
    sha256, tensors = content.sha256.upper(), content.tensors_sha256.upper()
    crc32 = zlib.crc32(content.read()).to_bytes(4, "little").hex().upper()
    hashes = {"AutoV2": sha256[:10], "AutoV3": tensors[:12], "CRC32": crc32, "SHA256": sha256}
    assert file["hashes"] == hashes
    assert (file["primary"], file["type"], file["pickleScanResult"]) == (True, "Model", "Success")
    assert file["downloadUrl"] == version["downloadUrl"] == hub.civitai_url(1234)


def test_download_urls_name_the_host_that_was_asked(hub: EmbeddedHub) -> None:
    version = get(hub, "/api/v1/model-versions/1234", Host="civitai.example:8000").json()
    assert version["downloadUrl"].startswith("http://civitai.example:8000/api/download/")


def test_only_other_files_are_described_in_their_url(hub_with) -> None:
    hub = hub_with(civitai=(CHECKPOINT,))
    full, pruned, *_ = get(hub, "/api/v1/model-versions/700").json()["files"]
    assert (full["primary"], pruned["primary"]) == (False, True)
    assert full["downloadUrl"].endswith("/700?type=Model&format=SafeTensor&size=full&fp=fp32")
    assert pruned["downloadUrl"].endswith("/700")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("", "dream_v2_pruned.safetensors"),
        ("?fileId=7003", "dream_v2.ckpt"),
        ("?type=Model&format=SafeTensor&size=full&fp=fp32", "dream_v2.safetensors"),
        ("?type=VAE", "dream.vae.pt"),
        ("?fileId=9", None),
        ("?type=Model&format=GGUF", None),
    ],
)
def test_a_download_picks_its_file(hub_with, query: str, name: str | None) -> None:
    hub = hub_with(civitai=(CHECKPOINT,))
    answer = get(hub, f"/api/download/models/700{query}")
    if name is None:
        assert (answer.status_code, answer.json()) == (404, {"error": "File not found"})
        return
    assert answer.status_code == 307
    assert answer.headers["Location"].startswith(hub.storage_origin)
    body = requests.get(answer.headers["Location"], timeout=10)
    assert body.content == hub.content(f"civitai/700/{name}").read()
    assert body.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{name}"


def test_a_download_forwarded_with_its_token_is_refused(hub_with) -> None:
    hub = hub_with(civitai_tokens=frozenset({"key"}))
    answer = get(hub, "/api/download/models/700", Authorization="Bearer key")
    forwarded = requests.get(answer.headers["Location"], headers={"Authorization": "Bearer key"}, timeout=10)
    assert forwarded.status_code == 400


@pytest.mark.parametrize(
    ("barrier", "status", "key", "text"),
    [
        ("login", 401, "message", "requires you to be logged in"),
        ("disabled", 401, "message", "has disabled downloads"),
        ("early-access", 403, "error", "Early Access"),
        ("forbidden", 403, "message", "You do not have access"),
        ("missing", 404, "error", "File not found"),
        ("archived", 410, "error", "Model archived"),
        ("region", 451, "code", "REGION_BLOCKED"),
    ],
)
def test_barriers_answer_as_civitai_does(hub_with, barrier, status, key, text) -> None:
    hub = hub_with(civitai=(CivitaiVersion(5, barrier=barrier),), civitai_tokens=frozenset({"key"}))
    answer = get(hub, "/api/download/models/5")
    assert answer.status_code == status
    assert text in answer.json()[key]
    with_key = get(hub, "/api/download/models/5", Authorization="Bearer key").status_code
    assert with_key == (307 if barrier == "login" else status)
    assert get(hub, "/api/v1/model-versions/5").status_code == 200


def test_early_access_tells_when_it_ends(hub_with) -> None:
    hub = hub_with(civitai=(CivitaiVersion(5, barrier="early-access", deadline="2030-01-01T00:00:00.000Z"),))
    assert get(hub, "/api/download/models/5").json()["deadline"] == "2030-01-01T00:00:00.000Z"
    version = get(hub, "/api/v1/model-versions/5").json()
    assert (version["availability"], version["earlyAccessEndsAt"]) == (
        "EarlyAccess",
        "2030-01-01T00:00:00.000Z",
    )


def test_an_archived_model_lists_no_files(hub_with) -> None:
    hub = hub_with(civitai=(CivitaiVersion(50, barrier="archived"),))
    version, model = get(hub, "/api/v1/model-versions/50").json(), get(hub, "/api/v1/models/5").json()
    assert (version["files"], version["model"]["mode"], model["mode"]) == ([], "Archived", "Archived")


@pytest.mark.parametrize("place", ["header", "query"])
def test_a_token_opens_what_needs_a_login(hub_with, place: str) -> None:
    hub = hub_with(civitai=(CivitaiVersion(5, barrier="login"),), civitai_tokens=frozenset({"key"}))
    for token, status in (("key", 307), ("stale", 401)):
        query, headers = (
            ("", {"Authorization": f"Bearer {token}"}) if place == "header" else (f"?token={token}", {})
        )
        assert get(hub, f"/api/download/models/5{query}", **headers).status_code == status


def test_an_unknown_token_is_as_good_as_none(hub: EmbeddedHub) -> None:
    stale = {"Authorization": "Bearer stale"}
    assert get(hub, "/api/download/models/5", **stale).status_code == 307
    assert get(hub, "/api/v1/model-versions/5", **stale).status_code == 200


def test_head_of_a_download_forgets_the_token(hub_with) -> None:
    hub = hub_with(civitai_tokens=frozenset({"key"}))
    headers = {"Authorization": "Bearer key"}
    answer = requests.head(hub.civitai_url(5), headers=headers, timeout=10)
    assert (answer.status_code, answer.content) == (401, b"")


@pytest.mark.parametrize("agent", ["Mozilla/5.0", "x Chrome/1", "Safari", "my-firefox", "Opera", "Edge"])
def test_a_browser_gets_a_login_page_instead_of_an_error(hub_with, agent: str) -> None:
    hub = hub_with(civitai=(CivitaiVersion(5, barrier="login"),))
    answer = requests.get(hub.civitai_url(5), headers={"User-Agent": agent}, timeout=10)
    assert [step.status_code for step in answer.history] == [302]
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_too_many_downloads_are_told_to_wait(hub_with) -> None:
    hub = hub_with(rate_limited={"civitai/5": RateLimit(seconds=30)})
    answer = get(hub, "/api/download/models/5")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    assert "unusual amount of downloading" in answer.json()["message"]
    assert get(hub, "/api/download/models/5").status_code == 307


def test_a_missing_version_is_404_everywhere(hub_with) -> None:
    hub = hub_with(missing=frozenset({"civitai/50"}), civitai=(CivitaiVersion(50),))
    for path in ("/api/v1/model-versions/50", "/api/v1/model-versions/mini/50", "/api/download/models/50"):
        assert get(hub, path).json() == {"error": "Model not found"}
    assert get(hub, "/api/v1/models/5").status_code == 404


def test_a_model_has_licence_flags_and_its_newest_version_first(hub_with) -> None:
    hub = hub_with(civitai=(OLDER, CHECKPOINT))
    model = get(hub, "/api/v1/models/60").json()
    assert (model["id"], model["name"], model["type"]) == (60, "Dream", "Checkpoint")
    assert model["allowNoCredit"] is True
    assert model["allowCommercialUse"] == ["Image"]
    assert (model["allowDerivatives"], model["allowDifferentLicense"]) == (False, True)
    assert [version["id"] for version in model["modelVersions"]] == [700, 650]
    assert model["modelVersions"][0]["files"][1]["hashes"].keys() == {"AutoV2", "AutoV3", "CRC32", "SHA256"}


def test_any_model_has_a_version(hub_with) -> None:
    hub = hub_with()
    assert [v["id"] for v in get(hub, "/api/v1/models/77").json()["modelVersions"]] == [770]
    get(hub, "/api/v1/model-versions/775")
    assert [v["id"] for v in get(hub, "/api/v1/models/77").json()["modelVersions"]] == [775, 770]


def test_mini_describes_one_file(hub_with) -> None:
    hub = hub_with(civitai=(CHECKPOINT,))
    primary = get(hub, "/api/v1/model-versions/mini/700").json()
    named = get(hub, "/api/v1/model-versions/mini/700?modelFileId=7003").json()
    assert (primary["fileName"], primary["air"]) == (
        "dream_v2_pruned.safetensors",
        "urn:air:sd1:checkpoint:civitai:60@700",
    )
    assert primary["downloadUrls"] == [hub.civitai_url(700)]
    assert (primary["requireAuth"], primary["checkPermission"], primary["sfwOnly"]) == (False, False, False)
    assert (named["fileName"], named["air"][-5:]) == ("dream_v2.ckpt", "+7003")
    assert named["downloadUrls"] == [hub.civitai_url(700) + "?fileId=7003"]
    assert get(hub, "/api/v1/model-versions/mini/700?modelFileId=1").status_code == 404


@pytest.mark.parametrize("cut", [64, 10])
@pytest.mark.parametrize("case", [str.upper, str.lower])
def test_a_hash_finds_the_oldest_version_that_has_it(hub_with, cut: int, case) -> None:
    same = {"civitai/650/civitai_650.safetensors": "civitai/700/dream_v2.ckpt"}
    hub = hub_with(civitai=(CHECKPOINT, OLDER), files=same)
    digest = case(hub.content("civitai/700/dream_v2.ckpt").sha256[:cut])
    assert get(hub, f"/api/v1/model-versions/by-hash/{digest}").json()["id"] == 650


def test_a_hash_finds_versions_asked_for_before(hub_with) -> None:
    hub = hub_with()
    digest = hub.content("civitai/88/civitai_88.safetensors").sha256
    path = f"/api/v1/model-versions/by-hash/{digest}"
    assert get(hub, path).status_code == 404
    get(hub, "/api/v1/model-versions/88")
    assert get(hub, path).json()["id"] == 88


def test_many_hashes_are_looked_up_at_once(hub_with) -> None:
    hub = hub_with(civitai=(CHECKPOINT,))
    url = f"{hub.endpoint}/api/v1/model-versions/by-hash"
    digests = [hub.content("civitai/700/dream_v2.ckpt").sha256, "0" * 64]
    assert [v["id"] for v in requests.post(url, json=digests, timeout=10).json()] == [700]
    for refused in (["abc"], {"a": 1}, ["0" * 64] * 101):
        assert requests.post(url, json=refused, timeout=10).status_code == 400


def test_me_knows_its_tokens(hub_with) -> None:
    hub = hub_with(civitai_tokens=frozenset({"key"}))
    assert get(hub, "/api/v1/me", Authorization="Bearer key").json()["username"]
    assert get(hub, "/api/v1/me").status_code == 401
    assert get(hub, "/api/v1/me", Authorization="Bearer stale").status_code == 401


def test_a_corrupt_download_differs_from_the_published_digest(hub_with) -> None:
    key = "civitai/5/civitai_5.safetensors"
    hub = hub_with(corrupt=frozenset({key}))
    body = requests.get(hub.civitai_url(5), timeout=10).content
    published = get(hub, "/api/v1/model-versions/5").json()["files"][0]["hashes"]["SHA256"]
    assert hashlib.sha256(body).hexdigest().upper() != published


def test_a_hash_of_the_tensors_and_the_old_short_one_find_a_version_too(hub_with) -> None:
    hub = hub_with(civitai=(OLDER,), files={"civitai/650/civitai_650.safetensors": 3 * 2**20})
    content = hub.content("civitai/650/civitai_650.safetensors")
    data = content.read()
    start = 8 + int.from_bytes(data[:8], "little")
    autov3 = hashlib.sha256(data[start:]).hexdigest()[:12]
    autov1 = hashlib.sha256(data[0x100000:0x110000]).hexdigest()[:8]
    (file,) = get(hub, "/api/v1/model-versions/650").json()["files"]
    assert (file["hashes"]["AutoV3"], file["hashes"]["AutoV1"]) == (autov3.upper(), autov1.upper())
    for digest in (autov3, autov1):
        assert get(hub, f"/api/v1/model-versions/by-hash/{digest}").json()["id"] == 650
