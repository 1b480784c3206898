output "boundary_arn" {
  description = "Managed policy that bounds every tenant's SMTP user."
  value       = aws_iam_policy.boundary.arn
}

output "bucket" {
  description = "Name of the bucket that holds feedback, standings, verdicts and reports."
  value       = aws_s3_bucket.this.id
}

output "dead_letter_queue_arn" {
  description = "ARN of the dead-letter queue that all tenants share."
  value       = local.dead_letters_arn
}

output "dead_letter_queue_url" {
  description = "Address of the dead-letter queue."
  value       = aws_sqs_queue.dead_letters.url
}

output "function_arns" {
  description = "ARNs of the Lambda functions, by what they do."
  value       = { for name, function in aws_lambda_function.this : name => function.arn }
}

output "machine_arns" {
  description = "ARNs of the state machines of the scheduled runs, by what they do."
  value       = { for name, machine in aws_sfn_state_machine.this : name => machine.arn }
}

output "notices_configuration_set" {
  description = "Configuration set of the platform's own mail."
  value       = aws_sesv2_configuration_set.notices.configuration_set_name
}

output "operator_topic_arn" {
  description = "ARN of the topic that tells the operator of trouble."
  value       = local.operator_topic_arn
}

output "records" {
  description = "DNS records the sender's domain needs; those in an own zone (sender.zone) are written already."
  value       = [for key in sort(keys(local.sender_records)) : local.sender_records[key]]
}

output "suspended_policy_arn" {
  description = "Managed policy that the enforcer attaches to a suspended tenant's user."
  value       = aws_iam_policy.suspended.arn
}
