"""Where the embedded vault keeps its things, its fixed ports and its configuration file."""

from __future__ import annotations

import json
import secrets
import socket
from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING, Final

from vault_svc.adapters.openbao.certificates import Certificates
from vault_svc.adapters.openbao.files import private_dir, read_private, write_private
from vault_svc.domain.errors import Malformed
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from pathlib import Path

HOST: Final = "127.0.0.1"
BOOTSTRAP: Final = "bootstrap"
"""Name of the AppRole, of its policy and of its role id; set-up destroys all three."""

BOOTSTRAP_VARIABLE: Final = "BOOTSTRAP_SECRET_ID"
_SEAL_BYTES: Final = 32
_EVERYTHING: Final = r"path \"*\" { capabilities = [\"create\", \"read\", \"update\", \"delete\", \"list\", \"sudo\"] }"


@dataclass(frozen=True, slots=True)
class Ports:
    """Both are part of the raft data: chosen once, kept with it."""

    api: int
    cluster: int


class Layout:
    """The files of ``<data>/vault``, all 0600 in folders of 0700."""

    def __init__(self, data_dir: Path) -> None:
        self.home = _plain(data_dir.resolve()) / "vault"
        self.raft = self.home / "raft"
        self.config_file = self.home / "openbao.hcl"
        self.seal_file = self.home / "seal.key"
        self.ports_file = self.home / "ports.json"
        self.bootstrap_file = self.home / "bootstrap.json"
        self.initialised_file = self.home / "initialised"
        self.lock_file = self.home / "lock"
        self.pid_file = self.home / "openbao.pid"
        self.log_file = self.home / "openbao.log"
        self.audit_file = self.home / "audit" / "audit.log"
        self.certificates = Certificates(self.home / "tls")

    def prepare(self) -> Ports:
        """Make folders, seal key and ports where they are missing and write the configuration; return the ports."""
        for folder in (self.home, self.raft, self.audit_file.parent):
            private_dir(folder)
        if not self.seal_file.exists():
            write_private(self.seal_file, secrets.token_bytes(_SEAL_BYTES))
        ports = self.ports() or self.choose_ports()
        write_private(self.config_file, self._configuration(ports).encode())
        return ports

    def ports(self) -> Ports | None:
        """Return the ports that were chosen, None before."""
        if not self.ports_file.exists():
            return None
        document = json.loads(read_private(self.ports_file))
        return Ports(int(document["api"]), int(document["cluster"]))

    def choose_ports(self) -> Ports:
        """Choose two free ports and keep them; only while nothing is stored."""
        with socket.socket() as one, socket.socket() as two:
            for each in (one, two):
                each.bind((HOST, 0))
            ports = Ports(one.getsockname()[1], two.getsockname()[1])
        write_private(self.ports_file, json.dumps({"api": ports.api, "cluster": ports.cluster}).encode())
        return ports

    def _configuration(self, ports: Ports) -> str:
        tls = self.certificates
        return _CONFIGURATION.substitute(
            raft=self.raft,
            host=HOST,
            api=ports.api,
            cluster=ports.cluster,
            cert=tls.server_file,
            key=tls.server_key_file,
            seal=self.seal_file,
            # The vault serves under no other path than the first one: being relative, it lets the data be moved.
            audit=self.audit_file.relative_to(self.home),
            name=BOOTSTRAP,
            variable=BOOTSTRAP_VARIABLE,
            everything=_EVERYTHING,
        )


def _plain(path: Path) -> Path:
    if any(character in str(path) for character in '"\\$\n'):
        raise Malformed(
            Text("数据目录的路径含有不可用的字符", "the data folder's path has characters that can't be used")
        )
    return path


# `initialize` is kept as small as can be: one that fails leaves data nobody can use. What it makes lives until set-up
# is through; the root token that it works with is revoked by the vault itself.
_CONFIGURATION: Final = Template("""\
# Written at each start; changes made here are lost.
cluster_name           = "vault-svc"
api_addr               = "https://$host:$api"
cluster_addr           = "https://$host:$cluster"
disable_standby_reads  = true
log_level              = "info"
ui                     = false

storage "raft" {
  path                   = "$raft"
  node_id                = "one"
  performance_multiplier = 1
}

listener "tcp" {
  address         = "$host:$api"
  cluster_address = "$host:$cluster"
  tls_cert_file   = "$cert"
  tls_key_file    = "$key"
  tls_min_version = "tls13"
}

seal "static" {
  current_key_id = "one"
  current_key    = "file://$seal"
}

audit "file" "main" {
  options {
    file_path     = "$audit"
    mode          = "0600"
    hmac_accessor = "false"
  }
}

initialize "$name" {
  request "mount" {
    operation = "update"
    path      = "sys/auth/approle"
    data      = { type = "approle" }
  }
  request "policy" {
    operation = "update"
    path      = "sys/policies/acl/$name"
    data      = { policy = "$everything" }
  }
  request "role" {
    operation = "update"
    path      = "auth/approle/role/$name"
    data      = {
      token_policies          = ["$name"]
      token_no_default_policy = true
      token_ttl               = "10m"
      token_max_ttl           = "10m"
    }
  }
  request "role-id" {
    operation = "update"
    path      = "auth/approle/role/$name/role-id"
    data      = { role_id = "$name" }
  }
  request "secret-id" {
    operation = "update"
    path      = "auth/approle/role/$name/custom-secret-id"
    data      = {
      secret_id = {
        eval_type   = "string"
        eval_source = "env"
        env_var     = "$variable"
      }
    }
  }
}
""")
