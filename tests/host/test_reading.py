"""How our nodes read weights on a host: in parallel where that is safe, and as the host does whatever goes wrong."""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from conftest import environ_of
from host.stand_in import StandIn
from host.stand_in.recorded import is_here
from safetensors.torch import load_file
from tensor_files import mixed, same

from modelget.hub import EmbeddedHub, HubRules


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    if not is_here():
        pytest.skip("the recordings of a real host are not beside the repository (../shared/data/host)")
    base = tmp_path_factory.mktemp("host") / "ComfyUI"
    with (
        EmbeddedHub(HubRules()) as hub,
        StandIn(base, environ_of(hub) | {"HF_HOME": str(base / "hf")}) as running,
    ):
        yield running


@pytest.fixture
def adapters(host: StandIn) -> Any:
    """The pack's own adapters, by name."""

    class Adapters:
        def __getattr__(self, name: str) -> ModuleType:
            return importlib.import_module(f"{host.pack.__name__}.adapters.{name}")

        def __getitem__(self, name: str) -> ModuleType:
            return importlib.import_module(f"{host.pack.__name__}.modelget.{name}")

    return Adapters()


@pytest.fixture
def comfy(host: StandIn, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The host's own modules, put back after each test."""

    class Comfy:
        utils = host.modules["comfy.utils"]
        management = host.modules["comfy.model_management"]
        memory = host.modules["comfy.memory_management"]
        calls: list[tuple[str, dict[str, Any]]] = []  # noqa: RUF012

    Comfy.calls = []
    own = Comfy.utils.load_torch_file

    def spied(ckpt: str, *args: Any, **options: Any) -> Any:
        Comfy.calls.append((Path(ckpt).name, options))
        return own(ckpt, *args, **options)

    monkeypatch.setattr(Comfy.utils, "load_torch_file", spied)
    return Comfy


@pytest.fixture
def vae(host: StandIn) -> Path:
    folder = host.models / "vae"
    folder.mkdir(parents=True, exist_ok=True)
    return mixed(folder / "v.safetensors")


def load(adapters: Any, name: str = "v.safetensors") -> dict[str, Any]:
    """What the host's own VAE loader gets when our node runs it."""
    ((_kind, weights),) = adapters.loading.load_with("VAELoader", "vae", {"vae_name": name})
    return weights


def test_weights_are_those_of_the_library_and_the_host_reads_nothing(adapters, comfy, vae):
    assert same(load(adapters), load_file(vae))
    assert comfy.calls == []


@pytest.mark.parametrize("wanted", [False, True])
def test_an_answer_has_the_shape_that_was_asked_for(adapters, comfy, vae, wanted):
    reading = adapters.reading.Reading("vae", ())
    plain = comfy.utils.load_torch_file(str(vae), return_metadata=wanted)
    with adapters.rebinding.answered_by(reading):
        ours = comfy.utils.load_torch_file(str(vae), return_metadata=wanted)
    assert type(ours) is type(plain)
    if wanted:
        assert ours[1] == plain[1] == {"format": "pt", "modelspec.title": "é"}
    assert same(ours[0] if wanted else ours, plain[0] if wanted else plain)


def test_metadata_that_a_file_lacks_is_none_as_the_host_says_it(adapters, comfy, tmp_path):
    header = b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}   '
    plain = len(header).to_bytes(8, "little") + header + bytes(8)
    (tmp_path / "plain.safetensors").write_bytes(plain)
    with adapters.rebinding.answered_by(adapters.reading.Reading("vae", ())):
        _weights, metadata = comfy.utils.load_torch_file(
            str(tmp_path / "plain.safetensors"), return_metadata=True
        )
    assert metadata is None


def test_only_the_thread_of_the_node_is_answered_and_only_while_it_runs(adapters, comfy, vae):
    before = comfy.utils.load_torch_file
    with adapters.rebinding.answered_by(adapters.reading.Reading("vae", ())):
        elsewhere = threading.Thread(target=comfy.utils.load_torch_file, args=(str(vae),))
        elsewhere.start()
        elsewhere.join()
        assert len(comfy.calls) == 1
        comfy.utils.load_torch_file(str(vae))
        assert len(comfy.calls) == 1
    assert comfy.utils.load_torch_file is before
    comfy.utils.load_torch_file(str(vae))
    assert len(comfy.calls) == 2


