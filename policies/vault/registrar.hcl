# registrar - knows people to the vault. It makes no entity and no alias (people's first login does), so it can give
# nobody a right: it finds an entity, disables it, makes a vote key and hands out a second factor.

path "identity/lookup/entity" {
  capabilities        = ["update"]
  allowed_parameters  = { "alias_name" = ["person:*"], "alias_mount_accessor" = ["@{jwt}", "@{jwt2f}"] }
  required_parameters = ["alias_name", "alias_mount_accessor"]
}

path "identity/entity/id/+" {
  capabilities        = ["update"]
  allowed_parameters  = { "disabled" = [] }
  required_parameters = ["disabled"]
}

# "+" is one name: rotating, importing and configuring lie below it and stay closed.
path "transit/keys/+" {
  capabilities        = ["update"]
  allowed_parameters  = { "type" = ["ed25519"] }
  required_parameters = ["type"]
}

path "identity/mfa/method/totp/admin-generate" {
  capabilities        = ["update"]
  min_wrapping_ttl    = "1m"
  max_wrapping_ttl    = "24h"
  allowed_parameters  = { "method_id" = ["@{totp}"], "entity_id" = [] }
  required_parameters = ["method_id", "entity_id"]
}
