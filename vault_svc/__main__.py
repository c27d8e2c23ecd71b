"""``vault-svc`` and ``python -m vault_svc``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; whatever nobody expected ends with exit code 1 and its kind, without values."""
    from vault_svc.cli.main import app

    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
