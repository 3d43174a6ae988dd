"""What wrk prints is read."""

import pytest

from benchmarks.wrk import Load, parsed
from models.errors import Unavailable

PRINTED = """Running 2s test @ http://127.0.0.1:1/
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   250.59ms  139.90ms 570.00ms   58.00%
    Req/Sec    60.90     26.90   120.00     65.00%
  Latency Distribution
     50%  500.00us
     75%    1.10ms
     90%    3.00ms
     99%    1.22s 
  2000 requests in 2.00s, 1.00MB read
  Socket errors: connect 0, read 2, write 0, timeout 1
  Non-2xx or 3xx responses: 7
Requests/sec:   1000.25
Transfer/sec:      0.50MB
"""


def test_waits_are_in_milliseconds_and_what_failed_is_counted() -> None:
    assert parsed(PRINTED) == Load(p50_ms=0.5, p99_ms=1220.0, a_second=1000.25, odd=10)


def test_no_answer_at_all_is_an_error_of_its_own() -> None:
    with pytest.raises(Unavailable, match="no answer"):
        parsed("Running 1s test\n  0 requests in 1.00s, 0.00B read\nRequests/sec:      0.00\n")
