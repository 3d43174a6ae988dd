"""Every call of the clients with as much as it can be told: what the service's description is held against."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sightsound import Blend, Choosing, Item, Only, Query, RouteBias
from sightsound.answers import Clip
from sightsound.client.call import Call, Pages
from sightsound.client.methods import JobMethods, Methods

MOMENT = datetime(2026, 5, 3, tzinfo=UTC)
ONLY = Only(
    by="clip",
    label=["a"],
    where=[{"path": ["year"], "is": "lt", "value": 2000}],
    added_from=MOMENT,
    added_to=MOMENT,
    among=["1"],
    min_score=0.5,
    min_probability=0.5,
    min_duration_s=0.5,
    max_duration_s=60.0,
)
NAMED, KEPT = Choosing(["a", "b"], None, 0.5, 3, "window", 0.1, "audio"), Choosing(vocabulary="kitchen")
WEIGHED = Query(text="bell", weight=0.5, route="text->video")
SHAPES = [Query(text="a"), Query(clip="1"), Query(window=1), Query(features={"audio": [0.5]}), Query(vector=[0.5])]
CLIP = Clip(
    id="1", name="a", labels=(), media="/v1/galleries/demo/clips/1/media", media_type="video/mp4", duration_s=1.0
)


class Asked:
    """The arguments of a call."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.arguments, self.named = arguments, named


HOW: Mapping[str, Any] = {"only": ONLY, "explain": True}
WANTED: Mapping[str, Any] = {"state": "done", "gallery": "demo", "kind": "ingest"}
REINDEX = Asked("demo", "tiny", tolerance=0.5, biases={"audio->video": RouteBias(alpha=0.5)}, expected=3)
CHANNELS: Mapping[str, Any] = {"from_": "audio", "to": "video"}

