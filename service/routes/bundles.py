"""Bundles: the trained methods that galleries can be embedded with."""

from fastapi import APIRouter

from service.resources import Opened
from service.schemas import BundleList
from service.summaries import bundle_summary

router = APIRouter(prefix="/v1", tags=["bundles"])


@router.get("/bundles")
def list_bundles(resources: Opened) -> BundleList:
    """All bundles of the data folder."""
    return BundleList(bundles=tuple(bundle_summary(each.manifest) for each in resources.all_bundles()))
