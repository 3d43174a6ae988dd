"""The tests of Sightsound."""

import models  # noqa: F401  first of all: it keeps ONNX Runtime, which some tests load themselves, from reporting its use
