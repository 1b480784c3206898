# What SES has to say about this tenant's mail: SES -> topic -> queue, and rejects also to the sentinel.
locals {
  topic_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "SesPublishesForThisSet"
        Effect    = "Allow"
        Principal = { Service = "ses.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = local.topic_arn
        Condition = {
          StringEquals = {
            "aws:SourceAccount" = var.account
            "aws:SourceArn"     = local.configuration_set_arn
          }
        }
      },
      {
        # Somebody with rights in this account could else forge a bounce.
        Sid       = "NobodyElsePublishes"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "sns:Publish"
        Resource  = local.topic_arn
        Condition = { StringNotEquals = { "aws:SourceArn" = local.configuration_set_arn } }
      },
    ]
  })

  queue_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyThisTopicSends"
        Effect    = "Allow"
        Principal = { Service = "sns.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = local.queue_arn
        Condition = { ArnEquals = { "aws:SourceArn" = local.topic_arn } }
      },
      {
        Sid       = "NobodyElseSends"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "sqs:SendMessage"
        Resource  = local.queue_arn
        Condition = { ArnNotEquals = { "aws:SourceArn" = local.topic_arn } }
      },
    ]
  })
}

resource "aws_sns_topic" "feedback" {
  name   = var.names.topic
  policy = local.topic_policy
}

resource "aws_sqs_queue" "feedback" {
  name                       = var.names.queue
  message_retention_seconds  = 14 * 24 * 3600 # the longest there is: a collector may fail over a long holiday
  receive_wait_time_seconds  = 20
  sqs_managed_sse_enabled    = true
  visibility_timeout_seconds = var.visibility_timeout_seconds

  # Both inline: as resources of their own each would wait another 25 seconds.
  policy = local.queue_policy
  redrive_policy = jsonencode({
    deadLetterTargetArn = var.dead_letter_queue_arn
    maxReceiveCount     = var.max_receive_count
  })
}

# The envelope of SNS is wanted: it says which topic a message came through.
resource "aws_sns_topic_subscription" "queue" {
  topic_arn            = local.topic_arn
  protocol             = "sqs"
  endpoint             = local.queue_arn
  raw_message_delivery = false
  redrive_policy       = jsonencode({ deadLetterTargetArn = var.dead_letter_queue_arn })

  depends_on = [aws_sns_topic.feedback, aws_sqs_queue.feedback]
}

# A virus must not wait for the daily collection. That SNS may call the function is said once for all tenants in
# the platform: a permission per tenant would fill the function's policy (20 kB) with some fifty of them.
resource "aws_sns_topic_subscription" "sentinel" {
  for_each = toset(var.sentinel_function_arn == null ? [] : ["this"])

  topic_arn           = local.topic_arn
  protocol            = "lambda"
  endpoint            = var.sentinel_function_arn
  filter_policy       = jsonencode({ eventType = ["Reject"] })
  filter_policy_scope = "MessageBody"
  redrive_policy      = jsonencode({ deadLetterTargetArn = var.dead_letter_queue_arn })

  depends_on = [aws_sns_topic.feedback]
}

# After the subscription, so that nothing is published into the void.
resource "aws_sesv2_configuration_set_event_destination" "feedback" {
  configuration_set_name = aws_sesv2_configuration_set.this.configuration_set_name
  event_destination_name = var.names.event_destination

  event_destination {
    enabled              = true
    matching_event_types = ["BOUNCE", "COMPLAINT", "DELIVERY", "DELIVERY_DELAY", "REJECT"]

    sns_destination {
      topic_arn = local.topic_arn
    }
  }

  depends_on = [aws_sns_topic_subscription.queue]
}
