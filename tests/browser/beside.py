"""The service, asked by the tests themselves, beside the browser: it may still be starting, or decode for a while."""

from functools import partial

import httpx

PATIENCE_S = 60.0
"""However slow the machine is."""

get = partial(httpx.get, timeout=PATIENCE_S)
post = partial(httpx.post, timeout=PATIENCE_S)
put = partial(httpx.put, timeout=PATIENCE_S)
patch = partial(httpx.patch, timeout=PATIENCE_S)
delete = partial(httpx.delete, timeout=PATIENCE_S)
