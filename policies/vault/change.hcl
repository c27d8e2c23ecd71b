# change:<account> - filled by the worker only while an approved account.change is open (ACC-3).
# Its members stage a candidate and make it current; to see either they have to be custodians as well.

path "kv/data/{{identity.entity.aliases.@{accessor}.metadata.tree}}/@{account}/staged" {
  capabilities     = ["create", "update"]
  min_wrapping_ttl = "10s"
  max_wrapping_ttl = "60s"
}

path "kv/data/{{identity.entity.aliases.@{accessor}.metadata.tree}}/@{account}/value" {
  capabilities     = ["update"]
  min_wrapping_ttl = "10s"
  max_wrapping_ttl = "60s"
}
