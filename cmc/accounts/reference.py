"""The page of rights: which role may do what, and which right every route needs. Written by `cmc openapi`."""

from collections.abc import Iterable

from cmc.accounts.roles import MACHINE_RIGHTS, NAMES, ROLE_RIGHTS
from cmc.core.guard import Requires
from cmc.core.scope import Right

_HEAD = """# Rights

Made by `cmc openapi` from `cmc/accounts/roles.py` and the routes. A role is given on a node of the tree and holds for
it and all below; records outside answer 404 like absent ones, a missing right answers 403. A supervisor has
"{names}" only when the grant says so (`with_names`). An administrator or auditor has no other role.

"""


def page(routes: dict[tuple[str, str], Requires | None]) -> str:
    """Return the page, in Markdown, for routes by (method, path); None stands for a route that is open to all."""
    holders = [(role.text.zh, role.text.en, rights) for role, rights in ROLE_RIGHTS.items()]
    holders += [(kind.text.zh, kind.text.en, rights) for kind, rights in MACHINE_RIGHTS.items()]
    who = _table(
        ("right", *(f"{zh}<br>{en}" for zh, en, _ in holders)),
        ((_named(right), *("✓" if right in rights else "" for _, _, rights in holders)) for right in Right),
    )
    which = _table(
        ("route", "right"), ((f"`{method} {path}`", _needs(routes[method, path])) for path, method in _sorted(routes))
    )
    head = _HEAD.format(names=", ".join(sorted(right.text.en for right in NAMES)))
    return f"{head}## Who may do what\n\n{who}\n## What each route needs\n\n{which}"


def _named(right: Right) -> str:
    return f"{right.text.zh} · {right.text.en}"


def _sorted(routes: dict[tuple[str, str], Requires | None]) -> list[tuple[str, str]]:
    return sorted((path, method) for method, path in routes)


def _needs(required: Requires | None) -> str:
    if required is None:
        return "open"
    if required.right is None:
        return "signed in"
    return f"`{required.right.value}` {required.right.text.en}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
