"""The error tree. A service raises one of these; the HTTP edge turns it into a problem document.

CmcError
 ├─ NotFound         404  the record does not exist, or lies outside the caller's scope (the same answer)
 ├─ Unauthenticated  401
 ├─ Forbidden        403  the caller may not do this to any record
 ├─ Conflict         409  the request contradicts what is stored
 ├─ Stale            412  the caller saw a version that is no longer the latest (If-Match)
 ├─ TooLarge         413
 ├─ Invalid          422  the payload itself is wrong; names each field
 ├─ VersionNeeded    428  a change must say which version it was made on (If-Match)
 ├─ TooMany          429  slower, or tomorrow
 └─ Unavailable      503  try again later
"""

from dataclasses import dataclass

PERSON_EXISTS = "person-exists"
"""Code of a conflict that tells that somebody is on file."""


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
    retry_after: int | None = None
    """Seconds after which the caller may try again."""

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


class Forbidden(CmcError):
    """The caller is known and may not do this."""

    status, code, title = 403, "forbidden", "Not allowed"


class Conflict(CmcError):
    """The request contradicts what is stored."""

    status, code, title = 409, "conflict", "Conflict with what is stored"


class Stale(CmcError):
    """The caller saw a version that is no longer the latest."""

    status, code, title = 412, "stale", "Changed in between"


class VersionNeeded(CmcError):
    """A change must say, by If-Match, on which version it was made."""

    status, code, title = 428, "version-needed", "Say which version you saw"


class TooLarge(CmcError):
    """The body is longer than any that is taken."""

    status, code, title = 413, "body-too-large", "Body too large"


class Invalid(CmcError):
    """The payload itself is wrong; `errors` name the fields."""

    status, code, title = 422, "invalid-payload", "The request contains invalid fields"


class TooMany(CmcError):
    """The caller asks too often; `retry_after` says when to go on."""

    status, code, title = 429, "too-many-requests", "Too many requests"

    def __init__(self, detail: str = "", *, code: str | None = None, retry_after: int = 60) -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after


class Unavailable(CmcError):
    """The service cannot answer now; the caller should retry."""

    status, code, title = 503, "unavailable", "Temporarily unavailable"
    retry_after = 2


def invalid(pointer: str, code: str, detail: str) -> Invalid:
    """Return an `Invalid` that names one field."""
    return Invalid(errors=(FieldError(pointer, code, detail),))
