"""The two envelopes (docs/api/micropim.md#envelope)."""

from sandbox.exchange import Answer, JsonValue, json_answer


def success(status: int, data: JsonValue, *, committed: bool = False) -> Answer:
    """``status`` 1, the payload, no error."""
    return json_answer(status, {"status": 1, "data": data, "error": None}, committed=committed)


def failure(status: int, message: str) -> Answer:
    """``status`` 0, no payload, one text."""
    return json_answer(status, {"status": 0, "data": None, "error": message})
