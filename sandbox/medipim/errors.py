"""Error bodies (docs/api/medipim.md#errors)."""

from collections.abc import Mapping

from sandbox.exchange import Answer, JsonValue, json_answer

CODES: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "The request cannot be read."),
    401: ("authentication.not_authenticated", "Wrong key."),
    403: ("forbidden", "You have no access to this."),
    404: ("not_found", "Not found."),
    422: ("validation_failed", "Invalid request."),
    429: ("too_many_requests", "Slow down."),
    503: ("maintenance", "Back soon."),
}


def error_answer(status: int, code: str | None = None, message: str | None = None, **more: JsonValue) -> Answer:
    """``{"error": {status, code, message}}``; codes other than 400, 401 and 429 are A."""
    default_code, default_message = CODES.get(status, ("internal_error", "Something went wrong."))
    error = {"status": status, "code": code or default_code, "message": message or default_message, **more}
    return json_answer(status, {"error": error})
