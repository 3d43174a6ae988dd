"""Bundles: what galleries can be embedded with."""

from pathlib import Path

from sightsound.bundle_answers import BundleDetail, BundleList, BundleSummary
from sightsound.client.addresses import BUNDLES, named
from sightsound.client.call import Call, Files, Into, Target, Told, delete, download, get, part, upload


def bundles() -> Call[tuple[BundleSummary, ...]]:
    """All bundles."""
    return part(get(BundleList, BUNDLES), lambda found: found.bundles)


def bundle(name: str) -> Call[BundleDetail]:
    """A bundle with all that it says of itself."""
    return get(BundleDetail, named(BUNDLES, name))


def add_bundle(path: Path | str, *, told: Told | None = None) -> Call[BundleDetail]:
    """Bring a bundle, its folder as a zip or tar; galleries can be reindexed with it from now on."""
    return upload(BundleDetail, BUNDLES, {}, Files("file", [path], told))


def bundle_archive(name: str, target: Target, *, told: Told | None = None) -> Call[None]:
    """A bundle as one tar, as it can be sent elsewhere, written to a place or an open file."""
    return download(f"{named(BUNDLES, name)}/archive", Into(target, told))


def remove_bundle(name: str) -> Call[None]:
    """Delete a bundle that embeds no generation that is kept."""
    return delete(named(BUNDLES, name))
