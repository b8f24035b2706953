"""Log lines are for people or machines, and no secret gets into one by any way."""

import json
import logging
import pathlib
import sys
import threading
from collections.abc import Iterator
from logging.handlers import QueueHandler
from queue import SimpleQueue

import pytest
import structlog
from pydantic import SecretStr

from optiinfra_core import logs
from optiinfra_core.redaction import register_secret
from optiinfra_core.settings import Settings

SECRET = "planted-log-secret-91c2"  # noqa: S105 - made up


class StandardError:
    """What was written to standard error since it was last read."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def read(self) -> str:
        """The text."""
        return self._capsys.readouterr().err


@pytest.fixture
def stderr(capsys: pytest.CaptureFixture[str]) -> Iterator[StandardError]:
    """Standard error; logging is as before afterwards."""
    root = logging.getLogger()
    before = (logging.getLogRecordFactory(), root.level, list(root.handlers))
    hooks = (sys.excepthook, threading.excepthook)
    register_secret(SECRET)
    yield StandardError(capsys)
    logging.setLogRecordFactory(before[0])
    root.setLevel(before[1])
    root.handlers = before[2]
    sys.excepthook, threading.excepthook = hooks
    structlog.reset_defaults()


def fail() -> None:
    """Raise an error that quotes the secret."""
    raise ValueError(SECRET)


def fail_with_a_cause() -> None:
    """Raise a harmless error whose cause quotes the secret."""
    try:
        fail()
    except ValueError as cause:
        raise RuntimeError("wrapped") from cause


def configured(log_format: str) -> None:
    """Logging as an installation has it."""
    logs.configure(Settings(log_format=log_format))


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_way_of_logging_lets_a_secret_out(stderr: StandardError, log_format: str) -> None:
    """Text, arguments, fields, nested values, objects, exceptions and their causes."""
    configured(log_format)
    plain, structured = logging.getLogger("plain"), structlog.get_logger("structured")

    plain.warning("text " + SECRET)
    plain.warning("argument %s and %r", SECRET, {"deep": SECRET})
    plain.warning("named %(it)s", {"it": SECRET})
    plain.warning(ValueError(SECRET))
    plain.warning("stack " + SECRET, stack_info=True)
    structured.warning(
        "event " + SECRET, field=SECRET, deep={"a": [SECRET]}, holder=pathlib.Path(SECRET)
    )
    structured.warning("short", authorization="abc", token=SecretStr("x"), deep={"secret": "abd"})
    try:
        fail_with_a_cause()
    except RuntimeError:
        plain.exception("caught")
        structured.exception("caught as well")
    told = stderr.read()
    assert SECRET not in told
    assert "planted-log" not in told
    assert not any(short in told for short in ("abc'", '"abc"', "abd"))
    assert told.count("[redacted]") >= 10
    assert told.count("RuntimeError: wrapped") == 2


def test_json_lines_are_one_object_each(stderr: StandardError) -> None:
    """With time in UTC, level and logger, from both kinds of loggers."""
    configured("json")
    logging.getLogger("plain").info("first %d", 1)
    structlog.get_logger("structured").info("second", rows=2)
    first, second = (json.loads(line) for line in stderr.read().splitlines())
    assert (first["event"], first["level"], first["logger"]) == ("first 1", "info", "plain")
    assert (second["event"], second["rows"], second["logger"]) == ("second", 2, "structured")
    assert first["timestamp"].endswith("Z")


def test_configuring_again_does_not_double_lines(stderr: StandardError) -> None:
    """The last call counts."""
    configured("console")
    configured("json")
    configured("json")
    logging.getLogger("plain").info("once")
    assert stderr.read().count("once") == 1
    assert isinstance(logging.getLogRecordFactory(), logs.ScrubbingFactory)
    inner = vars(logging.getLogRecordFactory())["_inner"]
    assert not isinstance(inner, logs.ScrubbingFactory)


def test_other_libraries_handlers_see_clean_records(stderr: StandardError) -> None:
    """A handler that keeps records, as an orchestrator does, gets none with a secret."""
    logs.scrub_records()
    kept: SimpleQueue[logging.LogRecord] = SimpleQueue()
    keeper = QueueHandler(kept)
    # Its own preparation formats the record; what arrives is to be what was made.
    keeper.prepare = lambda record: record  # type: ignore[method-assign]
    logger = logging.getLogger("kept")
    logger.addHandler(keeper)
    try:
        fail()
    except ValueError:
        logger.exception("failed with %s", SECRET)
    logger.removeHandler(keeper)
    record = kept.get_nowait()
    assert SECRET not in str(vars(record))
    assert SECRET not in logging.Formatter().format(record)
    assert "ValueError" in logging.Formatter().format(record)


def test_arguments_that_are_clean_stay_apart(stderr: StandardError) -> None:
    """A formatter that takes the arguments apart (uvicorn's access log) still can."""
    logs.scrub_records()
    args = ("127.0.0.1:1", "GET", "/x?key=abc", "1.1", 200)
    record = logging.getLogger("x").makeRecord(
        "uvicorn.access", logging.INFO, "f", 1, '%s - "%s %s HTTP/%s" %d', args, None
    )
    assert record.args == ("127.0.0.1:1", "GET", "/x?key=[redacted]", "1.1", 200)


def test_a_format_that_does_not_fit_is_left_to_logging(stderr: StandardError) -> None:
    """A caller's mistake does not become ours."""
    logs.scrub_records()
    record = logging.getLogger("x").makeRecord("x", 20, "f", 1, "%s %s", (SECRET,), None)
    assert record.args == ("[redacted]",)


def test_an_exception_nobody_caught_is_clean(stderr: StandardError) -> None:
    """Of the main thread and of others."""
    logs.scrub_records()
    thread = threading.Thread(target=fail, name="worker-7")
    thread.start()
    thread.join()
    try:
        fail()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    told = stderr.read()
    assert SECRET not in told
    assert "worker-7" in told
    assert told.count("ValueError: [redacted]") == 2


def test_bound_context_is_on_the_line(stderr: StandardError) -> None:
    """What a request binds is on every line, scrubbed like the rest."""
    configured("json")
    with structlog.contextvars.bound_contextvars(request_id="r-1", query=f"a={SECRET}"):
        logging.getLogger("plain").info("x")
    line = json.loads(stderr.read())
    assert (line["request_id"], line["query"]) == ("r-1", "a=[redacted]")
