"""The service's own processes: ``python -m vault_svc.bootstrap api | worker | steward SERIAL``."""

from __future__ import annotations

import sys

from vault_svc.bootstrap import processes
from vault_svc.settings import read_settings

if __name__ == "__main__":
    sys.exit(processes.run(sys.argv[1:], read_settings()))
