"""The security headers of the pages."""

import secrets

_POLICY = (
    "default-src 'none'",
    "script-src 'self' 'nonce-{nonce}'",
    "style-src 'self' 'nonce-{nonce}'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def fresh_nonce() -> str:
    """128 random bits for one response."""
    return secrets.token_urlsafe(16)


def for_page(nonce: str) -> dict[str, str]:
    """Headers of an HTML page: never stored as it holds the nonce, nothing inline or from elsewhere runs in it."""
    policy = "; ".join(_POLICY).format(nonce=nonce)
    return {**_ALWAYS, "Cache-Control": "no-cache", "Content-Security-Policy": policy, "Vary": "Accept"}


def for_asset(*, immutable: bool) -> dict[str, str]:
    """Headers of a file: kept for a year when its name holds the hash of its content, else asked for anew."""
    cache = "public, max-age=31536000, immutable" if immutable else "no-cache"
    return {**_ALWAYS, "Cache-Control": cache, "Vary": "Accept-Encoding"}
