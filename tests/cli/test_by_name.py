"""A workflow without any link: its models are found by name, on lists and at trusted owners, or a person chooses."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from conftest import Ran, environ_of
from makers import hub_link, loader, save_workflow

from modelget.cli import main
from modelget.hub import CivitaiFile, CivitaiVersion, HubRules, RateLimit

NAME = "wan_test_vae.safetensors"
CIVITAI = CivitaiVersion(
    110, model_name="Lost Style", files=(CivitaiFile(1, "lost_style.safetensors", primary=True),)
)


class Installation:
    """ComfyUI's folder with an environment beside it, and `modelget` run on it."""

    def __init__(self, home: Path, hub, capsys) -> None:
        self.home, self.environ, self._capsys = home, environ_of(hub), capsys
        (home / "models").mkdir(parents=True)

    def template(self, name: str, *nodes: dict) -> None:
        packages = self.home / "venv" / "lib" / "python3.12" / "site-packages"
        folder = packages / "comfyui_workflow_templates_json" / "templates"
        folder.mkdir(parents=True, exist_ok=True)
        save_workflow(folder / f"{name}.json", *nodes)

    def manager(self, *rows: dict) -> None:
        folder = self.home / "custom_nodes" / "comfyui-manager"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model-list.json").write_text(json.dumps({"models": rows}))

    def own(self, text: str) -> None:
        folder = self.home / "user" / "__modelget"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "catalog.toml").write_text(text)

    def __call__(self, command: str, *words: str) -> Ran:
        workflow = save_workflow(self.home / "x.json", loader(1, NAME, "vae"))
        return self.run(command, workflow, *words)

    def run(self, command: str, *words: str | Path) -> Ran:
        self._capsys.readouterr()
        code = main([command, *map(str, words), "--comfyui", str(self.home)], self.environ)
        return Ran(code, *self._capsys.readouterr())


@pytest.fixture
def comfyui(tmp_path, hub, capsys) -> Installation:
    return Installation(tmp_path / "ComfyUI", hub, capsys)


def only(ran: Ran) -> dict:
    (item,) = ran.document["requirements"]
    return item


def row(url: str, **more: str) -> dict[str, str]:
    return {"filename": NAME, "url": url, "type": "VAE", "save_path": "default", **more}


def test_a_workflow_without_any_link_installs_what_an_official_template_names(comfyui, hub) -> None:
    comfyui.template("video_wan", loader(1, NAME, "vae", hub_link("o/r", f"vae/{NAME}")))
    planned = only(comfyui("plan", "--json"))
    assert (planned["status"], planned["candidates"][0]["evidence"]) == ("fetch", "TRUSTED_NAME")
    assert planned["candidates"][0]["named_by"] == "the official template video_wan"
    assert planned["candidates"][0]["id"] == f"hf:o/r/vae/{NAME}@{hub.commit('o/r')}"
    assert planned["hint"] == "No link leads to it: found by its name in the official template video_wan."
    assert "found by its name in the official template video_wan" in comfyui("plan").out

    ran = comfyui("install", "--json")

    file = comfyui.home / "models" / "vae" / NAME
    assert ran.code == 0
    assert only(ran)["path"] == str(file)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == hub.content(f"o/r/vae/{NAME}").sha256
    before = hub.requests
    assert comfyui("install").code == 0
    assert hub.requests == before


def test_managers_list_counts_too_and_says_so(comfyui) -> None:
    comfyui.manager(row(hub_link("o/r", NAME)))
    planned = only(comfyui("plan", "--json"))
    assert (planned["status"], planned["candidates"][0]["named_by"]) == ("fetch", "ComfyUI-Manager's list")


SAME_BYTES = HubRules(files={f"p/q/{NAME}": f"o/r/{NAME}"})


@pytest.mark.parametrize("rules", [SAME_BYTES])
def test_two_repositories_with_the_same_bytes_are_one_file(comfyui) -> None:
    comfyui.template("x", loader(1, NAME, "vae", hub_link("o/r", NAME)))
    comfyui.manager(row(hub_link("p/q", NAME)))
    assert comfyui("install").code == 0


