"""Payloads are checked against schemas/micropim before they are sent: all problems at once, each with its path."""

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from pim_wire.schema_files import read_schema
from target_micropim.errors import Reason, RecordRejected


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(read_schema("micropim", name))


def check_payload(name: str, payload: dict[str, Any]) -> None:
    """Raises RecordRejected with every violation. Values stay out of the messages: they may be long."""
    if errors := list(_validator(name).iter_errors(payload)):
        reasons = [
            Reason(".".join(str(part) for part in error.absolute_path) or "$", _message(error)) for error in errors
        ]
        raise RecordRejected("check", reasons)


def _message(error: Any) -> str:
    rule, limit = str(error.validator), error.validator_value
    messages = {
        "required": "a required field is missing",
        "maxLength": f"is longer than {limit} characters",
        "minLength": "is empty",
        "pattern": f"has not the form {limit}",
        "enum": f"is none of {limit}",
        "type": f"must be {limit}",
        "additionalProperties": "has a field that MicroPIM does not document",
    }
    return messages.get(rule, f"breaks the rule {rule}")
