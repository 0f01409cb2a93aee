network "production" {
  cidr   = "10.0.0.0/16"
  region = "eu-north-1"

  subnet "edge" { cidr = "10.0.1.0/24" }
  subnet "apps" { cidr = "10.0.3.0/24" }
  subnet "data" { cidr = "10.0.7.0/24" }
}