EXAMPLES: Mapping[str, tuple[Asked, ...]] = {
    "search": (Asked("demo", text="bell", to="audio", k=3, offset=3, pages=True, moments=3, **HOW),),
    "search_clip": (
        Asked("demo", __file__, queries=[WEIGHED], weight=2.0, k=3, offset=3, pages=True, moments=3, **CHANNELS, **HOW),
    ),
    "search_by": (
        Asked("demo", WEIGHED, like=["1", 2], unlike=[3], k=3, offset=3, pages=True, moments=3, **CHANNELS, **HOW),
        *(Asked("demo", each, route="audio->video") for each in SHAPES),
    ),
    "search_on": (Asked("demo", "cursor", k=3, explain=True, moments=3),),
    "hits": (Asked("demo", WEIGHED, like=["1"], moments=3, **CHANNELS, **HOW),),
    "hits_of_clip": (Asked("demo", __file__, queries=[WEIGHED], weight=2.0, moments=3, **CHANNELS, **HOW),),
    "search_batch": (
        Asked("demo", [*SHAPES, WEIGHED, Blend([WEIGHED, *SHAPES], ["1"], [2])], **CHANNELS, k=3, **HOW),
        Asked("demo", SHAPES, route="audio->video"),
    ),
    "classify": (
        Asked(__file__, ["a"], gallery="demo", calibration="off", k=3, by="window", abstain_below=0.1, channel="av"),
        Asked(__file__, vocabulary="kitchen"),
    ),
    "classify_files": (Asked([__file__], NAMED, gallery="demo"), Asked([__file__], KEPT)),
    "classify_stored": (Asked("demo", "1", NAMED), Asked("demo", 2, KEPT)),
    "classify_stored_batch": (Asked("demo", ["1", 2], NAMED), Asked("demo", [1], KEPT)),
    "vocabularies": (Asked(at_once=7),),
    "vocabulary": (Asked("kitchen"),),
    "set_vocabulary": (Asked("kitchen", {"a": True, "b": None}, if_match='"1"', if_new=True), Asked("x", ["a"])),
    "remove_vocabulary": (Asked("kitchen", if_match='"1"'),),
    "clips": (Asked("demo", label="a", only=ONLY, at_once=7),),
    "clip": (Asked("demo", "1"),),
    "add_clip": (Asked("demo", __file__, ["a"], metadata={"year": 1999}),),
    "change_clip": (Asked("demo", "1", name="b", labels=["c"], metadata={"year": None}, if_match='"1"'),),
    "remove_clip": (Asked("demo", "1", if_match='"1"'),),
    "remove_clips": (Asked("demo", ["1", "2"]),),
    "media": (Asked(CLIP, "a.mp4"),),
    "preview": (Asked(CLIP, "a.mp4"),),
    "thumbnail": (Asked(CLIP, 1.5),),
    "waveform": (Asked(CLIP),),
    "waveform_picture": (Asked(CLIP),),
    "galleries": (Asked(),),
    "gallery": (Asked("demo"),),
    "gallery_statistics": (Asked("demo"),),
    "create_gallery": (Asked("own", "tiny"),),
    "remove_gallery": (Asked("own", if_match='"1"'),),
    "reindex": (REINDEX,),
    "generations": (Asked("demo"),),
    "generation": (Asked("demo", 2),),
    "activate": (Asked("demo", 2, expected=3),),
    "remove_generation": (Asked("demo", 2),),
    "roll_back": (Asked("demo", 2, expected=3),),
    "evaluations": (Asked("demo"),),
    "evaluation": (Asked("demo", 2),),
    "evaluation_map": (Asked("demo", 2),),
    "compare_evaluations": (Asked("demo", 2, 3),),
    "evaluation_plot": (Asked("demo", 2, "curves", beside=3),),
    "remove_evaluation": (Asked("demo", 2),),
    "bundles": (Asked(),),
    "bundle": (Asked("tiny"),),
    "add_bundle": (Asked(__file__),),
    "import_gallery": (Asked(__file__, "again"),),
    "export_gallery": (Asked("demo", "a.tar"),),
    "verify_gallery": (Asked("demo"),),
    "bundle_archive": (Asked("tiny", "a.tar"),),
    "remove_bundle": (Asked("tiny"),),
    "status": (Asked(),),
    "readiness": (Asked(),),
    "keys": (Asked(),),
    "create_key": (Asked("a", ["admin"], galleries=["demo"], rate="1/second", at_once=1, expires_at=MOMENT),),
    "revoke_key": (Asked("a"),),
    "audit": (Asked(at_once=7),),
    "jobs.ingest": (
        Asked("demo", "new", labels=["a"]),
        Asked("demo", items=[Item("https://x.org/a", None, "b", ["c"], {"year": 1}), Item(path="a")]),
    ),
    "jobs.upload": (Asked("demo", [__file__, __file__], labels=["a"]),),
    "jobs.reindex": (REINDEX,),
    "jobs.compact": (Asked("demo"),),
    "jobs.evaluate": (Asked("demo", ["text->video"], generation=1, compare_to=2, only=ONLY, map=True),),
    "jobs.get": (Asked("1"),),
    "jobs.listed": (Asked(**WANTED, limit=3),),
    "jobs.every": (Asked(**WANTED, at_once=3),),
    "jobs.cancel": (Asked("1"),),
    "jobs.retry": (Asked("1"),),
}
"""By name of the method."""


def methods() -> set[str]:
    """Whatever a client can be asked that is one call, or pages of calls."""
    kinds: list[tuple[str, type]] = [("", Methods), ("jobs.", JobMethods)]
    return {
        f"{place}{name}" for place, kind in kinds for name in vars(kind) if hasattr(vars(kind)[name], "__wrapped__")
    }


def calls(name: str) -> Iterator[Call[Any]]:
    """The calls of a method's examples; of pages the first and another one."""
    describe = vars(JobMethods if name.startswith("jobs.") else Methods)[name.removeprefix("jobs.")].__wrapped__
    for each in EXAMPLES[name]:
        found = describe(*each.arguments, **each.named)
        yield from (found.page(None), found.page("7")) if isinstance(found, Pages) else (found,)
