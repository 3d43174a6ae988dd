"""The 33 classes of the world: a material or source of sound, a thing, and what it does.

23 are seen and 10 unseen, as in AudioSetZSL (Parida et al., WACV 2020). The words stand in a
Latin square: any two words of an unseen class occur together in seen classes, with another third,
so that an unseen class is a new combination of known words and no word gives another away.
"""

from dataclasses import dataclass

SEEN = (
    "glass ball bouncing",
    "glass ball spinning",
    "glass bell swinging",
    "glass bell spinning",
    "glass wheel bouncing",
    "glass wheel swinging",
    "metal ball swinging",
    "metal ball spinning",
    "metal bell bouncing",
    "metal bell swinging",
    "metal wheel bouncing",
    "metal wheel spinning",
    "engine ball bouncing",
    "engine ball swinging",
    "engine bell bouncing",
    "engine bell spinning",
    "engine wheel swinging",
    "engine wheel spinning",
    "siren ball bouncing",
    "siren ball spinning",
    "siren bell spinning",
    "siren wheel bouncing",
    "siren wheel swinging",
)

UNSEEN = (
    "glass ball swinging",
    "glass bell bouncing",
    "glass wheel spinning",
    "metal ball bouncing",
    "metal bell spinning",
    "metal wheel swinging",
    "engine bell swinging",
    "engine wheel bouncing",
    "siren bell bouncing",
    "siren wheel spinning",
)

CLASSES = SEEN + UNSEEN


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays in a clip: a source of sound and texture, a thing, an action."""

    source: str
    thing: str
    action: str

    @classmethod
    def of(cls, name: str) -> "Cast":
        """The three words of a class name, in their order."""
        return cls(*name.split())
