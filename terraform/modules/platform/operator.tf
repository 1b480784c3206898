# Where the operator hears of trouble: alarms, and what a function tells at once.
resource "aws_sns_topic" "operator" {
  name = var.names.operator_topic

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AlarmsPublish"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = local.operator_topic_arn
        Condition = {
          ArnLike      = { "aws:SourceArn" = "arn:${var.partition}:cloudwatch:${var.region}:${var.account}:alarm:${var.prefix}-*" }
          StringEquals = { "aws:SourceAccount" = var.account }
        }
      },
    ]
  })
}

# AWS mails a link to confirm. It delivers nothing before that, whatever the plan says.
resource "aws_sns_topic_subscription" "operator" {
  for_each = toset(var.operator_email == null ? [] : ["this"])

  topic_arn = aws_sns_topic.operator.arn
  protocol  = "email"
  endpoint  = var.operator_email
}
