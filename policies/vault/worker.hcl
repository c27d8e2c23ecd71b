# worker - carries out what was approved: who is in which group. It reads no secret, and a group that it fills with
# itself opens nothing to it (see custody.hcl).

path "identity/group/name/custody:*" {
  capabilities       = ["read", "update"]
  allowed_parameters = { "member_entity_ids" = [] }
}

path "identity/group/name/use:*" {
  capabilities       = ["read", "update"]
  allowed_parameters = { "member_entity_ids" = [] }
}

path "identity/group/name/change:*" {
  capabilities       = ["read", "update"]
  allowed_parameters = { "member_entity_ids" = [] }
}

path "identity/group/name/post:*" {
  capabilities       = ["read", "update"]
  allowed_parameters = { "member_entity_ids" = [] }
}

# Votes: verified, never made.
path "transit/verify/+" {
  capabilities = ["update"]
}

path "transit/keys/+" {
  capabilities = ["read"]
}

# Version numbers without values, and what the policies say (drift).
path "kv/metadata/acct/*" {
  capabilities = ["read", "list"]
}

path "sys/policies/acl" {
  capabilities = ["list"]
}

path "sys/policies/acl/+" {
  capabilities = ["read"]
}