def test_two_repositories_with_different_bytes_are_a_choice_that_names_both(comfyui, hub) -> None:
    comfyui.template("x", loader(1, NAME, "vae", hub_link("o/r", NAME)))
    comfyui.manager(row(hub_link("p/q", NAME)))
    ran = comfyui("install", "--yes", "--json")
    item = only(ran)
    assert (ran.code, item["status"], hub.storage_bytes) == (3, "choose", 0)
    assert {one["evidence"] for one in item["candidates"]} == {"SAME_NAME"}
    for repo, where in (("o/r", "the official template x"), ("p/q", "ComfyUI-Manager's list")):
        assert f"hf:{repo}/{NAME}@{hub.commit(repo)} (found in {where})" in item["hint"]
    assert comfyui("install", "--choose", f"{NAME}=hf:p/q/{NAME}").code == 0
    assert (comfyui.home / "models/vae" / NAME).read_bytes() == hub.content(f"p/q/{NAME}").read()


def test_a_name_in_another_folder_is_a_choice(comfyui) -> None:
    comfyui.manager(row(hub_link("o/r", NAME), save_path="loras"))
    ran = comfyui("plan", "--json")
    assert (ran.code, only(ran)["status"]) == (3, "choose")


def test_the_owners_own_entry_wins_and_its_digest_must_hold(comfyui, hub) -> None:
    comfyui.template("x", loader(1, NAME, "vae", hub_link("o/r", NAME)))
    entry = (
        f'[[model]]\nname = "{NAME}"\nfolder = "vae"\nurl = "hf:my/own/{NAME}"\nlicence = "mine"\nsha256 = '
    )
    comfyui.own(f'{entry}"{hub.content(f"my/own/{NAME}").sha256}"')
    best = only(comfyui("plan", "--json"))["candidates"][0]
    assert (best["evidence"], best["named_by"]) == ("DECLARED_URL", "your catalog.toml")
    assert (best["id"].split("@")[0], best["licence"]) == (f"hf:my/own/{NAME}", "mine")
    comfyui.own(f'{entry}"{"0" * 64}"')
    ran = comfyui("install", "--yes", "--json")
    assert (ran.code, only(ran)["status"], hub.storage_bytes) == (3, "choose", 0)


def test_a_broken_own_list_is_a_usage_error_that_names_the_entry(comfyui) -> None:
    comfyui.own('[[model]]\nname = "x"')
    ran = comfyui("plan")
    assert ran.code == 2
    assert "catalog.toml: model 1" in ran.err


OWNED = HubRules(
    files={f"Kijai/Wan/{NAME}": 3000, f"Comfy-Org/Wan/split_files/vae/{NAME}": f"Kijai/Wan/{NAME}"}
)
UNLIKE = HubRules(files={f"Kijai/Wan/{NAME}": 3000, f"Comfy-Org/Wan/split_files/vae/{NAME}": 4000})


@pytest.mark.parametrize("rules", [OWNED])
def test_what_no_list_names_is_found_at_trusted_owners_when_all_of_them_have_the_same_bytes(
    comfyui, hub
) -> None:
    ran = comfyui("install", "--json")
    assert ran.code == 0
    assert only(ran)["candidates"][0]["named_by"] == "Comfy-Org's repositories"
    assert (comfyui.home / "models/vae" / NAME).read_bytes() == hub.content(f"Kijai/Wan/{NAME}").read()


@pytest.mark.parametrize("rules", [UNLIKE])
def test_trusted_owners_with_different_bytes_are_a_choice(comfyui, hub) -> None:
    ran = comfyui("install", "--yes", "--json")
    assert (ran.code, only(ran)["status"], hub.storage_bytes) == (3, "choose", 0)
    assert len(only(ran)["candidates"]) == 2


@pytest.mark.parametrize("rules", [OWNED])
def test_nobody_is_trusted_when_the_owner_says_so(comfyui) -> None:
    comfyui.own("")
    (comfyui.home / "user/__modelget/modelget.toml").write_text("trusted_owners = []")
    assert only(comfyui("plan", "--json"))["status"] == "unresolved"


