# custody:<account> - the custodians of an account (ACC-2).
# They see the current value, its history and a candidate, each only as a wrapped answer, and hand in the first value.
# They can't alter a value: that takes change:<account>, which is filled while an approved account.change is open (ACC-3).
#
# The tree comes from a claim that only a person's login carries, so a machine that is put into the group reads nothing.
# custody, use and change name the same wrapping times for the same path: of several the loosest would count.

path "kv/data/{{identity.entity.aliases.@{accessor}.metadata.tree}}/@{account}/value" {
  capabilities     = ["create", "read"]
  min_wrapping_ttl = "10s"
  max_wrapping_ttl = "60s"
}

path "kv/data/{{identity.entity.aliases.@{accessor}.metadata.tree}}/@{account}/staged" {
  capabilities     = ["read"]
  min_wrapping_ttl = "10s"
  max_wrapping_ttl = "60s"
}

# Version numbers and times, no values: what was lost on the way is read back here.
path "kv/metadata/{{identity.entity.aliases.@{accessor}.metadata.tree}}/@{account}/+" {
  capabilities = ["read"]
}
