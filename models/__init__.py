"""From media to vectors, and how well."""

import os

from models.processor import spare_zen_4

# ONNX Runtime reports its use to its makers unless it finds this when it is first loaded.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
spare_zen_4()
