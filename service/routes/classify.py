"""What an uploaded clip shows."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Form

from service import classifying
from service.resources import Opened
from service.schemas import Calibration, ClassifyAnswer, ClassNames, KForm
from service.uploads import received_clip

router = APIRouter(prefix="/v1", tags=["classify"])


@router.post("/classify")
def classify(
    resources: Opened,
    clip: Annotated[Path, Depends(received_clip)],
    gallery: Annotated[str | None, Form(description="Whose bundle to use; the first gallery's by default.")] = None,
    classes: Annotated[ClassNames, Form(description="Any words, repeated or separated by commas.")] = (),
    calibration: Annotated[Calibration, Form(description="on, off, or what to take off seen classes.")] = "on",
    k: KForm = 10,
) -> ClassifyAnswer:
    """The classes that a clip is likeliest to show: those the bundle knows, or any words."""
    return classifying.classify(resources, gallery, clip=clip, classes=classes, calibration=calibration, k=k)
