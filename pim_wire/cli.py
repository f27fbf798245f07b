"""What both plugins change in the SDK's command line: no secret in a message, one line for a failure, exit code 1.

Stock singer-sdk 0.54.9 prints the offending value of an invalid setting, even of a secret one, and a traceback for
every failure. Both would be stored by log collectors.
"""

import logging
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeVar

import click
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.plugin_base import PluginBase, SingerCommand
from typing_extensions import override

from pim_wire.checked_settings import HostWords, checked_settings
from pim_wire.config import set_config_reader
from pim_wire.docs_site import SITE
from pim_wire.errors import CannotWrite, Interrupted, InvalidInput, InvalidSettings, StopRun, page_of
from pim_wire.limits import LINE_BYTES, MAX_LINE_BYTES, MAX_NESTING, MIN_LINE_BYTES, MIN_NESTING, NESTING
from pim_wire.pages import shown
from pim_wire.redaction import Redactor
from pim_wire.startup import EXIT_INTERRUPTED
from pim_wire.stdout import CLOSED, discard_stdout
from pim_wire.stray_settings import all_strays, is_under_meltano, prefix_of_variables

T = TypeVar("T")

EXIT_STOPPED = 1
COMMAND_LINE = "command-line"
_WIDEST = 100  # beyond, lines are hard to follow
_SECTIONS: tuple[tuple[type[BaseException], str], ...] = (
    (ConfigValidationError, InvalidSettings.section),
    (click.ClickException, COMMAND_LINE),
    (BrokenPipeError, "pipe"),
    (OSError, CannotWrite.section),
    (BaseException, "unexpected"),
)


