"""How fast each part is, as a multiple of the bare library, a peer or the physical limit: `make bench`."""

import models  # noqa: F401 - before numpy is loaded: it says what numpy is to use of this processor
