# service - the API process's own credential: an audited read that says the vault serves, and checkpoints of the record.

path "kv/data/canary" {
  capabilities = ["read"]
}

path "transit/sign/checkpoint" {
  capabilities = ["update"]
}

path "transit/verify/checkpoint" {
  capabilities = ["update"]
}
