# backup - takes the vault's own snapshot, which is encrypted with the seal's key.

path "sys/storage/raft/snapshot" {
  capabilities = ["read"]
}
