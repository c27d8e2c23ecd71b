"""Stores to break: the databases of the port tests."""

from tests.ports.conftest import (
    engine,
    migrated_postgres,
    migrated_sqlite,
    open_store,
    postgres,
    store,
    store_url,
)

__all__ = ["engine", "migrated_postgres", "migrated_sqlite", "open_store", "postgres", "store", "store_url"]
