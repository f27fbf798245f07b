"""One table says whose turn it is after each failure."""

from airbyte_protocol_dataclasses.models import FailureType

import tap_medipim.errors
import target_micropim.errors
from pim_airbyte.failures import KINDS, Incomplete, kind_of, section_of, told
from pim_wire.errors import StopRun


def kinds(base: type[StopRun]) -> set[type[StopRun]]:
    """Every kind of failure that ends a run, of both plugins."""
    return {base, *(one for each in base.__subclasses__() for one in kinds(each))}


def test_every_failure_that_ends_a_run_has_its_kind() -> None:
    """A new section of the page of errors is put into the table first."""
    assert tap_medipim.errors.NotComplete in kinds(StopRun)
    assert target_micropim.errors.TooMany in kinds(StopRun)
    assert {each.section for each in kinds(StopRun) if each is not StopRun} <= set(KINDS)


def test_what_is_no_failure_of_ours_is_told_in_one_line_as_well() -> None:
    """Without a traceback."""
    assert section_of(BrokenPipeError()) == "pipe"
    assert section_of(PermissionError(13, "Permission denied", "/x")) == "no-room"
    assert kind_of(ValueError("a\nb")) is FailureType.system_error
    assert told(ValueError("a\nb")).startswith("Unexpected ValueError: a (--debug,")
    assert kind_of(Incomplete("two streams", FailureType.config_error)) is FailureType.config_error
