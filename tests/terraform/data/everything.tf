# Every kind of resource that Innkeeper uses, and how: what the sandbox must answer rightly. ACCOUNT is replaced.
terraform {
  required_providers { aws = { source = "hashicorp/aws", version = ">= 5.100, < 7" } }
}
provider "aws" {
  region = "eu-central-1"
  default_tags { tags = { project = "innkeeper" } }
}
locals {
  account = "ACCOUNT"
  region  = "eu-central-1"
}
data "aws_caller_identity" "me" {}
resource "aws_sesv2_configuration_set" "s" {
  configuration_set_name = "ik-bakery"
  reputation_options { reputation_metrics_enabled = true }
  suppression_options { suppressed_reasons = ["BOUNCE"] }
  delivery_options { tls_policy = "REQUIRE" }
}
resource "aws_sns_topic" "t" { name = "ik-bakery" }
resource "aws_sns_topic_policy" "t" {
  arn = aws_sns_topic.t.arn
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "ses", Effect = "Allow", Principal = { Service = "ses.amazonaws.com" }, Action = "sns:Publish", Resource = aws_sns_topic.t.arn,
  Condition = { StringEquals = { "AWS:SourceAccount" = local.account, "AWS:SourceArn" = "arn:aws:ses:${local.region}:${local.account}:configuration-set/ik-bakery" } } }] })
}
resource "aws_sesv2_configuration_set_event_destination" "d" {
  configuration_set_name = aws_sesv2_configuration_set.s.configuration_set_name
  event_destination_name = "feedback"
  event_destination {
    enabled              = true
    matching_event_types = ["BOUNCE", "COMPLAINT", "DELIVERY", "DELIVERY_DELAY", "REJECT"]
    sns_destination { topic_arn = aws_sns_topic.t.arn }
  }
  depends_on = [aws_sns_topic_policy.t]
}
resource "aws_sesv2_email_identity" "i" {
  email_identity         = "bakery.example"
  configuration_set_name = aws_sesv2_configuration_set.s.configuration_set_name
  dkim_signing_attributes { next_signing_key_length = "RSA_2048_BIT" }
}
resource "aws_sesv2_email_identity_mail_from_attributes" "m" {
  email_identity         = aws_sesv2_email_identity.i.email_identity
  mail_from_domain       = "bounce.bakery.example"
  behavior_on_mx_failure = "USE_DEFAULT_VALUE"
}
resource "aws_sesv2_email_identity_feedback_attributes" "f" {
  email_identity           = aws_sesv2_email_identity.i.email_identity
  email_forwarding_enabled = false
}
resource "aws_sesv2_email_identity_policy" "p" {
  email_identity = aws_sesv2_email_identity.i.email_identity
  policy_name    = "deny-others"
  policy         = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Principal = "*", Action = "ses:SendEmail", Resource = aws_sesv2_email_identity.i.arn }] })
}
resource "aws_route53_zone" "z" {
  name          = "bakery.example"
  force_destroy = false
}
resource "aws_route53_record" "dkim" {
  count   = 3
  zone_id = aws_route53_zone.z.zone_id
  name    = "${aws_sesv2_email_identity.i.dkim_signing_attributes[0].tokens[count.index]}._domainkey.bakery.example"
  type    = "CNAME"
  ttl     = 300
  records = ["${aws_sesv2_email_identity.i.dkim_signing_attributes[0].tokens[count.index]}.dkim.amazonses.com"]
}
resource "aws_route53_record" "mx" {
  zone_id = aws_route53_zone.z.zone_id
  name    = "bounce.bakery.example"
  type    = "MX"
  ttl     = 300
  records = ["10 feedback-smtp.eu-central-1.amazonses.com"]
}
resource "aws_route53_record" "spf" {
  zone_id = aws_route53_zone.z.zone_id
  name    = "bounce.bakery.example"
  type    = "TXT"
  ttl     = 300
  records = ["v=spf1 include:amazonses.com ~all"]
}
resource "aws_route53_record" "dmarc" {
  zone_id = aws_route53_zone.z.zone_id
  name    = "_dmarc.bakery.example"
  type    = "TXT"
  ttl     = 300
  records = ["v=DMARC1; p=none; rua=mailto:x@ops.example"]
}
resource "aws_iam_policy" "boundary" {
  name   = "ik-boundary"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "ses:SendRawEmail", Resource = "*" }] })
}
resource "aws_iam_user" "u" {
  name                 = "ik-bakery"
  path                 = "/innkeeper/"
  permissions_boundary = aws_iam_policy.boundary.arn
}
resource "aws_iam_user_policy" "u" {
  name   = "send"
  user   = aws_iam_user.u.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "ses:SendRawEmail", Resource = [aws_sesv2_email_identity.i.arn] }] })
}
resource "aws_sqs_queue" "dlq" {
  name                      = "ik-dlq"
  message_retention_seconds = 1209600
}
resource "aws_sqs_queue" "q" {
  name                      = "ik-bakery"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  redrive_policy            = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dlq.arn, maxReceiveCount = 5 })
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "sns.amazonaws.com" }, Action = "sqs:SendMessage", Resource = "arn:aws:sqs:eu-central-1:ACCOUNT:ik-bakery",
  Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:sns:eu-central-1:ACCOUNT:ik-bakery" } } }] })
}
resource "aws_sns_topic_subscription" "q" {
  topic_arn = aws_sns_topic.t.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.q.arn
}
resource "aws_iam_role" "l" {
  name               = "ik-lambda"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = ["lambda.amazonaws.com", "states.amazonaws.com", "scheduler.amazonaws.com"] }, Action = "sts:AssumeRole" }] })
}
resource "aws_iam_role_policy" "l" {
  name   = "x"
  role   = aws_iam_role.l.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] })
}
resource "aws_cloudwatch_log_group" "l" {
  name              = "/aws/lambda/ik-sentinel"
  retention_in_days = 30
}
resource "aws_lambda_function" "l" {
  function_name    = "ik-sentinel"
  filename         = "fn.zip"
  source_code_hash = filebase64sha256("fn.zip")
  handler          = "handler.handler"
  runtime          = "python3.11"
  architectures    = ["arm64"]
  memory_size      = 256
  timeout          = 30
  role             = aws_iam_role.l.arn
  environment { variables = { BUCKET = "ik-ACCOUNT-eu-central-1" } }
  dead_letter_config { target_arn = aws_sqs_queue.dlq.arn }
  reserved_concurrent_executions = 5
  depends_on                     = [aws_cloudwatch_log_group.l]
}
resource "aws_lambda_permission" "sns" {
  statement_id  = "sns"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.l.function_name
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.t.arn
}
resource "aws_sns_topic_subscription" "l" {
  topic_arn           = aws_sns_topic.t.arn
  protocol            = "lambda"
  endpoint            = aws_lambda_function.l.arn
  filter_policy_scope = "MessageBody"
  filter_policy       = jsonencode({ eventType = ["Bounce", "Reject"] })
}
resource "aws_lambda_function_event_invoke_config" "l" {
  function_name          = aws_lambda_function.l.function_name
  maximum_retry_attempts = 0
}
resource "aws_secretsmanager_secret" "s" {
  name                    = "innkeeper/bakery/smtp"
  recovery_window_in_days = 7
}
resource "aws_s3_bucket" "b" { bucket = "ik-ACCOUNT-eu-central-1" }
resource "aws_s3_bucket_versioning" "b" {
  bucket = aws_s3_bucket.b.id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_public_access_block" "b" {
  bucket                  = aws_s3_bucket.b.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
resource "aws_s3_bucket_server_side_encryption_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    apply_server_side_encryption_by_default { sse_algorithm = "AES256" }
  }
}
resource "aws_s3_bucket_lifecycle_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    id     = "feedback"
    status = "Enabled"
    filter { prefix = "feedback/" }
    expiration { days = 400 }
    noncurrent_version_expiration { noncurrent_days = 30 }
  }
}
resource "aws_s3_bucket_ownership_controls" "b" {
  bucket = aws_s3_bucket.b.id
  rule { object_ownership = "BucketOwnerEnforced" }
}
resource "aws_s3_bucket_policy" "b" {
  bucket = aws_s3_bucket.b.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "TlsOnly", Effect = "Deny", Principal = "*", Action = "s3:*", Resource = ["arn:aws:s3:::ik-ACCOUNT-eu-central-1", "arn:aws:s3:::ik-ACCOUNT-eu-central-1/*"], Condition = { Bool = { "aws:SecureTransport" = "false" } } }] })
}
resource "aws_scheduler_schedule_group" "g" { name = "innkeeper" }
resource "aws_scheduler_schedule" "daily" {
  name                         = "ik-collect"
  group_name                   = aws_scheduler_schedule_group.g.name
  schedule_expression          = "cron(15 3 * * ? *)"
  schedule_expression_timezone = "Europe/Berlin"
  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 15
  }
  target {
    arn      = aws_sfn_state_machine.m.arn
    role_arn = aws_iam_role.l.arn
    input    = jsonencode({ what = "collect" })
    retry_policy {
      maximum_retry_attempts       = 3
      maximum_event_age_in_seconds = 3600
    }
    dead_letter_config { arn = aws_sqs_queue.dlq.arn }
  }
}
resource "aws_sfn_state_machine" "m" {
  name       = "ik-collect"
  role_arn   = aws_iam_role.l.arn
  definition = jsonencode({ StartAt = "Run", States = { Run = { Type = "Task", Resource = "arn:aws:states:::lambda:invoke", Parameters = { FunctionName = aws_lambda_function.l.arn, "Payload.$" = "$" }, End = true } } })
}
resource "aws_cloudwatch_metric_alarm" "a" {
  alarm_name          = "ik-age"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "ApproximateAgeOfOldestMessage"
  namespace           = "AWS/SQS"
  period              = 300
  statistic           = "Maximum"
  threshold           = 129600
  dimensions          = { QueueName = "ik-bakery" }
  alarm_actions       = [aws_sns_topic.t.arn]
  treat_missing_data  = "notBreaching"
}
output "ns" { value = aws_route53_zone.z.name_servers }
