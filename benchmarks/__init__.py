"""How fast each part is, as a multiple of the bare library, a peer or the physical limit: `make bench`."""
