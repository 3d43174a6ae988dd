"""A named set of clips, searched by the vectors of one bundle at a time."""

from index.embedded import Embedded
from index.evaluated import Evaluated
from index.found import Found
from index.held import Held
from index.stored import Stored


class Gallery(Held, Stored, Embedded, Found, Evaluated):
    """A named set of clips. The catalog is the truth, the vectors of the active generation follow it.

    Safe to use from several threads, and beside other processes that have the same data folder open: what one adds,
    deletes or switches to, the others find, miss or follow. Each of its rooms has a file of its own: the clips, what
    is stored of them, how they are embedded, what is found, and how well.
    """
