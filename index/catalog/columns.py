"""One column of integers, as an array."""

from typing import Any

import numpy as np
from sqlalchemy import Connection, Select

from models.types import I64


def integers(connection: Connection, query: Select[Any]) -> I64:
    """[n] the first column of a query's rows, as they come."""
    return np.fromiter(connection.execute(query).scalars(), np.int64)
