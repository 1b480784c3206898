# Silence is a fault, too: most of these ring when something did not happen.
locals {
  day = 24 * 3600

  # AWS reviews an account at a bounce rate of 5 % and a complaint rate of 0.1 %: half and four fifths of that.
  reputation = {
    bounce-half     = { metric = "Reputation.BounceRate", threshold = var.alarms.bounce_rates[0] }
    bounce-high     = { metric = "Reputation.BounceRate", threshold = var.alarms.bounce_rates[1] }
    complaints-half = { metric = "Reputation.ComplaintRate", threshold = var.alarms.complaint_rates[0] }
    complaints-high = { metric = "Reputation.ComplaintRate", threshold = var.alarms.complaint_rates[1] }
  }

  # CloudWatch looks back seven days at most, so a missing audit rings when a whole week went without.
  overdue_days = { for name, days in { collect = 1, audit = 7 } : name => days if contains(keys(local.scheduled), name) }
}

resource "aws_cloudwatch_metric_alarm" "overdue" {
  for_each = local.overdue_days

  alarm_name          = "${var.prefix}-${each.key}-overdue"
  alarm_description   = "${var.names.functions[each.key]} has not run for ${each.value} day(s). Start it by hand: innkeeper ${each.key}"
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = var.names.functions[each.key] }
  statistic           = "Sum"
  period              = local.day
  evaluation_periods  = each.value
  datapoints_to_alarm = each.value
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.operator.arn]
  ok_actions          = [aws_sns_topic.operator.arn]
}

resource "aws_cloudwatch_metric_alarm" "failed" {
  for_each = var.functions

  alarm_name          = "${var.prefix}-${each.key}-failed"
  alarm_description   = "${var.names.functions[each.key]} ended with an error; its log tells why: /aws/lambda/${var.names.functions[each.key]}"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = var.names.functions[each.key] }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.operator.arn]
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = "${var.prefix}-dead-letters"
  alarm_description   = "Feedback that could not be delivered or read waits in ${var.names.dead_letters}. Read it: innkeeper collect --dead-letters"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letters.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.operator.arn]
}

# One alarm over all queues instead of one per tenant, at ten cents each. A query cannot ask for a prefix, so other
# queues of this account count as well.
resource "aws_cloudwatch_metric_alarm" "oldest_message" {
  alarm_name          = "${var.prefix}-feedback-waits"
  alarm_description   = "Feedback has waited in a queue for more than ${var.alarms.oldest_message_hours} hours; it is lost after 14 days. Fetch it: innkeeper collect"
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarms.oldest_message_hours * 3600
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.operator.arn]

  metric_query {
    id          = "oldest"
    label       = "Age of the oldest feedback"
    expression  = "SELECT MAX(ApproximateAgeOfOldestMessage) FROM SCHEMA(\"AWS/SQS\", QueueName) WHERE QueueName != '${var.names.dead_letters}'"
    period      = 3600
    return_data = true
  }
}

resource "aws_cloudwatch_metric_alarm" "reputation" {
  for_each = local.reputation

  alarm_name          = "${var.prefix}-account-${each.key}"
  alarm_description   = "The account's ${each.value.metric} is above ${each.value.threshold}: AWS stops the whole account, not one tenant. See: innkeeper status"
  namespace           = "AWS/SES"
  metric_name         = each.value.metric
  statistic           = "Average"
  period              = 3600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "ignore"
  alarm_actions       = [aws_sns_topic.operator.arn]
  ok_actions          = [aws_sns_topic.operator.arn]
}