def test_a_hook_that_another_pack_set_meanwhile_stays_and_is_served(adapters, comfy, vae):
    with adapters.rebinding.answered_by(adapters.reading.Reading("vae", ())):
        inner = comfy.utils.load_torch_file

        def theirs(*args: Any, **options: Any) -> Any:
            return inner(*args, **options)

        comfy.utils.load_torch_file = theirs
    assert comfy.utils.load_torch_file is theirs
    comfy.utils.load_torch_file(str(vae))
    assert len(comfy.calls) == 1
    assert same(load(adapters), load_file(vae))
    assert len(comfy.calls) == 1


@pytest.mark.parametrize("call", [{"device": torch.device("meta")}, {"something_new": 1}])
def test_a_call_that_we_do_not_understand_goes_to_the_host(adapters, comfy, vae, call, monkeypatch):
    seen = []
    monkeypatch.setattr(comfy.utils, "load_torch_file", lambda *args, **options: seen.append((args, options)))
    with adapters.rebinding.answered_by(adapters.reading.Reading("vae", ())):
        comfy.utils.load_torch_file(str(vae), **call)
    assert seen == [((str(vae),), call)]


def test_any_failure_of_ours_falls_back_to_the_host(adapters, comfy, vae, monkeypatch, caplog):
    def fail(*_args: object, **_options: object) -> None:
        raise MemoryError("no more")

    monkeypatch.setattr(adapters.reading, "load_state_dict", fail)
    assert same(load(adapters), load_file(vae))
    assert [name for name, _options in comfy.calls] == ["v.safetensors"]
    assert "ComfyUI reads it itself: no more" in caplog.text


def test_a_host_with_dynamic_vram_reads_itself_and_the_file_is_read_ahead(adapters, comfy, vae, monkeypatch):
    ahead = []
    monkeypatch.setattr(adapters.reading, "warm_behind", lambda file, stop: ahead.append((file, stop)))
    monkeypatch.setattr(comfy.memory, "aimdo_enabled", True)
    load(adapters)
    assert [name for name, _options in comfy.calls] == ["v.safetensors"]
    assert [file for file, _stop in ahead] == [vae]
    assert not ahead[0][1].is_set()


def test_reading_ahead_ends_when_the_host_cannot_load_the_file(adapters, comfy, vae, monkeypatch):
    ahead = []
    monkeypatch.setattr(adapters.reading, "warm_behind", lambda _file, stop: ahead.append(stop))
    monkeypatch.setattr(comfy.memory, "aimdo_enabled", True)

    def fail(*_args: object, **_options: object) -> None:
        raise RuntimeError("no such model")

    monkeypatch.setattr(comfy.utils, "load_torch_file", fail)
    with pytest.raises(RuntimeError, match="no such model"):
        load(adapters)
    assert ahead[0].is_set()


def test_a_host_whose_insides_we_do_not_know_gets_cpu_tensors(adapters, comfy, vae, monkeypatch):
    for name in ("vram_state", "get_free_memory"):
        monkeypatch.delattr(comfy.management, name)
    monkeypatch.delattr(comfy.memory, "aimdo_enabled")
    monkeypatch.delattr(comfy.utils, "DISABLE_MMAP")
    facts = adapters.host_facts.host_facts("diffusion_models")
    assert facts == adapters["load"].HostFacts()
    assert same(load(adapters), load_file(vae))


class OnCuda:
    type = "cuda"


@pytest.mark.parametrize(
    ("folder", "state", "policy"),
    [
        ("diffusion_models", "HIGH_VRAM", "device"),
        ("diffusion_models", "NORMAL_VRAM", "lazy"),
        ("text_encoders", "HIGH_VRAM", "lazy"),
        ("loras", "HIGH_VRAM", "lazy"),
        ("checkpoints", "HIGH_VRAM", "lazy"),
    ],
)
def test_device_tensors_go_only_where_models_are_built_on_the_device(
    adapters, comfy, folder, state, policy, monkeypatch
):
    monkeypatch.setattr(comfy.management, "get_torch_device", OnCuda)
    monkeypatch.setattr(comfy.management, "vram_state", comfy.management.VRAMState[state])
    facts = adapters.host_facts.host_facts(folder)
    assert facts.free_vram == comfy.management.get_free_memory()
    assert adapters["load"].policy_for(facts, 2**20).value == policy


