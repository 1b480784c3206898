# Written by innkeeper; changes made here are lost.
# Module as of an unnamed state.
module "tenant" {
  source = "./module"

  account               = var.account
  boundary_arn          = var.tenant.boundary_arn
  dead_letter_queue_arn = var.tenant.dead_letter_queue_arn
  dkim_signing_zone     = var.tenant.dkim_signing_zone
  dmarc                 = var.tenant.dmarc
  dns                   = var.tenant.dns
  domain                = var.tenant.domain
  mail_from_domain      = var.tenant.mail_from_domain
  names                 = var.tenant.names
  only_from_address     = var.tenant.only_from_address
  partition             = var.partition
  readers               = var.tenant.readers
  region                = var.region
  rotation              = var.tenant.rotation
  secret_recovery_days  = var.tenant.secret_recovery_days
  sentinel_function_arn = var.tenant.sentinel_function_arn
  source_ips            = var.tenant.source_ips
  tls_policy            = var.tenant.tls_policy
}

variable "tenant" {
  description = "The tenant, from its YAML file."
  type = object({
    boundary_arn          = string
    dead_letter_queue_arn = string
    dkim_signing_zone     = string
    dmarc = object({
      policy  = string
      percent = number
      reports = string
    })
    dns              = string
    domain           = string
    mail_from_domain = string
    names = object({
      configuration_set = string
      event_destination = string
      queue             = string
      secret            = string
      topic             = string
      user              = string
      user_path         = string
      zone_comment      = string
    })
    only_from_address = string
    readers = object({
      only = list(string)
      role = string
    })
    rotation = object({
      every_days   = number
      function_arn = string
    })
    secret_recovery_days  = number
    sentinel_function_arn = string
    source_ips            = list(string)
    tls_policy            = string
  })
}

output "dkim_tokens" {
  description = "The three DKIM tokens that SES made for the domain."
  value       = module.tenant.dkim_tokens
}

output "name_servers" {
  description = "Name servers to enter at the domain's registrar; empty when DNS is kept elsewhere."
  value       = module.tenant.name_servers
}

output "queue_url" {
  description = "Address of the queue that holds the tenant's feedback."
  value       = module.tenant.queue_url
}

output "records" {
  description = "DNS records the domain needs."
  value       = module.tenant.records
}

output "zone_id" {
  description = "Id of the domain's hosted zone; null when DNS is kept elsewhere."
  value       = module.tenant.zone_id
}
