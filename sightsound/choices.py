"""What may be chosen between, in the words of the API: for whoever asks, before anything that asks is imported."""

from typing import Literal

Asked = Literal["audio", "video", "av"]
"""What of clips is asked with, or compared with."""
Scope = Literal["search", "ingest", "observe", "admin"]
"""What a key allows."""
Kind = Literal["ingest", "reindex", "compact", "evaluate"]
"""Of jobs."""
Precision = Literal["float32", "bfloat16"]
"""Of matrix products, where a method is trained."""
State = Literal["queued", "running", "done", "failed", "cancelled"]
"""Of jobs."""
