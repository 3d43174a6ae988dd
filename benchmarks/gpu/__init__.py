"""What a GPU does for Sightsound, beside what it could do at most: `python -m benchmarks.gpu`, or `make gpu-test`."""
