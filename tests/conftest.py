"""What holds for every test, set before torch and numpy are imported."""

import os
import signal

# Tests already run on every core: threads of their own would only wait for each other, spinning.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Some tests press Ctrl+C, which a runner that was started in the background ignores.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
