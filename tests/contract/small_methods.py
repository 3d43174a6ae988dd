"""Every method's options at a size that a test can train: a line a method."""

from typing import Any

OPTIONS: dict[str, dict[str, Any]] = {
    "cjme": {"hidden": 16, "text_hidden": 12, "out": 8},
    "avgzslnet": {"hidden": 16, "text_hidden": 12, "out": 8, "decoder_hidden": 8, "dropout": 0.2},
}
