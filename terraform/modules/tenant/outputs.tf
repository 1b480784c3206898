output "configuration_set" {
  description = "Name of the tenant's configuration set."
  value       = aws_sesv2_configuration_set.this.configuration_set_name
}

output "configuration_set_arn" {
  description = "ARN of the tenant's configuration set."
  value       = local.configuration_set_arn
}

output "dkim_signing_zone" {
  description = "Zone the three DKIM records point into; compare it with what SES reports for the identity."
  value       = var.dkim_signing_zone
}

output "dkim_tokens" {
  description = "The three DKIM tokens that SES made for the domain, in its order."
  value       = values(local.tokens)
}

output "identity_arn" {
  description = "ARN of the domain's e-mail identity."
  value       = local.identity_arn
}

output "name_servers" {
  description = "Name servers to enter at the domain's registrar; empty when DNS is kept elsewhere."
  value       = flatten([for zone in aws_route53_zone.this : zone.name_servers])
}

output "queue_arn" {
  description = "ARN of the queue that holds the tenant's feedback."
  value       = local.queue_arn
}

output "queue_url" {
  description = "Address of the queue that holds the tenant's feedback."
  value       = aws_sqs_queue.feedback.url
}

output "records" {
  description = "DNS records the domain needs, for people who paste them at their DNS provider; written already with dns = route53."
  value       = [for key in sort(keys(local.records)) : local.records[key]]
}

output "secret_arn" {
  description = "ARN of the secret that will hold the SMTP credentials; its value is not known to Terraform."
  value       = aws_secretsmanager_secret.smtp.arn
}

output "topic_arn" {
  description = "ARN of the topic SES publishes the tenant's feedback to."
  value       = local.topic_arn
}

output "user" {
  description = "Name of the tenant's SMTP user."
  value       = aws_iam_user.smtp.name
}

output "zone_id" {
  description = "Id of the domain's hosted zone; null when DNS is kept elsewhere."
  value       = one([for zone in aws_route53_zone.this : zone.zone_id])
}
