"""The store: everything that is kept outside the vault, in SQLite or PostgreSQL, by one writer a process."""

from vault_svc.adapters.store.migrate import differences, upgrade
from vault_svc.adapters.store.store import SqlStore

__all__ = ["SqlStore", "differences", "upgrade"]
