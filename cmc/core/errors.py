"""The error tree. A service raises one of these; the HTTP edge turns it into a problem document.

CmcError
 ├─ NotFound         404  the record does not exist, or lies outside the caller's scope (the same answer)
 ├─ Unauthenticated  401
 ├─ Conflict         409  the request contradicts what is stored
 ├─ Invalid          422  the payload itself is wrong; names each field
 └─ Unavailable      503  try again later
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of one field: JSON pointer, stable code, and words that say what is allowed."""

    pointer: str
    code: str
    detail: str


class CmcError(Exception):
    """Base of all errors that a caller may see. `detail` must never contain data of a person."""

    status = 500
    code = "internal-error"
    title = "Internal error"

    def __init__(self, detail: str = "", *, code: str | None = None, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = errors
        if code is not None:
            self.code = code


class NotFound(CmcError):
    """The record does not exist for this caller."""

    status, code, title = 404, "not-found", "Not found"


class Unauthenticated(CmcError):
    """No valid credential came with the request."""

    status, code, title = 401, "unauthenticated", "Sign in first"


class Conflict(CmcError):
    """The request contradicts what is stored."""

    status, code, title = 409, "conflict", "Conflict with what is stored"


class Invalid(CmcError):
    """The payload itself is wrong; `errors` name the fields."""

    status, code, title = 422, "invalid-payload", "The request contains invalid fields"


class Unavailable(CmcError):
    """The service cannot answer now; the caller should retry."""

    status, code, title = 503, "unavailable", "Temporarily unavailable"


def invalid(pointer: str, code: str, detail: str) -> Invalid:
    """Return an `Invalid` that names one field."""
    return Invalid(errors=(FieldError(pointer, code, detail),))
