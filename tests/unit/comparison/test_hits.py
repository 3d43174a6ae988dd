"""What a method finds for a few queries, against a loop over the scores of all."""

from dataclasses import replace

import numpy as np
import pytest

from models.scoring import scores
from tests.contract.fitting import fitted
from tests.tiny.world import world
from training.comparison.hits import HITS, SIDE, best_hits, shown_routes
from training.progress import Fitted
from training.splits import FeatureSet, Split
from training.validation import embed

SMALL = world(seen=6, unseen=4, clips=9, audio=10, video=10, text=11)


@pytest.fixture(scope="module")
def learned() -> Fitted:
    return fitted("cjme", SMALL)


@pytest.mark.parametrize("route", ["text->video", "audio->video"])
def test_hits_are_the_clips_of_the_highest_scores_without_the_query_s_own(learned: Fitted, route: str) -> None:
    test, method = SMALL.test, learned.method
    ends, heads = method.routes()[route], method.heads()
    of_all = scores(
        embed(heads[ends.query], test, method.device), embed(heads[ends.gallery], test, method.device), ends.metric
    )
    found = best_hits(method, test, route, leave_one_out=True)
    assert found.hits.shape == (len(found.labels), HITS)
    for label, clip, hits in zip(found.labels, found.clips, found.hits, strict=True):
        by_words = route == "text->video"
        assert clip == -1 if by_words else test.features.label[clip] == label
        row = of_all[label if by_words else clip]
        others = [each for each in range(len(test.features)) if each != clip]
        assert hits.tolist() == sorted(others, key=lambda each: (-row[each], each))[:HITS]


def test_where_the_protocol_keeps_it_a_query_finds_its_own_clip_too(learned: Fitted) -> None:
    found = best_hits(learned.method, SMALL.test, "audio->audio", leave_one_out=False)
    assert found.hits[:, 0].tolist() == found.clips.tolist()


def test_queries_are_of_seen_and_of_unseen_classes_that_have_clips(learned: Fitted) -> None:
    found = best_hits(learned.method, SMALL.test, "text->video", leave_one_out=True)
    seen = SMALL.test.classes.seen[found.labels]
    assert (seen.sum(), (~seen).sum()) == (SIDE, SIDE)
    kept = np.isin(SMALL.test.features.label, [0, 7])
    whole = SMALL.test.features
    few = Split(FeatureSet(whole.audio[kept], whole.video[kept], whole.label[kept]), SMALL.test.classes)
    assert best_hits(learned.method, few, "text->video", leave_one_out=True).labels.tolist() == [0, 7]


def test_texts_of_clips_own_are_queries_like_any_other(learned: Fitted) -> None:
    test = SMALL.test
    features = replace(test.features, text=test.classes.text[test.features.label])
    found = best_hits(learned.method, replace(test, features=features), "text->video", leave_one_out=True)
    assert (found.clips >= 0).all()
    assert all(clip not in hits for clip, hits in zip(found.clips, found.hits, strict=True))


def test_the_routes_that_are_shown_are_those_there_are(learned: Fitted) -> None:
    assert shown_routes(learned.method) == ["text->video", "audio->video"]
    assert shown_routes(fitted("devise", SMALL).method) == ["text->av"]
    assert shown_routes(fitted("pretrained", SMALL).method) == ["audio->video"]
