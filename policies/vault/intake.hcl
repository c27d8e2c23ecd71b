# intake - group post:keeper: candidates for accounts that are not opened yet (account.open, imports).
# Creating only: nothing can be read, and nothing that lies there can be replaced.

path "kv/data/{{identity.entity.aliases.@{accessor}.metadata.tree}}/+/staged" {
  capabilities     = ["create"]
  min_wrapping_ttl = "10s"
  max_wrapping_ttl = "60s"
}
