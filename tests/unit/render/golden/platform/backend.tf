# Written by innkeeper; changes made here are lost.
terraform {
  backend "local" {
    path = "platform.tfstate"
  }
}
