"""What holds for every test, set before torch and numpy are imported."""

import os

# Tests already run on every core: threads of their own would only wait for each other, spinning.
os.environ.setdefault("OMP_NUM_THREADS", "1")
