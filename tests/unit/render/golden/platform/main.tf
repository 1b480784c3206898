# Written by innkeeper; changes made here are lost.
# Module as of an unnamed state.
module "platform" {
  source = "./module"

  account         = var.account
  bucket_tls_only = var.platform.bucket_tls_only
  drill           = var.platform.drill
  environment     = var.platform.environment
  names           = var.platform.names
  operator_email  = var.platform.operator_email
  package         = var.platform.package
  partition       = var.partition
  prefix          = var.platform.prefix
  region          = var.region
  retention       = var.platform.retention
  runtime         = var.platform.runtime
  sender          = var.platform.sender
}

variable "platform" {
  description = "What all tenants share, from platform.yaml."
  type = object({
    bucket_tls_only = bool
    drill = object({
      monthly = bool
      tenant  = string
    })
    environment = map(string)
    names = object({
      boundary          = string
      bucket            = string
      configuration_set = string
      dead_letters      = string
      functions         = map(string)
      machine_roles     = map(string)
      machines          = map(string)
      notices_queue     = string
      notices_topic     = string
      operator_topic    = string
      schedule_group    = string
      scheduler_role    = string
      suspended_policy  = string
    })
    operator_email = string
    package        = string
    prefix         = string
    retention = object({
      feedback_days   = number
      logs_days       = number
      noncurrent_days = number
      quarantine_days = number
    })
    runtime = string
    sender = object({
      address           = string
      create_identity   = bool
      dkim_signing_zone = string
      zone              = string
    })
  })
}

output "bucket" {
  description = "Name of the bucket that holds feedback, standings, verdicts and reports."
  value       = module.platform.bucket
}

output "dead_letter_queue_url" {
  description = "Address of the dead-letter queue."
  value       = module.platform.dead_letter_queue_url
}

output "function_arns" {
  description = "ARNs of the Lambda functions, by what they do."
  value       = module.platform.function_arns
}

output "operator_topic_arn" {
  description = "ARN of the topic that tells the operator of trouble."
  value       = module.platform.operator_topic_arn
}

output "records" {
  description = "DNS records the sender's domain needs."
  value       = module.platform.records
}
