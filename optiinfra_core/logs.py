"""Log lines on standard error, for people or machines; no secret gets into one.

Standard records are scrubbed where they are made, so handlers of other libraries (Dagster writes
records to its database) only ever see clean ones.
"""

import logging
import sys
import threading
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from optiinfra_core.redaction import REDACTED, scrub
from optiinfra_core.settings import Settings

HANDLER = "optiinfra"

# A field of these names is hidden whatever it holds, also where the value is too short to know.
HIDDEN_FIELDS = frozenset({"authorization", "password", "secret", "token", "pepper"})
_HARMLESS = (bool, int, float, type(None))


def configure(settings: Settings) -> None:
    """Send structlog and standard logging to standard error in ``settings.log_format``.

    May be called again; the last call counts.
    """
    scrub_records()
    structlog.configure(
        processors=[*_shared(), ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = ProcessorFormatter(
        foreign_pre_chain=[_clean_traceback, *_shared()],
        processors=[ProcessorFormatter.remove_processors_meta, _renderer(settings.log_format)],
    )
    handler = logging.StreamHandler(StandardError())
    handler.set_name(HANDLER)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for known in [known for known in root.handlers if known.get_name() == HANDLER]:
        root.removeHandler(known)
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def scrub_records() -> None:
    """Scrub every standard record of this process from now on, and tracebacks nobody caught.

    Enough by itself where another program (Dagster) decides where lines go.
    """
    if not isinstance(logging.getLogRecordFactory(), ScrubbingFactory):
        logging.setLogRecordFactory(ScrubbingFactory(logging.getLogRecordFactory()))
    sys.excepthook = _last_words
    threading.excepthook = _last_words_of_thread


class ScrubbingFactory:
    """Makes the records another factory makes, without secrets in text, arguments or traceback."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        """The clean record."""
        record: logging.LogRecord = self._inner(*args, **kwargs)
        _scrub_message(record)
        if record.exc_info and record.exc_info[0] is not None:
            told = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            clean = scrub(told)
            if clean != told:
                # Formatters print exc_text where there is no exc_info to format anew.
                record.exc_info, record.exc_text = None, clean
        if record.stack_info:
            record.stack_info = scrub(record.stack_info)
        return record


class StandardError:
    """Whatever ``sys.stderr`` is at the moment of writing."""

    def write(self, text: str) -> object:
        """Write ``text``."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Hand it on."""
        sys.stderr.flush()


def _scrub_message(record: logging.LogRecord) -> None:
    # Arguments first and one by one: some formatters (uvicorn's) take them apart themselves.
    if isinstance(record.args, Mapping):
        record.args = {name: _clean_text(value) for name, value in record.args.items()}
    elif record.args:
        record.args = tuple(_clean_text(value) for value in record.args)
    try:
        told = record.getMessage()
    except (TypeError, ValueError, KeyError):
        return  # the caller's format does not fit its arguments; logging reports that itself
    clean = scrub(told)
    if clean != told:
        record.msg, record.args = clean, ()


def _clean_text(value: object) -> object:
    return scrub(value) if isinstance(value, str) else value


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _scrub_event,
    ]


def _renderer(log_format: str) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(default=str)
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _clean_traceback(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    if record.exc_text and not record.exc_info:
        event["exception"] = record.exc_text
    return event


def _scrub_event(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for name, value in event.items():
        if not name.startswith("_"):  # those are structlog's own
            event[name] = _clean_field(name, value)
    return event


def _clean_field(name: str, value: Any) -> Any:
    if name.lower() in HIDDEN_FIELDS:
        return REDACTED
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, _HARMLESS):
        return value
    if isinstance(value, Mapping):
        return {key: _clean_field(str(key), part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean_field("", part) for part in value]
    # Another kind of value: the renderer will write one of these two spellings of it.
    harmless = all(scrub(told) == told for told in (str(value), repr(value)))
    return value if harmless else scrub(str(value))


def _last_words(
    kind: type[BaseException], error: BaseException, where: TracebackType | None
) -> None:
    sys.stderr.write(scrub("".join(traceback.format_exception(kind, error, where))))


def _last_words_of_thread(told: threading.ExceptHookArgs) -> None:
    if told.exc_type is SystemExit:
        return
    name = told.thread.name if told.thread else "?"
    lines = traceback.format_exception(told.exc_type, told.exc_value, told.exc_traceback)
    sys.stderr.write(scrub(f"Exception in thread {name}:\n{''.join(lines)}"))
