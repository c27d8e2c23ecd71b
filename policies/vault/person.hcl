# person - every person's login: sign a vote with the key that carries the person's own name, and nothing else.
# The name comes from a claim that is the same at every login of that person.

path "transit/sign/vote-{{identity.entity.aliases.@{accessor}.metadata.person}}" {
  capabilities = ["update"]
}
