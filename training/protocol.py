"""The rules of an experiment by name: each moves the numbers, so each is chosen in the open and reported."""

from functools import partial
from typing import Literal

from pydantic import Field

from models.bundle.manifest import Frozen
from models.errors import RecipeInvalid


class Protocol(Frozen):
    """How betas and epochs are chosen and what is counted; `name` ends in its version."""

    name: str = Field(pattern=r"^[a-z-]+@\d+$")
    betas: Literal["fixed", "fine", "margins"] = Field(
        description="fixed: 0, 0.2 … 3.0 where scores are L2 distances, else as margins; "
        "fine: 76 from 0 to 5 in the same way; "
        "margins: 25 even intervals from where all answers are seen to where none is"
    )
    equal_betas: Literal["first", "middle"] = Field(description="which of the betas with the best harmonic mean")
    tested_beta: Literal["own", "mean"] = Field(description="of the channel that is tested, or the mean of all")
    equal_epochs: Literal["first", "lowest_loss"] = Field(description="which of the epochs with the best validation")
    leave_one_out: bool = Field(description="whether a query's own clip is left out of its ranking")


_published = partial(Protocol, equal_betas="first", equal_epochs="first")

PROTOCOLS = {
    each.name: each
    for each in (
        Protocol(
            name="sightsound@1",
            betas="margins",
            equal_betas="middle",
            tested_beta="own",
            equal_epochs="lowest_loss",
            leave_one_out=True,
        ),
        # Parida et al., WACV 2020, sections 4 and 5 (AudioSetZSL); AVGZSLNet follows it.
        _published(name="cjme@1", betas="margins", tested_beta="own", leave_one_out=True),
        # Mercea et al., CVPR 2022, section 4 and its experiments' code (VGGSound-, UCF- and ActivityNet-GZSL).
        _published(name="avca@1", betas="fixed", tested_beta="mean", leave_one_out=True),
        # Kurzendörfer et al., CVPR Workshops 2024, its experiments' code: AVCA's rules with other betas.
        _published(name="clipclap@1", betas="fine", tested_beta="mean", leave_one_out=True),
        # DSTC and DSCMR: the whole gallery, a query's own pair included.
        _published(name="dstc@1", betas="margins", tested_beta="own", leave_one_out=False),
    )
}
OURS = PROTOCOLS["sightsound@1"]


def protocol(name: str) -> Protocol:
    """The protocol of that name; raises RecipeInvalid, naming those there are."""
    if name not in PROTOCOLS:
        raise RecipeInvalid(f"there is no protocol {name!r}; there are {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]
