"""`cmc ui …`: build and check the pages, make the API types anew, work on the pages."""

import os
import subprocess
from typing import Annotated, NoReturn

import typer

from cmc.web import builder

app = typer.Typer(name="ui", help="The pages: build them, make their API types, work on them.", no_args_is_help=True)


def _say(line: str) -> None:
    typer.echo(f"ui: {line}", err=True)


def _give_up(error: builder.BuildError) -> NoReturn:
    _say(str(error))
    raise typer.Exit(2)


@app.command()
def build() -> None:
    """Build the pages when a source changed; exit code 2 when that is not possible."""
    try:
        built = builder.build(say=_say)
    except builder.BuildError as error:
        _give_up(error)
    if not built:
        _say("the pages are up to date")


@app.command()
def types() -> None:
    """Make ui/src/api/schema.d.ts anew from openapi/cmc.json, then check that the pages fit it."""
    try:
        builder.types(say=_say)
        builder.check(say=_say)
    except builder.BuildError as error:
        _give_up(error)


@app.command()
def check() -> None:
    """Check the pages with TypeScript: do they fit the API types, has every language every word?"""
    try:
        builder.check(say=_say)
    except builder.BuildError as error:
        _give_up(error)


@app.command()
def dev(
    api: Annotated[str, typer.Option(help="where `cmc web` answers")] = "http://127.0.0.1:8000",
    port: Annotated[int, typer.Option(help="where the pages are shown")] = 5173,
) -> None:
    """Show the pages while they are being changed; requests under /v1 go to `--api`."""
    try:
        node = builder.node_command()
        builder.install(node, say=_say)
    except builder.BuildError as error:
        _give_up(error)
    command = [str(node), "node_modules/vite/bin/vite.js", "--port", str(port), "--strictPort"]
    done = subprocess.run(command, cwd=builder.UI, env={**os.environ, "CMC_API": api}, check=False)
    raise typer.Exit(done.returncode)
