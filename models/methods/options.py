"""What a number that a recipe may choose can be."""

from typing import Annotated

from pydantic import Field

Size = Annotated[int, Field(gt=0)]
"""How wide something is, or how many there are."""

Dropout = Annotated[float, Field(ge=0, lt=1)]
"""The share of numbers that training sets to zero."""

Positive = Annotated[float, Field(gt=0)]
"""A margin, a scale or a weight."""
