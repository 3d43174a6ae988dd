"""Lines of the log as they are written: for people, or as JSON for what gathers logs."""

import logging
from datetime import datetime
from json import JSONEncoder

from pythonjsonlogger.json import JsonFormatter

from service.observing.redaction import Redaction

TEXT = "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s"
FIELDS = "%(levelname)s %(name)s %(message)s"


class TextLines(logging.Formatter):
    """Lines for people."""

    def __init__(self, redaction: Redaction) -> None:
        super().__init__(TEXT)
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        return self._redaction.of(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        """One line, whatever others called their things: nothing that a terminal obeys, or takes for a line's end."""
        return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in super().formatMessage(record))


def _told(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


ENCODER = JSONEncoder(default=_told)


class JsonLines(JsonFormatter):
    """A JSON object a line, with a traceback in `exc_info`."""

    def __init__(self, redaction: Redaction) -> None:
        super().__init__(FIELDS, timestamp="at", rename_fields={"levelname": "level", "name": "logger"})
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        return self._redaction.of(super().format(record))

    def jsonify_log_record(self, log_data: dict[str, object]) -> str:
        """By an encoder that is made once: one for each line takes longer than the line."""
        return ENCODER.encode(log_data)
