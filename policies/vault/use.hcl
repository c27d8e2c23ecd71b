# use:<account> - whoever holds a live grant for an account (account.use).
# They see the current value as a wrapped answer: no history (no version may be asked for), no candidate, no writing.

path "kv/data/{{identity.entity.aliases.@{accessor}.metadata.tree}}/@{account}/value" {
  capabilities      = ["read"]
  denied_parameters = { "version" = [] }
  min_wrapping_ttl  = "10s"
  max_wrapping_ttl  = "60s"
}
