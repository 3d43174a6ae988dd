"""Training batches: every clip at most once an epoch, cut, padded, varied, and joined with its words."""

import numpy as np
import pytest
from numpy.random import Generator

from models.types import F32, U8
from training.backbones.fit import word_table
from training.backbones.segments import Clip, Segments, vary_pictures, vary_sound

LENGTH = 10


def untouched(segments: Clip, rng: Generator) -> F32:
    return segments.astype(np.float32)


def counted(*lengths: int) -> list[Clip]:
    """Clips of so many samples; a clip's samples count up from a thousand times its number, from 1."""
    return [np.arange(n, dtype=np.float32) + 1000 * number for number, n in enumerate(lengths, start=1)]


def made(clips: list[Clip], *, joined: float = 0.0) -> Segments:
    return Segments(clips, np.eye(len(clips), dtype=np.float32), LENGTH, untouched, joined=joined)


def shown(segments: Segments, *, batch: int, seed: int = 0) -> list[tuple[F32, F32]]:
    return list(segments.epoch(batch, np.random.default_rng(seed)))


def owner(samples: F32) -> int:
    """The row of the clip that samples were cut out of."""
    rows = {int(sample) // 1000 - 1 for sample in samples}
    assert len(rows) == 1
    return rows.pop()


def test_a_segment_is_a_stretch_of_its_clip_with_its_words() -> None:
    for segments, words in shown(made(counted(*[30] * 8)), batch=4):
        assert segments.shape == (4, LENGTH)
        for segment, word in zip(segments, words, strict=True):
            assert np.diff(segment).tolist() == [1] * (LENGTH - 1)
            assert word.tolist() == np.eye(8)[owner(segment)].tolist()


def test_an_epoch_shows_every_clip_once_but_for_a_last_part_batch() -> None:
    for clips, batch, expected in ((8, 4, 8), (11, 4, 8), (3, 4, 0)):
        rows = [owner(each) for segments, _ in shown(made(counted(*[30] * clips)), batch=batch) for each in segments]
        assert len(rows) == len(set(rows)) == expected


def test_all_places_of_a_clip_are_shown_and_no_other() -> None:
    segments = made(counted(13, 13))
    starts = {
        int(row[0]) % 1000 for seed in range(40) for batch, _ in shown(segments, batch=2, seed=seed) for row in batch
    }
    assert starts == {0, 1, 2, 3}


@pytest.mark.parametrize("length", [1, 4, LENGTH])
def test_a_short_clip_ends_in_zeros(length: int) -> None:
    ((segments, _),) = shown(made(counted(length)), batch=1)
    assert segments[0].tolist() == [1000 + i for i in range(length)] + [0] * (LENGTH - length)


def test_short_pictures_end_in_black_frames() -> None:
    frames: U8 = np.full((3, 4, 4, 3), 9, np.uint8)
    ((segments, _),) = list(
        Segments([frames], np.ones((1, 1), np.float32), 5, untouched).epoch(1, np.random.default_rng(0))
    )
    assert segments.shape == (1, 5, 4, 4, 3)
    assert segments.mean(axis=(0, 2, 3, 4)).tolist() == [9, 9, 9, 0, 0]


def test_joined_halves_carry_the_words_of_both_clips() -> None:
    joins = 0
    for segments, words in shown(made(counted(*[30] * 24), joined=1.0), batch=8):
        for segment, word in zip(segments, words, strict=True):
            first, second = owner(segment[: LENGTH // 2]), owner(segment[LENGTH // 2 :])
            assert set(np.flatnonzero(word)) == {first, second}
            assert set(word.tolist()) <= {0, 1}
            joins += first != second
    assert joins > 12


def test_the_second_half_is_how_the_other_segment_of_the_batch_begins() -> None:
    plain = shown(made(counted(*[30] * 6)), batch=6, seed=5)[0][0]
    joined = shown(made(counted(*[30] * 6), joined=1.0), batch=6, seed=5)[0][0]
    begins = {owner(segment): segment[: LENGTH // 2].tolist() for segment in plain}
    for segment in joined:
        assert segment[LENGTH // 2 :].tolist() == begins[owner(segment[LENGTH // 2 :])]


def test_about_the_share_asked_for_is_joined_and_the_rest_left_alone() -> None:
    both = [words.sum(axis=1) for _, words in shown(made(counted(*[30] * 400), joined=0.4), batch=100)]
    share = (np.concatenate(both) == 2).mean()
    assert share == pytest.approx(0.4, abs=0.08)


def test_joining_changes_neither_clips_nor_word_table() -> None:
    segments = made(counted(*[30] * 8), joined=1.0)
    shown(segments, batch=8)
    assert np.array_equal(segments.words, np.eye(8))
    assert all(
        np.array_equal(clip, original) for clip, original in zip(segments.clips, counted(*[30] * 8), strict=True)
    )


def test_the_same_random_numbers_show_the_same_epoch() -> None:
    segments = made(counted(*[30] * 8), joined=0.5)
    first, again, other = (shown(segments, batch=8, seed=seed)[0][0] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_varied_sound_is_the_same_sound_louder_or_softer_in_noise() -> None:
    tone = np.tile(np.sin(np.arange(4000, dtype=np.float32) / 7), (50, 1))
    varied = vary_sound(tone, np.random.default_rng(0))
    gains = (varied * tone).sum(axis=1) / (tone * tone).sum(axis=1)
    assert varied.dtype == np.float32
    assert gains.min() > 0.28
    assert gains.max() < 1.42
    assert np.ptp(gains) > 0.8
    assert np.abs(varied - gains[:, None] * tone).std() < 0.025


def test_varied_pictures_of_a_clip_are_mirrored_and_moved_alike_in_every_frame() -> None:
    clip = np.full((200, 3, 40, 40, 3), 60, np.uint8)
    clip[:, :, 20, 8] = 180
    varied = vary_pictures(clip, np.random.default_rng(0))
    assert varied.shape == clip.shape
    assert varied.dtype == np.float32
    light = varied.mean(axis=4).reshape(200, 3, -1)
    places = light.argmax(axis=2)
    assert (places == places[:, :1]).all()
    down, across = places[:, 0] // 40, places[:, 0] % 40
    assert set(down) == set(range(16, 25))
    assert set(across) == set(range(4, 13)) | set(range(27, 36))


def test_varied_pictures_keep_to_the_range_of_light_and_leave_the_clips_alone() -> None:
    clip = np.random.default_rng(1).integers(0, 256, (20, 2, 20, 20, 3), np.uint8)
    before = clip.copy()
    varied = vary_pictures(clip, np.random.default_rng(0))
    assert varied.min() >= 0
    assert varied.max() <= 255
    assert np.ptp(varied.mean(axis=(1, 2, 3, 4))) > 10
    assert np.array_equal(clip, before)


def test_the_word_table_has_a_column_for_each_word_in_alphabetical_order() -> None:
    table = word_table(["glass ball bouncing", "metal ball", "glass"])
    assert table.dtype == np.float32
    assert table.tolist() == [[1, 1, 1, 0], [1, 0, 0, 1], [0, 0, 1, 0]]


def test_a_word_that_is_part_of_another_does_not_count_as_it() -> None:
    assert word_table(["ball", "balloon"]).tolist() == [[1, 0], [0, 1]]
