"""Password exports of browsers, spreadsheets, Bitwarden and KeePass."""

from vault_svc.adapters.passwordexports.reading import read

__all__ = ["read"]
