# Written by innkeeper; changes made here are lost.
terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}

# Refuses to run in any account but the one that was planned for.
provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account]

  default_tags {
    tags = var.tags
  }
}

variable "account" {
  description = "Number of the AWS account."
  type        = string
}

variable "partition" {
  description = "Partition of AWS."
  type        = string
}

variable "region" {
  description = "Region of AWS."
  type        = string
}

variable "tags" {
  description = "Tags of everything that can have them."
  type        = map(string)
}
