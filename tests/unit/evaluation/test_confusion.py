"""What classes are taken for, beside loops over the samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.confusion import confusion

ANSWERS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 9)), min_size=1, max_size=60)


def rows(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    labels, answers = np.array(pairs, np.int64).T
    return answers, labels


@given(ANSWERS, st.integers(1, 9))
def test_cells_are_those_of_a_loop(pairs: list[tuple[int, int]], most: int) -> None:
    found = confusion(*rows(pairs), most_classes=most)
    classes = found.classes.tolist()
    expected = np.zeros((len(classes), len(classes) + 1), np.int64)
    for label, answer in pairs:
        if label in classes:
            expected[classes.index(label), classes.index(answer) if answer in classes else len(classes)] += 1
    matrix = np.zeros_like(expected)
    for row, column, count in found.cells:
        assert matrix[row, column] == 0 < count
        matrix[row, column] = count
    assert (matrix == expected).all()
    assert classes == sorted(classes)
    assert len(classes) == min(most, len({label for label, _ in pairs}))


@given(ANSWERS, st.integers(1, 9))
def test_mistakes_are_the_most_frequent_of_all(pairs: list[tuple[int, int]], most: int) -> None:
    found = confusion(*rows(pairs), most_mistakes=most).mistakes.tolist()
    counted = sorted(
        ((-pairs.count(each), *each) for each in set(pairs) if each[0] != each[1]),
    )
    assert found == [[label, answer, -count] for count, label, answer in counted[:most]]


def test_of_many_classes_those_stay_that_most_mistakes_are_about() -> None:
    pairs = [(each, each) for each in range(8)] + [(2, 5), (2, 5), (6, 1)]
    assert confusion(*rows(pairs), most_classes=2).classes.tolist() == [2, 5]
    assert confusion(*rows(pairs), most_classes=4).classes.tolist() == [1, 2, 5, 6]


@pytest.mark.parametrize("classes", [1, 5])
def test_where_all_is_right_there_is_no_mistake(classes: int) -> None:
    found = confusion(*rows([(each, each) for each in range(classes)]))
    assert found.mistakes.shape == (0, 3)
    assert found.cells.tolist() == [[each, each, 1] for each in range(classes)]
