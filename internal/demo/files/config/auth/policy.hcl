policy "operators" {
  path "config/*"  { capabilities = ["read", "write"] }
  path "flags/*"   { capabilities = ["read", "write"] }
  path "jobs/*"    { capabilities = ["read"] }
}

policy "services" {
  path "services/{{identity.name}}/*" { capabilities = ["write"] }
  path "config/{{identity.name}}/*"   { capabilities = ["read"] }
}
