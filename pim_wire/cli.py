"""What both plugins add to the SDK's command line: no secret in a message, one line for a failure, exit code 1.

Stock singer-sdk 0.54.9 prints the offending value of a wrong setting, even of a secret one, and a traceback for every
failure (reliability sheet 2.2); both go to log collectors at night.
"""

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, TypeVar

import click
from jsonschema import Draft202012Validator, ValidationError
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.plugin_base import PluginBase, SingerCommand
from singer_sdk.typing import extend_validator_with_defaults
from typing_extensions import override

from pim_wire.config import unknown_settings, with_clear_files
from pim_wire.errors import CannotWrite, Interrupted, InvalidInput, InvalidSettings, StopRun, page_of
from pim_wire.limits import LEAST_LINE_BYTES, LEAST_NESTING, LINE_BYTES, MOST_LINE_BYTES, MOST_NESTING, NESTING
from pim_wire.redaction import Redactor

T = TypeVar("T")

_Validator = extend_validator_with_defaults(Draft202012Validator)

EXIT_STOPPED = 1
EXIT_INTERRUPTED = 130
_SECTIONS: tuple[tuple[type[BaseException], str], ...] = (
    (ConfigValidationError, InvalidSettings.section),
    (BrokenPipeError, "pipe"),
    (OSError, CannotWrite.section),
    (BaseException, "unexpected"),
)


class QuietCommand(SingerCommand):
    """A Singer command line that ends with one line instead of a traceback."""

    @override
    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        return self._quietly(
            super().make_context, *args, **kwargs
        )  # --discover and --test run while arguments are read

    @override
    def invoke(self, ctx: click.Context) -> Any:
        logging.captureWarnings(capture=True)
        warnings.filterwarnings("once", category=DeprecationWarning)
        return self._quietly(super(SingerCommand, self).invoke, ctx)

    def _quietly(self, act: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        try:
            return act(*args, **kwargs)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except BaseException as failure:  # noqa: BLE001 - the outermost frame: every end becomes a line and a code
            raise click.exceptions.Exit(self._end(failure)) from None

    def _end(self, failure: BaseException) -> int:
        """Say why the run ends, in one line, and with which exit code."""
        if isinstance(failure, SystemExit):
            return failure.code if isinstance(failure.code, int) else EXIT_STOPPED
        if isinstance(failure, Interrupted | KeyboardInterrupt):
            told = "Stopped on request; the next run goes on from the last state written (%s)"
            self.logger.warning(told, page_of(Interrupted.section))
            return EXIT_INTERRUPTED
        _end_stdout()
        self.logger.error("%s (%s)", _one_line(failure).removesuffix("."), page_of(section_of(failure)))
        self.logger.debug("The failure in full", exc_info=failure)
        return EXIT_STOPPED


def section_of(failure: BaseException) -> str:
    """The section of the page of errors about a failure."""
    if isinstance(failure, StopRun | Interrupted):
        return failure.section
    if _is_of_the_sdk(failure) and not isinstance(failure, ConfigValidationError):
        return InvalidInput.section
    return next(section for kind, section in _SECTIONS if isinstance(failure, kind))


def _is_of_the_sdk(failure: BaseException) -> bool:
    return type(failure).__module__.startswith("singer_sdk.")


def _one_line(failure: BaseException) -> str:
    if isinstance(failure, StopRun):
        return str(failure)
    if isinstance(failure, ConfigValidationError):
        return "; ".join(failure.errors)
    if isinstance(failure, BrokenPipeError):
        return "The other side of the pipe stopped reading: its own last lines say why."
    if isinstance(failure, OSError) and failure.strerror:
        return f"The system refused: {failure.strerror}" + (f" ({failure.filename})" if failure.filename else "")
    text = str(failure).splitlines()[0][:200] if str(failure) else "no text"
    if _is_of_the_sdk(failure):
        return text  # the SDK's own sentences: a record before its schema, a key that is missing
    return f"Unexpected {type(failure).__name__}: {text} (LOGLEVEL=DEBUG shows where)"


def quiet(command: click.Command, logger: logging.Logger) -> QuietCommand:
    """The same command, ending quietly."""
    with_clear_files(command)
    return QuietCommand(
        name=command.name,
        callback=command.callback,
        context_settings=command.context_settings,
        params=command.params,
        help=command.help,
        logger=logger,
    )


def _end_stdout() -> None:
    try:
        sys.stdout.flush()
    except OSError:  # a full disk, a reader that left: what was held back would be refused again
        forget_stdout()


def forget_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not fail a second time."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def bound_settings(what_happens: str, answer: str) -> tuple[th.Property[int], ...]:
    """The settings ``max_line_bytes`` and ``max_nesting``, which mean the same in both plugins."""
    return (
        th.Property(
            "max_line_bytes",
            th.IntegerType(nullable=False, minimum=LEAST_LINE_BYTES, maximum=MOST_LINE_BYTES),
            default=LINE_BYTES,
            title="Longest line",
            description=f"Most bytes of a line; beyond, {what_happens}. {answer} may have four times as many.",
        ),
        th.Property(
            "max_nesting",
            th.IntegerType(nullable=False, minimum=LEAST_NESTING, maximum=MOST_NESTING),
            default=NESTING,
            title="Deepest nesting",
            description=f"Most levels of JSON in each other; beyond, {what_happens}.",
        ),
    )


def throttle_setting(limits: str) -> th.Property[str]:
    """The setting ``throttle_url``, which means the same in both plugins."""
    return th.Property(
        "throttle_url",
        th.StringType,
        title="Shared throttle",
        description=f"Where several processes share {limits}: sqlite:///path on one machine, "
        "postgresql://user@host/name or redis://host:6379/0 on several. Unset: this process counts alone.",
    )


def checked_config(
    plugin: PluginBase, check: Callable[[dict[str, Any]], Iterable[str]], redactor: Redactor
) -> list[str]:
    """All that is wrong with the plugin's settings, in words that hold no secret value; defaults are filled in.

    A setting that is null or empty counts as not given: that is how hosts pass settings nobody set.
    """
    schema, config = plugin.config_jsonschema, plugin._config  # noqa: SLF001 - where the SDK fills in its defaults too
    plugin.append_builtin_config(schema)
    unknown_settings(config, schema["properties"], plugin.logger.warning)
    for name in [name for name, value in config.items() if value is None or value == ""]:
        del config[name]
    for name, value in config.items():
        if isinstance(value, Decimal):  # the SDK's reader of files; a socket's timeout wants a float
            config[name] = float(value)
    prefix = plugin.name.upper().replace("-", "_")
    errors = [redactor.clean(_in_words(error, schema, prefix)) for error in _Validator(schema).iter_errors(config)]
    return errors or [redactor.clean(error) for error in check(config)]


def _in_words(error: ValidationError, schema: dict[str, Any], prefix: str) -> str:
    name = ".".join(str(part) for part in error.absolute_path)
    if not name:
        missing = [name for name in schema.get("required", []) if repr(name) in error.message]
        return " and ".join(f"Setting {name} is missing: give it as {prefix}_{name.upper()}" for name in missing)
    top = schema["properties"].get(str(error.absolute_path[0]), {})
    if top.get("secret") or top.get("writeOnly"):
        return f"Setting {name}: must be a text (value not shown)"
    return f"Setting {name}: {error.message}"
