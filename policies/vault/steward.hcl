# steward - the short-lived process that carries out one approved change of accounts, databases, engagements or policies.
# Whoever can write policies is as good as root, and we say so: its credential is in no long-running process, and each
# of its writes is matched against an approval in the vault's own audit. It reads no secret.

path "sys/policies/acl" {
  capabilities = ["list"]
}

path "sys/policies/acl/+" {
  capabilities = ["read"]
}

path "sys/policies/acl/custody:*" {
  capabilities = ["create", "read", "update", "delete"]
}

path "sys/policies/acl/use:*" {
  capabilities = ["create", "read", "update", "delete"]
}

path "sys/policies/acl/change:*" {
  capabilities = ["create", "read", "update", "delete"]
}

path "sys/policies/acl/person" {
  capabilities = ["create", "read", "update", "delete"]
}

path "sys/policies/acl/intake" {
  capabilities = ["create", "read", "update", "delete"]
}

path "sys/policies/acl/worker" {
  capabilities = ["create", "read", "update", "delete"]
}

path "sys/policies/acl/registrar" {
  capabilities = ["create", "read", "update", "delete"]
}

path "sys/policies/acl/service" {
  capabilities = ["create", "read", "update", "delete"]
}

path "sys/policies/acl/backup" {
  capabilities = ["create", "read", "update", "delete"]
}

path "sys/policies/acl/steward" {
  capabilities = ["create", "read", "update", "delete"]
}

# What set-up stands on; only a set-up that was killed in its very last step leaves it for the steward to take away.
path "sys/policies/acl/bootstrap" {
  capabilities = ["read", "delete"]
}

path "identity/group/name/custody:*" {
  capabilities = ["create", "read", "update", "delete"]
}

path "identity/group/name/use:*" {
  capabilities = ["create", "read", "update", "delete"]
}

path "identity/group/name/change:*" {
  capabilities = ["create", "read", "update", "delete"]
}

# A first value when an account is opened or imported; whether one is there already.
path "kv/data/acct/+/value" {
  capabilities = ["create"]
}

path "kv/metadata/acct/+/value" {
  capabilities = ["read"]
}

# How people and machines sign in: signing keys that are exchanged, roles.
path "auth/jwt/config" {
  capabilities = ["read", "update"]
}

path "auth/jwt2f/config" {
  capabilities = ["read", "update"]
}

path "auth/jwt/role/person" {
  capabilities = ["read", "update"]
}

path "auth/jwt2f/role/person" {
  capabilities = ["read", "update"]
}

path "auth/approle/role/+" {
  capabilities = ["read"]
}

# Databases in custody.
path "database/config/+" {
  capabilities = ["create", "read", "update", "delete"]
}

path "database/roles/+" {
  capabilities = ["create", "read", "update", "delete"]
}

path "database/static-roles/+" {
  capabilities = ["create", "read", "update", "delete"]
}

path "transit/verify/+" {
  capabilities = ["update"]
}

path "transit/keys/+" {
  capabilities = ["read"]
}

# Shares for recovery, made once when their three holders are there; with two shares, and only then, a root token.
path "sys/rotate/recovery/init" {
  capabilities = ["read", "update", "delete"]
}

path "sys/rotate/recovery/verify" {
  capabilities = ["update"]
}

path "sys/generate-root-token/attempt" {
  capabilities = ["read", "update", "delete"]
}

path "sys/generate-root-token/update" {
  capabilities = ["update"]
}
