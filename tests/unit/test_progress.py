"""Bars for who watches, lines for a log."""

import re
from io import StringIO

import pytest
from rich.console import Console

from sightsound import progress
from sightsound.progress import Steps

ERASED = "<erased>"
"""Stands before what replaces a line."""


def terminal(*, height: int = 24) -> Console:
    return Console(file=StringIO(), width=120, height=height, force_terminal=True)


def printed(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue().replace("\x1b[2K", ERASED))


def test_how_much_there_is_may_come_out_on_the_way() -> None:
    console = terminal()
    with Steps(console) as steps:
        with steps.step("Training") as step:
            step.advance("epoch 1", left=3)
            step.advance("epoch 2", left=2)
        with steps.step("Training again") as step:
            step.advance(left=0)
    # The first ended early, and is shown as over with the epochs that it took.
    assert re.search(r"✓ Training +━+ 2/2", printed(console))
    assert re.search(r"✓ Training again +━+ 1/1", printed(console))


def test_bars_that_are_full_leave_the_screen_to_the_one_that_moves() -> None:
    console = terminal(height=10)
    with Steps(console) as steps:
        for number in range(20):
            with steps.step(f"Trial {number}", 1) as step:
                step.advance()
    assert isinstance(console.file, StringIO)
    redrawn = re.findall(r"(?:\x1b\[1A\x1b\[2K)+", console.file.getvalue())
    assert 2 < max(each.count("1A") for each in redrawn) < 10  # lines above the one that the cursor is on
    lines = printed(console).splitlines()
    assert all(any(f"✓ Trial {number} " in line for line in lines) for number in range(20))
    assert "✓ Trial 19 " in lines[-1]


def test_a_log_has_a_line_of_a_long_step_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=StringIO(), width=40)
    monkeypatch.setattr(progress, "LOG_EVERY_S", 0.0)
    with Steps(console) as steps, steps.step("Training") as step:
        step.advance("train 1/2, validation 12.5%", left=1)
        step.advance("train 2/2, validation 25.0%", left=0)
    assert printed(console).splitlines()[:3] == [
        "Training …",
        "Training: 1 of 2 train 1/2, validation 12.5%",
        "Training: 2 of 2 train 2/2, validation 25.0%",
    ]


@pytest.mark.parametrize("watched", [True, False])
def test_a_step_that_is_stopped_says_so_and_has_no_bar_any_more(watched: bool) -> None:
    console = terminal() if watched else Console(file=StringIO())
    with pytest.raises(KeyboardInterrupt), Steps(console) as steps, steps.step("Training", 3):
        raise KeyboardInterrupt
    assert re.search(r"Training: stopped after \d\.", printed(console))
    bar, _, after = printed(console).rpartition("━")
    assert (ERASED in after) if bar else not watched


def test_a_log_has_no_bars_however_many_steps_there_are() -> None:
    console = Console(file=StringIO(), height=4)
    with Steps(console) as steps:
        for number in range(9):
            with steps.step(f"Trial {number}", 1):
                pass
    assert "━" not in printed(console)
    assert len(printed(console).splitlines()) == 18