@pytest.mark.parametrize("rules", [OWNED])
def test_offline_nothing_is_asked_and_what_was_listed_before_still_counts(comfyui, hub) -> None:
    unknown = only(comfyui("plan", "--json", "--offline"))
    assert (unknown["status"], unknown["failures"][0]["kind"]) == ("unresolved", "offline")
    assert hub.requests == []
    comfyui("plan")
    before = hub.requests
    known = only(comfyui("plan", "--json", "--offline"))
    assert [one["id"] for one in known["candidates"]] == [
        f"hf:Comfy-Org/Wan/split_files/vae/{NAME}@main",
        f"hf:Kijai/Wan/{NAME}@main",
    ]
    assert known["status"] == "choose", "offline nobody says that they are the same bytes"
    assert hub.requests == before


def test_offline_the_only_link_of_a_list_is_sure(comfyui, hub) -> None:
    comfyui.template("x", loader(1, NAME, "vae", hub_link("o/r", NAME)))
    assert only(comfyui("plan", "--json", "--offline"))["status"] == "fetch"
    assert hub.requests == []


@pytest.mark.parametrize(
    "rules", [HubRules(files=OWNED.files, rate_limited={"Kijai": RateLimit(60, times=99)})]
)
def test_a_rate_limit_is_told_and_what_the_others_have_is_a_choice(comfyui) -> None:
    item = only(comfyui("plan", "--json"))
    assert item["status"] == "choose"
    (failure,) = item["failures"]
    assert (failure["source"], failure["kind"], failure["retry_after"]) == ("huggingface", "rate-limited", 60)


@pytest.mark.parametrize("rules", [HubRules(rate_limited={"Kijai": RateLimit(60, times=99)})])
def test_a_rate_limit_never_means_that_nobody_has_it(comfyui) -> None:
    item = only(comfyui("plan", "--json"))
    assert item["status"] == "unresolved"
    assert "Could not ask huggingface" in item["hint"]


@pytest.mark.parametrize("rules", [HubRules(civitai=(CIVITAI,))])
def test_what_only_a_search_at_civitai_finds_is_never_fetched_by_itself(comfyui, hub) -> None:
    workflow = save_workflow(comfyui.home / "y.json", loader(1, "lost_style.safetensors", "loras"))
    ran = comfyui.run("install", workflow, "--yes", "--json")
    assert (ran.code, only(ran)["status"]) == (3, "choose")
    assert hub.storage_bytes <= 1, "more than the byte that tells whether it may be had"
    assert "civitai:110+1 (found in a search at Civitai)" in only(ran)["hint"]
    assert comfyui.run("install", workflow, "--choose", "lost_style.safetensors=civitai:110+1").code == 0


def test_nothing_of_all_this_is_read_or_asked_when_every_model_is_declared(comfyui, hub, monkeypatch) -> None:
    def fail(*_words: object) -> None:
        raise AssertionError("a list was read")

    monkeypatch.setattr("modelget.catalog.listed.read_json", fail)
    monkeypatch.setattr("modelget.catalog.templates.read_json", fail)
    comfyui.own("broken")
    workflow = save_workflow(comfyui.home / "y.json", loader(1, NAME, "vae", hub_link("o/r", NAME)))
    assert comfyui.run("install", workflow).code == 0
    assert not [record for record in hub.requests if record.path == "/api/models"]
    assert not (comfyui.home / "models/.modelget/notes").exists()


@pytest.mark.parametrize("rules", [HubRules(missing=frozenset({f"o/r/{NAME}"}))])
def test_a_link_that_leads_nowhere_is_made_up_for_and_that_is_told(comfyui) -> None:
    comfyui.template("x", loader(1, NAME, "vae", hub_link("p/q", NAME)))
    workflow = save_workflow(comfyui.home / "y.json", loader(1, NAME, "vae", hub_link("o/r", NAME)))
    item = only(comfyui.run("plan", workflow, "--json"))
    assert item["status"] == "fetch"
    assert "No link leads to it" in item["hint"]


@pytest.mark.parametrize("rules", [HubRules(missing=frozenset({f"o/r/{NAME}"}))])
def test_what_a_person_chose_is_never_made_up_for(comfyui) -> None:
    comfyui.template("x", loader(1, NAME, "vae", hub_link("p/q", NAME)))
    ran = comfyui("plan", "--json", "--choose", f"{NAME}=hf:o/r/{NAME}")
    assert (ran.code, only(ran)["status"]) == (3, "unresolved")
