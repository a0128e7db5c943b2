"""The parts behind `cmc.core.embedded_postgres`: folder, lock, binaries, operating-system user, orphans."""