class QuietCommand(SingerCommand):
    """A Singer command line that ends with one line instead of a traceback."""

    @override
    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        if sys.stdout is None:
            raise click.exceptions.Exit(self._report(CannotWrite(CLOSED)))
        return self._quietly(
            super().make_context, *args, **kwargs
        )  # --discover and --test run while arguments are read

    @override
    def invoke(self, ctx: click.Context) -> Any:
        logging.captureWarnings(capture=True)
        warnings.filterwarnings("once", category=DeprecationWarning)
        return self._quietly(super(SingerCommand, self).invoke, ctx)

    def _quietly(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        try:
            return function(*args, **kwargs)
        except (click.exceptions.Exit, click.Abort):
            raise
        except BaseException as failure:  # noqa: BLE001 - the outermost frame: every failure becomes a line and a code
            raise click.exceptions.Exit(self._report(failure)) from None

    def _report(self, failure: BaseException) -> int:
        """Log the reason in one line; the exit code."""
        if isinstance(failure, SystemExit):
            return failure.code if isinstance(failure.code, int) else EXIT_STOPPED
        if isinstance(failure, Interrupted | KeyboardInterrupt):
            message = "Stopped on request; the next run goes on from the last state written (%s)"
            self.logger.warning(message, page_of(Interrupted.section))
            return EXIT_INTERRUPTED
        _flush_stdout()
        said, code = _one_line(failure), EXIT_STOPPED
        if isinstance(failure, click.ClickException):
            said, code = _of_the_command_line(failure), failure.exit_code
        self.logger.error("%s (%s)", said.removesuffix("."), page_of(section_of(failure)))
        self.logger.debug("The failure in full", exc_info=failure)
        return code


def section_of(failure: BaseException) -> str:
    """The section of the page of errors about a failure."""
    if isinstance(failure, StopRun | Interrupted):
        return failure.section
    if _is_sdk_error(failure) and not isinstance(failure, ConfigValidationError):
        return InvalidInput.section
    return next(section for kind, section in _SECTIONS if isinstance(failure, kind))


def _is_sdk_error(failure: BaseException) -> bool:
    return type(failure).__module__.startswith("singer_sdk.")


def _one_line(failure: BaseException) -> str:
    if isinstance(failure, StopRun):
        return str(failure)
    if isinstance(failure, ConfigValidationError):
        return "; ".join(failure.errors)
    if isinstance(failure, BrokenPipeError):
        return "The other side of the pipe stopped reading: its own last lines say why."
    if isinstance(failure, OSError) and failure.strerror:
        place = f" ({failure.filename})" if failure.filename else ""
        return f"The system refused: {failure.strerror}{place}: put that right, then run it again"
    text = str(failure).splitlines()[0][:200] if str(failure) else "no text"
    if _is_sdk_error(failure):
        return text  # the SDK's own message: a record before its schema, a missing key
    return f"Unexpected {type(failure).__name__}: {text} (LOGLEVEL=DEBUG shows where)"


def _of_the_command_line(failure: click.ClickException) -> str:
    """What is wrong with the arguments: the option, what was given, and where to look."""
    said, advice = failure.format_message(), "--help lists what can be given"
    if isinstance(failure, click.BadParameter) and failure.param is not None:
        said = f"{failure.param.opts[0]} {failure.message}"
        if isinstance(failure.param.type, click.File | click.Path):
            advice = "give the path of a file"
    return f"{' '.join(said.split()).removesuffix('.')}: {advice}"


def quiet(command: click.Command, logger: logging.Logger, what: str, examples: Iterable[str]) -> QuietCommand:
    """The same command, with one line for a failure, and ``what`` it does, ``examples`` and the docs under --help."""
    set_config_reader(command)
    listed = "\n".join(["\b", "Examples:", *(f"  {example}" for example in examples)])
    return QuietCommand(
        name=command.name,
        callback=command.callback,
        context_settings=command.context_settings,
        params=[*command.params, _docs_option()],
        help=what,
        epilog=f"{listed}\n\nDocs: {SITE} or --docs",
        logger=logger,
    )


def _docs_option() -> click.Option:
    """``--docs``: needs no settings and no network."""
    return click.Option(
        ["--docs"],
        metavar="[PAGE]",
        is_flag=False,
        flag_value="",
        is_eager=True,
        expose_value=False,
        callback=_show_docs,
        help="Show a page of the docs, as of this version and without a network: the address at the end of a message, "
        "or the name of a page. Without PAGE: their names.",
    )


def _show_docs(context: click.Context, _option: click.Parameter, asked: str | None) -> None:
    if asked is None:
        return
    try:
        click.echo(shown(asked, min(shutil.get_terminal_size().columns, _WIDEST) - 1), nl=False)
    except LookupError as nothing:
        raise click.UsageError(f"--docs: {nothing.args[0]}") from None
    context.exit()


def _flush_stdout() -> None:
    if sys.stdout is None:  # started without one
        return
    try:
        sys.stdout.flush()
    except OSError:  # a full disk, or the reader went away: a second flush would fail too
        discard_stdout()


@cache
def agent_of(plugin: type[PluginBase]) -> str:
    """How a plugin calls itself towards a service: name and version, which is read from a file."""
    return f"{plugin.name}/{plugin.plugin_version}"


def size_limit_settings(consequence: str, answer: str) -> tuple[th.Property[int], ...]:
    """The settings ``max_line_bytes`` and ``max_nesting``, with the same meaning in both plugins."""
    return (
        th.Property(
            "max_line_bytes",
            th.IntegerType(nullable=False, minimum=MIN_LINE_BYTES, maximum=MAX_LINE_BYTES),
            default=LINE_BYTES,
            title="Longest line",
            description=f"Most bytes of a line; beyond, {consequence}. {answer} may have four times as many.",
        ),
        th.Property(
            "max_nesting",
            th.IntegerType(nullable=False, minimum=MIN_NESTING, maximum=MAX_NESTING),
            default=NESTING,
            title="Deepest nesting",
            description=f"Most levels of JSON in each other; beyond, {consequence}.",
        ),
    )


def throttle_setting(limits: str) -> th.Property[str]:
    """The setting ``throttle_url``, with the same meaning in both plugins."""
    return th.Property(
        "throttle_url",
        th.StringType,
        title="Shared throttle",
        description=f"Where several processes share {limits}: sqlite:///path on one machine, "
        "postgresql://user@host/name or redis://host:6379/0 on several. Unset: this process counts alone.",
    )


def throttle_scope_setting(otherwise: str) -> th.Property[str]:
    """The setting ``throttle_scope``, with the same meaning in both plugins."""
    return th.Property(
        "throttle_scope",
        th.StringType,
        title="Whose limit it is",
        description="Whom the service counts, by any name: an address that requests leave from, a key. Processes with "
        f"the same throttle_url share a limit where this is equal. Unset: {otherwise}.",
    )


def checked_config(
    plugin: PluginBase,
    check: Callable[[dict[str, Any]], Iterable[str]],
    redactor: Redactor,
    *,
    reads_environment: bool,
) -> list[str]:
    """Every error in the plugin's settings, and in variables of the environment. Fills in the defaults."""
    schema, config = plugin.config_jsonschema, plugin._config  # noqa: SLF001 - where the SDK fills in its defaults too
    plugin.append_builtin_config(schema)
    prefix = plugin.name.upper().replace("-", "_") + "_"
    strays = all_strays(config, prefix, schema["properties"], reads_environment=reads_environment)
    words = HostWords(lambda name: _how_to_give(name, prefix), plugin.logger.warning)
    return checked_settings(config, schema, check, redactor, strays, words)


def _how_to_give(name: str, prefix: str) -> str:
    """Where a missing setting goes; a variable that is there may only lack the flag by which it is read."""
    variable = f"{prefix_of_variables(prefix, os.environ)}{name.upper()}"
    if is_under_meltano(os.environ):
        return variable
    if os.environ.get(variable, "").strip():
        return f"{variable} with --config=ENV (it is set, and not read without)"
    return f"{variable} with --config=ENV, or in a --config FILE"
