# Written by innkeeper; changes made here are lost.
terraform {
  backend "s3" {
    bucket       = "states"
    key          = "state/florist.tfstate"
    region       = "eu-central-1"
    encrypt      = true
    use_lockfile = true
  }
}