def test_an_owner_who_wants_no_mapped_files_gets_none(adapters, comfy, vae, monkeypatch):
    monkeypatch.setattr(comfy.utils, "DISABLE_MMAP", True)
    reading = adapters.reading.Reading("vae", ())
    with adapters.rebinding.answered_by(reading):
        comfy.utils.load_torch_file(str(vae))
    assert reading.way == "memory"


def test_interrupt_ends_the_node_as_the_hosts_own_button_does(adapters, comfy, vae, monkeypatch):
    monkeypatch.setattr(adapters["load.page_cache"], "is_cached", lambda _path: False)
    comfy.management.interrupt_current_processing()
    with pytest.raises(comfy.management.InterruptProcessingException):
        load(adapters)
    assert comfy.calls == []


def test_progress_is_shown_on_the_node(adapters, comfy, vae, monkeypatch):
    shown = []
    monkeypatch.setattr(
        comfy.utils,
        "PROGRESS_BAR_HOOK",
        lambda value, total, _preview, node_id=None: shown.append((value, total)),
    )
    load(adapters)
    assert shown[-1] == (1000, 1000)


def test_the_log_says_file_device_policy_bytes_and_speed(adapters, comfy, vae, caplog):
    caplog.set_level(logging.INFO, "modelget")
    load(adapters)
    (line,) = [record.getMessage() for record in caplog.records if "loaded" in record.getMessage()]
    assert line.startswith("Modelget: loaded v.safetensors for cpu (policy: lazy): ")
    assert f"{vae.stat().st_size} bytes in " in line
    assert line.endswith(" MB/s")


def test_a_pickle_under_the_name_of_tensors_never_reaches_the_host(adapters, comfy, host):
    torch.save({"a": torch.zeros(2)}, host.models / "vae" / "hidden.pt")
    (host.models / "vae" / "hidden.pt").replace(host.models / "vae" / "hidden.safetensors")
    with pytest.raises(
        adapters.node_errors.NodeError, match=r"hidden\.safetensors: .*pickle.* was not loaded"
    ):
        load(adapters, "hidden.safetensors")
    assert comfy.calls == []


def test_a_pickle_of_which_we_know_no_better_is_read_by_the_host_as_weights_only(adapters, comfy, host):
    torch.save([torch.zeros(2)], host.models / "vae" / "list.pt")
    load(adapters, "list.pt")
    assert comfy.calls == [("list.pt", {"safe_load": True, "return_metadata": True})]


@pytest.mark.parametrize(("pinned", "loads"), [((), False), (("0" * 64,), False), (("right",), True)])
def test_an_older_torch_loads_only_pickles_that_somebody_vouches_for(
    adapters, comfy, host, monkeypatch, pinned, loads
):
    import hashlib

    file = host.models / "vae" / "known.pt"
    torch.save({"a": torch.zeros(2)}, file)
    monkeypatch.setattr(torch, "__version__", "2.9.1")
    right = hashlib.sha256(file.read_bytes()).hexdigest()
    pins = [right if pin == "right" else pin for pin in pinned]
    ask = lambda: adapters.loading.load_with("VAELoader", "vae", {"vae_name": "known.pt"}, pins)  # noqa: E731
    if loads:
        assert set(ask()[0][1]) == {"a"}
    else:
        with pytest.raises(adapters.node_errors.NodeError, match="nobody vouches"):
            ask()
    assert comfy.calls == []


def test_a_file_that_we_fetched_is_vouched_for(adapters, comfy, host, monkeypatch):
    import hashlib

    file = host.models / "vae" / "ours.pt"
    torch.save({"a": torch.zeros(2)}, file)
    library = adapters.office.office().desk.shop.library
    digest = adapters["types"].Digest("sha256", hashlib.sha256(file.read_bytes()).hexdigest())
    monkeypatch.setattr(torch, "__version__", "2.9.1")
    library.record(file, digest)
    with pytest.raises(adapters.node_errors.NodeError, match="nobody vouches"):
        load(adapters, "ours.pt")
    library.record(file, digest, "https://huggingface.co/o/r/resolve/main/ours.pt")
    assert set(load(adapters, "ours.pt")) == {"a"}
