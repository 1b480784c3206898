# The platform's own mail, notices and reports: its own set and its own domain, so that its bounces count for no tenant.
resource "aws_sesv2_configuration_set" "notices" {
  configuration_set_name = var.names.configuration_set

  # SES reports it even where it was never set: said here, so that the next plan is empty.
  delivery_options {
    tls_policy = "OPTIONAL"
  }

  reputation_options {
    reputation_metrics_enabled = true
  }

  suppression_options {
    suppressed_reasons = ["BOUNCE", "COMPLAINT"]
  }

  lifecycle {
    ignore_changes = [sending_options]
  }
}

# A notice that comes back: SES -> topic -> queue, as for a tenant, and no mail answers it.
resource "aws_sns_topic" "notices" {
  name = var.names.notices_topic

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "SesPublishesForThisSet"
        Effect    = "Allow"
        Principal = { Service = "ses.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = local.notices_topic_arn
        Condition = {
          StringEquals = {
            "aws:SourceAccount" = var.account
            "aws:SourceArn"     = local.notices_set_arn
          }
        }
      },
      {
        Sid       = "NobodyElsePublishes"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "sns:Publish"
        Resource  = local.notices_topic_arn
        Condition = { StringNotEquals = { "aws:SourceArn" = local.notices_set_arn } }
      },
    ]
  })
}

resource "aws_sqs_queue" "notices" {
  name                       = var.names.notices_queue
  message_retention_seconds  = 14 * 24 * 3600
  receive_wait_time_seconds  = 20
  sqs_managed_sse_enabled    = true
  visibility_timeout_seconds = 900

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyThisTopicSends"
        Effect    = "Allow"
        Principal = { Service = "sns.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = local.notices_queue_arn
        Condition = { ArnEquals = { "aws:SourceArn" = local.notices_topic_arn } }
      },
      {
        Sid       = "NobodyElseSends"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "sqs:SendMessage"
        Resource  = local.notices_queue_arn
        Condition = { ArnNotEquals = { "aws:SourceArn" = local.notices_topic_arn } }
      },
    ]
  })

  redrive_policy = jsonencode({
    deadLetterTargetArn = local.dead_letters_arn
    maxReceiveCount     = 10
  })

  depends_on = [aws_sqs_queue.dead_letters]
}

resource "aws_sns_topic_subscription" "notices" {
  topic_arn            = local.notices_topic_arn
  protocol             = "sqs"
  endpoint             = local.notices_queue_arn
  raw_message_delivery = false
  redrive_policy       = jsonencode({ deadLetterTargetArn = local.dead_letters_arn })

  depends_on = [aws_sns_topic.notices, aws_sqs_queue.notices]
}

resource "aws_sesv2_configuration_set_event_destination" "notices" {
  configuration_set_name = aws_sesv2_configuration_set.notices.configuration_set_name
  event_destination_name = "feedback"

  event_destination {
    enabled              = true
    matching_event_types = ["BOUNCE", "COMPLAINT", "REJECT"]

    sns_destination {
      topic_arn = local.notices_topic_arn
    }
  }

  depends_on = [aws_sns_topic_subscription.notices]
}

# Left out where the operator's domain is an identity of this account already.
resource "aws_sesv2_email_identity" "sender" {
  for_each = toset(var.sender.create_identity ? ["this"] : [])

  email_identity         = local.sender_domain
  configuration_set_name = aws_sesv2_configuration_set.notices.configuration_set_name
}

resource "aws_sesv2_email_identity_mail_from_attributes" "sender" {
  for_each = aws_sesv2_email_identity.sender

  email_identity         = each.value.email_identity
  mail_from_domain       = local.mail_from_domain
  behavior_on_mx_failure = "USE_DEFAULT_VALUE"
}

locals {
  mail_from_domain = "${var.sender.mail_from}.${local.sender_domain}"

  sender_tokens = { for number in var.sender.create_identity ? ["1", "2", "3"] : [] :
    number => aws_sesv2_email_identity.sender["this"].dkim_signing_attributes[0].tokens[tonumber(number) - 1]
  }

  sender_records = merge(
    { for number, token in local.sender_tokens : "dkim-${number}" => {
      type  = "CNAME"
      name  = "${token}._domainkey.${local.sender_domain}"
      value = "${token}.${var.sender.dkim_signing_zone}"
      why   = "DKIM: lets receivers check that notices were signed for this domain"
    } },
    { for key, record in {
      mail-from = {
        type  = "MX"
        name  = local.mail_from_domain
        value = "10 feedback-smtp.${var.region}.amazonses.com"
        why   = "MAIL FROM: where bounces of notices go"
      }
      spf = {
        type  = "TXT"
        name  = local.mail_from_domain
        value = "v=spf1 include:amazonses.com ~all"
        why   = "SPF: says that Amazon SES may send for this domain"
      }
      dmarc = {
        type  = "TXT"
        name  = "_dmarc.${local.sender_domain}"
        value = "v=DMARC1; p=none"
        why   = "DMARC: tells receivers what to do with mail that fails the checks"
      }
    } : key => record if var.sender.create_identity },
  )

  # A domain in use has a DMARC policy of its own, perhaps a stricter one: only written when asked for.
  written_records = { for key, record in local.sender_records : key => record
    if var.sender.zone != null && (key != "dmarc" || var.sender.write_dmarc)
  }
}

data "aws_route53_zone" "sender" {
  for_each = toset(var.sender.zone == null ? [] : ["this"])

  name         = var.sender.zone
  private_zone = false
}

resource "aws_route53_record" "sender" {
  for_each = local.written_records

  zone_id = data.aws_route53_zone.sender["this"].zone_id
  type    = each.value.type
  name    = each.value.name
  ttl     = 3600
  records = [each.value.value]
}
