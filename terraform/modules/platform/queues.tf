# One dead-letter queue for all tenants and for notices: what SNS could not deliver, and what was received ten times in vain.
# Which queues may use it is left open (all of this account): a list holds ten, and there are more tenants.
resource "aws_sqs_queue" "dead_letters" {
  name                       = var.names.dead_letters
  message_retention_seconds  = 14 * 24 * 3600 # counted from the first queue: it must not be shorter than theirs
  receive_wait_time_seconds  = 20
  sqs_managed_sse_enabled    = true
  visibility_timeout_seconds = 900

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "SubscriptionsSend"
      Effect    = "Allow"
      Principal = { Service = "sns.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = local.dead_letters_arn
      Condition = {
        ArnLike      = { "aws:SourceArn" = [local.tenants.topics, local.notices_topic_arn] }
        StringEquals = { "aws:SourceAccount" = var.account }
      }
    }]
  })
}
