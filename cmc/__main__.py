"""`python -m cmc`: the same as the command `cmc`."""

from cmc.cli import main

main()
