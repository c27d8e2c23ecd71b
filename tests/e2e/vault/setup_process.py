"""Sets a started vault up in a process of its own and kills itself at a chosen call: ``DATA WHEN WHAT``.

``WHEN`` is ``before`` or ``after``; ``WHAT`` is the number of a call (from 1) or ``method path`` of one.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.realvault import set_up_vault
from vault_svc.adapters.openbao.server import EmbeddedVault
from vault_svc.adapters.openbao.transport import VaultTransport

send = VaultTransport.request
calls: list[str] = []


def main() -> None:
    """Set up, or die."""
    data, when, what = Path(sys.argv[1]), sys.argv[2], sys.argv[3]

    def request(self: VaultTransport, method: str, url: str, *args: Any, **options: Any) -> Any:
        calls.append(f"{method} {url}")
        chosen = what in {str(len(calls)), calls[-1]}
        if chosen and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = send(self, method, url, *args, **options)
        if chosen:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    VaultTransport.request = request  # type: ignore[method-assign] # the fault that this process is for
    set_up_vault(EmbeddedVault(data), data)


if __name__ == "__main__":
    main()
