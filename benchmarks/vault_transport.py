"""hvac over our transport against hvac as it comes, both through ``hvac.Client`` on one real vault with TLS.

Each call is an audited read of the canary under one token. Rounds are interleaved; a ratio is the median of the ratios
of one round (how many times as long the default takes).
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hvac

from tests.realvault import running_vault
from vault_svc.adapters.openbao.transport import VaultTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.realvault import RealVault

ROUNDS = 7
CALLS = 300
THREADS = 8
CANARY = "/v1/kv/data/canary"


def run() -> dict[str, Any]:
    """Compare one caller and eight."""
    with tempfile.TemporaryDirectory() as folder, running_vault(Path(folder)) as vault:
        ours, default = _clients(vault)
        reads: dict[str, Callable[[], Any]] = {
            "ours": lambda: ours.adapter.get(CANARY),
            "default": lambda: default.adapter.get(CANARY),
        }
        assert reads["ours"]()["data"] == reads["default"]()["data"]
        alone = [{name: _one_caller(read) for name, read in _order(reads, number)} for number in range(ROUNDS)]
        many = [{name: _many_callers(read) for name, read in _order(reads, number)} for number in range(ROUNDS)]
    return {
        "title": "hvac on our transport, against its default (an audited read over TLS)",
        "ratios": [
            {"what": "hvac's default / ours, one caller", "ratio": _ratio(alone), "at_least": 1.5},
            {"what": f"hvac's default / ours, {THREADS} threads", "ratio": _ratio(many), "at_least": 1.0},
        ],
        "milliseconds": {
            name: round(1000 * statistics.median(each[name] for each in alone), 3) for name in ("ours", "default")
        },
        "rounds": ROUNDS,
        "calls": CALLS,
    }


def _clients(vault: RealVault) -> tuple[hvac.Client, hvac.Client]:
    token, ca_file = vault.token("api"), str(vault.address.ca_file)
    options: dict[str, Any] = {"url": vault.address.url, "token": token, "verify": ca_file}
    return hvac.Client(**options, adapter=VaultTransport), hvac.Client(**options)


def _order(reads: dict[str, Callable[[], Any]], number: int) -> list[tuple[str, Callable[[], Any]]]:
    pairs = list(reads.items())
    return pairs if number % 2 else pairs[::-1]


def _one_caller(read: Callable[[], Any]) -> float:
    read()
    started = time.perf_counter()
    for _ in range(CALLS):
        read()
    return (time.perf_counter() - started) / CALLS


def _many_callers(read: Callable[[], Any]) -> float:
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: read(), range(THREADS)))
        started = time.perf_counter()
        list(pool.map(lambda _: read(), range(CALLS)))
        return (time.perf_counter() - started) / CALLS


def _ratio(rounds: list[dict[str, float]]) -> float:
    return statistics.median(each["default"] / each["ours"] for each in rounds)


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
