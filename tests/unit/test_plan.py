"""What will happen to each requirement, and what a person reads about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from modelget.errors import ModelgetError, NotEnoughSpace
from modelget.library import Library, open_library
from modelget.plan import in_order_of_use, make_plan, refuse_what_cannot_fit, settle_conflicts
from modelget.settings import Limits
from modelget.types import (
    Barrier,
    Candidate,
    Decisions,
    Digest,
    Download,
    Evidence,
    ModelFile,
    Plan,
    PlanItem,
    Requirement,
    Resolution,
    SourceFailure,
    Status,
)

A, B = Digest("sha256", "a" * 64), Digest("sha256", "b" * 64)
PREFIX = Digest("sha256-prefix", "a" * 8)
VAE = Requirement("ae.safetensors", "vae", ("12",), urls=("https://files.example/ae.safetensors",))
GATED = Barrier("gated", "o/r is gated", "Accept its terms.")


class Disks(Library):
    """A library whose folders lie on disks of a given size."""

    free: Mapping[str, int] = {}

    def free_bytes(self, destination: Path) -> int:
        return self.free.get(self._disk(destination), 10**12)

    def device(self, destination: Path) -> int | None:
        return hash(self._disk(destination))

    def _disk(self, destination: Path) -> str:
        return destination.relative_to(self.models_root).parts[0]


@pytest.fixture
def library(models: Path) -> Library:
    return open_library(models_dir=models)


@pytest.fixture
def disks(library: Library) -> Disks:
    return Disks(library.folders, library.models_root)


@pytest.fixture
def decide(library: Library):
    """Plan one resolution and return its item."""

    def make(resolution: Resolution, allow_pickle: str = "ask", **decisions) -> PlanItem:
        plan = make_plan("x.json", [resolution], library, Decisions(**decisions), allow_pickle)
        (item,) = plan.items
        return item

    return make


def candidate(number: int = 1, evidence: Evidence = Evidence.DECLARED_URL, **known) -> Candidate:
    known = {"name": "ae.safetensors", "url": f"https://files.example/{number}", **known}
    return Candidate("shelf", f"shelf:{number}", evidence=evidence, **known)


def found(*candidates: Candidate, wanted: Requirement = VAE) -> Resolution:
    return Resolution(wanted, candidates=candidates)


def test_what_is_present_stays(decide, models) -> None:
    item = decide(Resolution(VAE, ModelFile(models / "vae/ae.safetensors", 5)))
    assert (item.status, item.hint, item.download) == (Status.PRESENT, None, None)
    assert item.requirement is VAE


def test_a_present_file_with_a_complaint_is_for_a_person(decide, models) -> None:
    path = models / "vae/ae.safetensors"
    item = decide(Resolution(VAE, ModelFile(path, 5), "it is cut short"))
    assert (item.status, item.download) == (Status.CHOOSE, None)
    assert item.hint == f"{path} is here, but it is cut short. Move it away, then install again."


@pytest.mark.parametrize("evidence", [Evidence.TRUSTED_NAME, Evidence.DECLARED_URL, Evidence.SAME_DIGEST])
def test_a_sure_candidate_is_fetched_to_the_place_of_its_name(decide, models, evidence) -> None:
    item = decide(found(candidate(evidence=evidence), wanted=replace(VAE, name="flux/ae.safetensors")))
    assert (item.status, item.hint) == (Status.FETCH, None)
    assert item.download.destination == models / "vae/flux/ae.safetensors"
    assert item.download.label == "vae/flux/ae.safetensors"
    assert item.download.candidate.id == "shelf:1"
    assert item.download.staging.is_relative_to(models)


def test_the_first_of_several_names_of_the_same_bytes_is_fetched(decide) -> None:
    item = decide(found(candidate(1, digest=A), candidate(2, digest=A)))
    assert (item.status, item.download.candidate.id) == (Status.FETCH, "shelf:1")


def test_other_places_of_the_same_bytes_stand_by(decide) -> None:
    first = candidate(1, digest=A, size=5)
    same, sizeless = candidate(2, digest=A, size=5), candidate(3, digest=A)
    longer, barred = candidate(4, digest=A, size=6), candidate(5, digest=A, barrier=GATED)
    doubtful = candidate(6, Evidence.SAME_NAME, digest=A)
    download = decide(found(first, same, sizeless, longer, barred, doubtful)).download
    assert download.candidate == first
    assert download.alternates == (same, replace(sizeless, size=5))


@pytest.mark.parametrize("digest", [None, PREFIX], ids=str)
def test_what_no_digest_identifies_has_nobody_to_stand_by(decide, digest) -> None:
    twice = candidate(1, digest=digest)
    assert decide(found(twice, twice)).download.alternates == ()


def test_advice_follows_what_a_person_can_do(decide) -> None:
    barred = found(candidate(1, digest=A, barrier=GATED))
    assert decide(replace(barred, advice="Look there.")).hint.endswith("Accept its terms. Look there.")
    assert decide(replace(found(), advice="Look there.")).hint.endswith("Look there.")


def test_a_barrier_before_one_of_two_places_is_no_obstacle(decide) -> None:
    item = decide(found(candidate(1, digest=A, barrier=GATED), candidate(2)))
    assert (item.status, item.download.candidate.id) == (Status.FETCH, "shelf:2")


@pytest.mark.parametrize(
    "candidates",
    [
        (candidate(1, digest=A), candidate(2, digest=B)),
        (candidate(1), candidate(2)),
        (candidate(1, digest=A), candidate(2)),
        (candidate(1, digest=PREFIX), candidate(2, digest=PREFIX)),
    ],
    ids=["other bytes", "no digests", "one digest", "the same first digits"],
)
def test_several_files_of_one_name_are_for_a_person(decide, candidates) -> None:
    item = decide(found(*candidates))
    assert (item.status, item.download) == (Status.CHOOSE, None)
    assert item.hint == (
        "Several files claim this name. Pass --choose ae.safetensors=ID with shelf:1 or shelf:2."
    )


@pytest.mark.parametrize("evidence", [Evidence.SIMILAR_NAME, Evidence.SAME_NAME])
def test_a_name_alone_is_for_a_person(decide, evidence) -> None:
    item = decide(found(candidate(1, evidence), candidate(2, evidence)))
    assert (item.status, item.download) == (Status.CHOOSE, None)
    assert item.hint == ("Not surely the same file. Pass --choose ae.safetensors=ID with shelf:1 or shelf:2.")


@pytest.mark.parametrize(("folder", "guess"), [("vae", "vae"), ("weights", "FOLDER"), (None, "FOLDER")])
def test_an_unknown_folder_is_for_a_person_with_a_guess(decide, folder, guess) -> None:
    item = decide(found(candidate(folder=folder), wanted=replace(VAE, folder=None)))
    assert (item.status, item.download) == (Status.CHOOSE, None)
    assert item.hint.endswith(f"Pass --folder ae.safetensors={guess}.")


def test_everything_barred_is_denied_with_the_best_ones_hint(decide) -> None:
    other = Barrier("login", "log in", "Set a token.")
    item = decide(found(candidate(1, barrier=GATED), candidate(2, barrier=other)))
    assert (item.status, item.hint) == (Status.DENIED, "o/r is gated. Accept its terms.")


def test_a_barrier_says_more_than_a_failure(decide) -> None:
    failure = SourceFailure("civitai", "unavailable", "HTTP 503")
    item = decide(Resolution(VAE, candidates=(candidate(barrier=GATED),), failures=(failure,)))
    assert (item.status, item.hint) == (Status.DENIED, "o/r is gated. Accept its terms.")


@pytest.mark.parametrize(
    "name", ["../ae.safetensors", "/etc/ae.safetensors", "a/../../b.safetensors", "con.pt"]
)
def test_an_unsafe_name_is_denied(decide, name) -> None:
    item = decide(found(candidate(), wanted=replace(VAE, name=name)))
    assert (item.status, item.download) == (Status.DENIED, None)
    assert name in item.hint
    assert "Nothing was written." in item.hint


@pytest.mark.parametrize("folder", ["custom_nodes", "configs", "../vae", "no_such_folder", ""])
def test_an_unsafe_folder_is_denied(decide, folder) -> None:
    item = decide(found(candidate(), wanted=replace(VAE, folder=folder)))
    assert (item.status, item.download) == (Status.DENIED, None)
    assert item.hint


PICKLES = [
    found(candidate(), wanted=replace(VAE, name="ae.pt")),
    found(candidate(name="ae.ckpt")),
    found(candidate(name="AE.PTH"), wanted=replace(VAE, name="SDXL/ae.bin")),
]


@pytest.mark.parametrize("resolution", PICKLES)
def test_a_pickle_needs_consent_by_name(decide, resolution) -> None:
    item = decide(resolution)
    name = resolution.requirement.name
    assert (item.status, item.download) == (Status.CHOOSE, None)
    assert item.hint == f"Loading this format can run code. If you trust it, pass --allow-pickle {name}."
    other = decide(resolution, allow_pickle="ask", include_inactive=True)
    assert other.status is Status.CHOOSE


@pytest.mark.parametrize("resolution", PICKLES)
def test_a_pickle_that_a_person_accepted_is_fetched(library, resolution) -> None:
    name = resolution.requirement.name
    for accepted in (name, name.rpartition("/")[2]):
        decisions = Decisions(allow_pickle=frozenset({accepted}))
        assert make_plan("x", [resolution], library, decisions, "ask").items[0].status is Status.FETCH
    decisions = Decisions(allow_pickle=frozenset({"other.pt"}))
    assert make_plan("x", [resolution], library, decisions, "ask").items[0].status is Status.CHOOSE


@pytest.mark.parametrize("resolution", PICKLES)
def test_an_owner_who_forbids_pickles_is_obeyed_whatever_a_person_accepts(library, resolution) -> None:
    decisions = Decisions(allow_pickle=frozenset({resolution.requirement.name}))
    (item,) = make_plan("x", [resolution], library, decisions, "never").items
    assert (item.status, item.download) == (Status.DENIED, None)
    assert "owner forbids" in item.hint


def test_a_place_that_could_not_be_asked_is_named(decide) -> None:
    failures = tuple(SourceFailure(name, "unavailable", "no") for name in ("hub", "civitai", "hub"))
    item = decide(Resolution(VAE, failures=failures))
    assert (item.status, item.download) == (Status.UNRESOLVED, None)
    assert item.hint.startswith("Could not ask civitai, hub. Try again, or pass --choose ae.safetensors=ID")


def test_a_dead_link_is_named(decide) -> None:
    item = decide(Resolution(VAE))
    assert item.status is Status.UNRESOLVED
    assert item.hint.startswith(f"Not found at {VAE.urls[0]}. Pass --choose ae.safetensors=ID")


def test_a_name_without_any_place_is_unresolved(decide) -> None:
    item = decide(Resolution(replace(VAE, urls=())))
    assert item.status is Status.UNRESOLVED
    assert item.hint.startswith("The workflow names no place for it. Pass --choose ae.safetensors=ID")


def test_what_is_switched_off_is_shown_and_fetched_only_with_all(decide) -> None:
    off = found(candidate(), wanted=replace(VAE, active=False))
    item = decide(off)
    assert (item.status, item.download) == (Status.FETCH, None)
    assert "--all" in item.hint
    asked_for = decide(off, include_inactive=True)
    assert asked_for.download is not None
    assert asked_for.hint is None


def test_a_plan_keeps_the_order_and_tells_the_free_space_where_files_go(disks) -> None:
    disks.free = {"vae": 5, "loras": 7}
    wishes = [replace(VAE, name=f"{name}.safetensors", folder="loras") for name in "cab"]
    plan = make_plan("x", [found(candidate(), wanted=wish) for wish in wishes], disks, Decisions(), "ask")
    assert [item.requirement.name[0] for item in plan.items] == ["c", "a", "b"]
    assert [download.destination.name[0] for download in plan.downloads] == ["c", "a", "b"]
    assert plan.free_bytes == 7


def plan_of(library: Library, workflow: str, *resolutions: Resolution) -> Plan:
    return make_plan(workflow, resolutions, library, Decisions(), "ask")


def test_two_plans_that_want_other_bytes_in_one_place_leave_the_second_to_a_person(library) -> None:
    first = plan_of(library, "first.json", found(candidate(1, digest=A)))
    second = plan_of(library, "second.json", found(candidate(2, digest=B)))
    settled = settle_conflicts([first, second])
    assert settled[0] == first
    (item,) = settled[1].items
    assert (item.status, item.download) == (Status.CHOOSE, None)
    assert "first.json wants other bytes under this name (shelf:1)" in item.hint
    assert settled[1].downloads == ()


@pytest.mark.parametrize(
    ("mine", "theirs", "same"),
    [
        (candidate(1, digest=A), candidate(2, digest=A), True),
        (candidate(1), candidate(1), True),
        (candidate(1), candidate(2), False),
        (candidate(1, digest=A), candidate(1), False),
    ],
)
def test_the_same_bytes_in_one_place_are_no_conflict(library, mine, theirs, same) -> None:
    plans = [plan_of(library, "1", found(mine)), plan_of(library, "2", found(theirs))]
    assert (settle_conflicts(plans) == plans) is same


def test_a_conflict_inside_one_plan_is_settled_too(library) -> None:
    plan = plan_of(library, "x", found(candidate(1, digest=A)), found(candidate(2, digest=B)))
    (settled,) = settle_conflicts([plan])
    assert [item.status for item in settled.items] == [Status.FETCH, Status.CHOOSE]


def test_other_places_and_what_is_not_fetched_cannot_conflict(library, models) -> None:
    present = Resolution(VAE, ModelFile(models / "vae/ae.safetensors", 5))
    elsewhere = found(candidate(2, digest=B), wanted=replace(VAE, name="other.safetensors"))
    plans = [
        plan_of(library, "1", found(candidate(1, digest=A))),
        plan_of(library, "2", present, elsewhere),
    ]
    assert settle_conflicts(plans) == plans


def sized(
    folder: str, size: int | None, digest: Digest | None = None, name: str = "x", **known
) -> Resolution:
    wanted = Requirement(f"{name}.safetensors", folder)
    return found(candidate(size=size, digest=digest, **known), wanted=wanted)


LIMITS = Limits(plan_bytes=1000, spare_bytes=10)


def nothing_staged(_download: Download) -> int:
    return 0


def test_what_an_interrupted_fetch_wrote_needs_no_second_room(disks) -> None:
    disks.free = {"vae": 50}
    plan = plan_of(disks, "x", sized("vae", 100))
    refuse_what_cannot_fit([plan], disks, LIMITS, lambda _download: 60)
    with pytest.raises(NotEnoughSpace):
        refuse_what_cannot_fit([plan], disks, LIMITS, lambda _download: 59)


def test_files_come_in_the_order_in_which_a_graph_needs_them(library) -> None:
    folders = ["upscale_models", "vae", "loras", "unet", "gligen", "text_encoders", "checkpoints"]
    needs = [sized(folder, 1, name=folder) for folder in folders]
    ordered = [
        download.label.partition("/")[0] for download in in_order_of_use([plan_of(library, "x", *needs)])
    ]
    assert ordered == ["text_encoders", "unet", "checkpoints", "loras", "vae", "upscale_models", "gligen"]


def test_one_place_is_fetched_once_for_two_workflows(library) -> None:
    plans = [plan_of(library, name, sized("vae", 1)) for name in "ab"]
    assert len(in_order_of_use(plans)) == 1


def test_a_plan_that_leaves_the_reserve_alone_fits_exactly(disks) -> None:
    disks.free = {"vae": 110}
    refuse_what_cannot_fit([plan_of(disks, "x", sized("vae", 100))], disks, LIMITS, nothing_staged)


def test_one_byte_more_is_refused_with_the_numbers(disks, models) -> None:
    disks.free = {"vae": 110}
    with pytest.raises(NotEnoughSpace) as caught:
        refuse_what_cannot_fit([plan_of(disks, "x", sized("vae", 101))], disks, LIMITS, nothing_staged)
    assert (caught.value.needed, caught.value.free) == (101, 100)
    assert caught.value.folder == models / "vae"
    assert caught.value.hint


def test_each_disk_is_counted_by_itself_over_all_plans(disks) -> None:
    disks.free = {"vae": 110, "loras": 110}
    plans = [plan_of(disks, "1", sized("vae", 60)), plan_of(disks, "2", sized("loras", 60))]
    refuse_what_cannot_fit(plans, disks, LIMITS, nothing_staged)
    with pytest.raises(NotEnoughSpace):
        refuse_what_cannot_fit(
            [*plans, plan_of(disks, "3", sized("vae", 60, name="y"))], disks, LIMITS, nothing_staged
        )


def test_the_same_bytes_and_the_same_place_are_counted_once(disks) -> None:
    disks.free = {"vae": 110}
    plans = [
        plan_of(disks, "1", sized("vae", 60, A), sized("vae", 60, A, name="y")),
        plan_of(disks, "2", sized("vae", 60, A), sized("vae", 40, name="z")),
        plan_of(disks, "3", sized("vae", 40, name="z")),
    ]
    refuse_what_cannot_fit(plans, disks, LIMITS, nothing_staged)


def test_the_owners_limit_holds_for_all_plans_together(disks) -> None:
    plans = [plan_of(disks, folder, sized(folder, 500)) for folder in ("vae", "loras")]
    refuse_what_cannot_fit(plans, disks, LIMITS, nothing_staged)
    with pytest.raises(ModelgetError, match="more than the limit") as caught:
        refuse_what_cannot_fit(plans, disks, replace(LIMITS, plan_bytes=999), nothing_staged)
    assert "plan_gb" in caught.value.hint


def test_an_unknown_size_counts_nothing_while_there_is_room(disks) -> None:
    disks.free = {"vae": 10}
    refuse_what_cannot_fit([plan_of(disks, "x", sized("vae", None))], disks, LIMITS, nothing_staged)
    disks.free = {"vae": 9}
    with pytest.raises(NotEnoughSpace):
        refuse_what_cannot_fit([plan_of(disks, "x", sized("vae", None))], disks, LIMITS, nothing_staged)


def test_nothing_to_fetch_is_never_refused(disks, models) -> None:
    disks.free = dict.fromkeys(("vae", "loras"), 0)
    twin = sized("vae", 10**15, A, local=models / "vae/twin.safetensors")
    present = Resolution(VAE, ModelFile(models / "vae/ae.safetensors", 10**15))
    plans = [plan_of(disks, "x", twin, present, Resolution(VAE))]
    refuse_what_cannot_fit(plans, disks, Limits(plan_bytes=0), nothing_staged)
    refuse_what_cannot_fit([], disks, Limits(plan_bytes=0), nothing_staged)


# Names without a suffix

STEM = replace(VAE, name="sub/ae", urls=(), digest=A)


def test_a_stem_takes_the_suffix_of_its_candidate(decide, models) -> None:
    item = decide(found(candidate(name="flux_ae.sft"), wanted=STEM))
    assert item.download.destination == models / "vae/sub/ae.sft"
    assert item.download.label == "vae/sub/ae.sft"


def test_what_a_text_only_tells_of_takes_its_publishers_name(decide, models) -> None:
    item = decide(found(candidate(name="flux_ae.sft"), wanted=replace(STEM, renamable=True)))
    assert item.download.destination == models / "vae/sub/flux_ae.sft"


def test_a_whole_name_is_kept_even_then(decide, models) -> None:
    item = decide(found(candidate(name="flux_ae.sft"), wanted=replace(VAE, renamable=True)))
    assert item.download.destination == models / "vae/ae.safetensors"


@pytest.mark.parametrize("name", ["..\\..\\evil.safetensors", "../evil.safetensors", "a/evil.safetensors"])
def test_a_publishers_name_cannot_leave_the_folder(decide, models, name) -> None:
    item = decide(found(candidate(name=name), wanted=replace(STEM, name="x", renamable=True)))
    assert item.download.destination == models / "vae/evil.safetensors"


@pytest.mark.parametrize("renamable", [True, False])
@pytest.mark.parametrize("name", ["4711", "evil.py", "evil.py\0.sh"])
def test_a_candidate_of_no_known_format_is_for_a_person(decide, name, renamable) -> None:
    item = decide(found(candidate(name=name), wanted=replace(STEM, name="x", renamable=renamable)))
    assert (item.status, item.download) == (Status.CHOOSE, None)
    assert "in what format" in item.hint
    assert "--choose x=ID" in item.hint


def test_a_pickle_is_accepted_by_the_name_it_will_have_or_the_one_it_has_in_the_text(decide, library) -> None:
    told = found(candidate(name="bad.pt"), wanted=replace(STEM, name="worse", renamable=True))
    refused = decide(told)
    assert refused.status is Status.CHOOSE
    assert refused.hint.endswith("pass --allow-pickle bad.pt.")
    for name, status in (("bad.pt", Status.FETCH), ("worse", Status.FETCH), ("other.pt", Status.CHOOSE)):
        decisions = Decisions(allow_pickle=frozenset({name}))
        (item,) = make_plan("x.txt", [told], library, decisions, "ask").items
        assert item.status is status


def test_an_unknown_digest_is_said_in_words(decide) -> None:
    item = decide(Resolution(STEM))
    assert item.status is Status.UNRESOLVED
    assert item.hint.startswith(f"No place knows a file with the digest {A}, and no link is given.")
    assert "--choose sub/ae=ID" in item.hint
