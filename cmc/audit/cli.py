"""`cmc audit`: is the trail as it was written, and the anchors that make a cut-off end visible."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from cmc.audit import trail, verifying
from cmc.core.operating import OperatorError

Opened = Callable[[], AbstractContextManager[tuple[Session, bytes]]]
"""Opens a transaction of the whole region; gives it with the key of the seals."""


def commands(opened: Opened) -> typer.Typer:
    """Return the commands over a database that `opened` opens."""
    app = typer.Typer(help="Check the audit trail, and keep anchors of it outside the database.", no_args_is_help=True)

    @app.command()
    def verify(
        anchors: Annotated[Path | None, typer.Option(help="File of `cmc audit anchor`: shows a cut-off end.")] = None,
    ) -> None:
        """Look for rows that were edited, removed or slipped in; exit code 1 names each with its place."""
        with opened() as (session, key):
            found = verifying.verify(session, key, anchors=read_anchors(anchors) if anchors else None)
        for each in found.findings:
            place = f"row {each.seq}" if each.seq is not None else "the seal"
            segment = f"segment {each.segment}" if each.segment is not None else "not sealed yet"
            typer.echo(f"{segment}, {place}: {each.words.en} / {each.words.zh}")
        typer.echo(f"{found.sealed:,} rows in {found.segments:,} segments, {found.unsealed:,} not sealed yet", err=True)
        if found.findings:
            raise typer.Exit(1)

    @app.command()
    def anchor(file: Annotated[Path, typer.Argument(help="Kept on another machine, or printed.")]) -> None:
        """Append the newest seal's number and MAC to a file, once a day: who cuts the trail cannot cut the file."""
        with opened() as (session, _):
            seal = trail.last_seal(session)
        if seal is None:
            typer.echo("Nothing is sealed yet.", err=True)
            return
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"number": seal.number, "mac": seal.mac.hex(), "at": seal.sealed_at.isoformat()}))
            lines.write("\n")

    return app


def read_anchors(file: Path) -> dict[int, bytes]:
    """Return the MACs of an anchor file by their seals' numbers. Raises `OperatorError` for another kind of file."""
    try:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        return {int(line["number"]): bytes.fromhex(line["mac"]) for line in lines}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OperatorError(f"{file} is no file of `cmc audit anchor`: give the one that was kept.") from error
