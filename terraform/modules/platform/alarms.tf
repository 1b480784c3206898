# Silence is a fault, too: half of these ring when something did not happen. Every description names its page in
# docs/runbooks: what the alarm means, where to look, what to do. A test holds the two together.
locals {
  day  = 24 * 3600
  page = "What to do: docs/runbooks"

  # AWS reviews an account at a bounce rate of 5 % and a complaint rate of 0.1 %: half and four fifths of that.
  reputation = {
    bounce-half     = { metric = "Reputation.BounceRate", threshold = var.alarms.bounce_rates[0] }
    bounce-high     = { metric = "Reputation.BounceRate", threshold = var.alarms.bounce_rates[1] }
    complaints-half = { metric = "Reputation.ComplaintRate", threshold = var.alarms.complaint_rates[0] }
    complaints-high = { metric = "Reputation.ComplaintRate", threshold = var.alarms.complaint_rates[1] }
  }

  # The functions' own metrics stand in their log lines, so they cost no call and no permission.
  metrics  = { namespace = "Innkeeper", dimensions = { Platform = var.prefix } }
  audits   = contains(keys(var.functions), "audit")
  collects = contains(keys(var.functions), "collect")

  # Ring as soon as one is counted. ``by`` is the function that counts; the key names the alarm and its page.
  counted = {
    audit-stopped          = { by = "audit", metric = "AuditStopped", statistic = "Maximum", says = "An audit stopped itself: it would have suspended too many tenants." }
    enforcement-incomplete = { by = "audit", metric = "EnforcementIncomplete", statistic = "Maximum", says = "Something was decided that AWS does not show yet." }
    not-judged             = { by = "audit", metric = "TenantsNotJudged", statistic = "Maximum", says = "An audit judged fewer tenants than there are." }
    foreign-messages       = { by = "collect", metric = "ForeignMessages", statistic = "Sum", says = "A tenant's queue held messages that claim to be somebody else's." }
    not-collected          = { by = "collect", metric = "TenantsNotCollected", statistic = "Sum", says = "Feedback of some tenants could not be collected." }
    silent-tenants         = { by = "collect", metric = "SilentTenants", statistic = "Sum", says = "Tenants sent mail a day ago and no event of it arrived." }
    # Never told by a notice: a mail about a mail that came back is how loops begin.
    notices-undelivered = { by = "collect", metric = "NoticesUndelivered", statistic = "Maximum", says = "Notices came back: somebody could not be told." }
    # A drill that came to its end and found the chain broken; a function that died rings by itself.
    chain-broken = { by = "drill", metric = "DrillFailed", statistic = "Maximum", says = "The monthly drill failed: a bounce does not become a block that holds." }
  }
}

resource "aws_cloudwatch_metric_alarm" "counted" {
  for_each = { for name, alarm in local.counted : name => alarm if contains(keys(var.functions), alarm.by) }

  alarm_name          = "${var.prefix}-${each.key}"
  alarm_description   = "${each.value.says} ${local.page}/${each.key}.md"
  namespace           = local.metrics.namespace
  metric_name         = each.value.metric
  dimensions          = local.metrics.dimensions
  statistic           = each.value.statistic
  period              = 3600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.operator.arn]
}

resource "aws_cloudwatch_metric_alarm" "collect_overdue" {
  for_each = toset(contains(keys(local.scheduled), "collect") ? ["this"] : [])

  alarm_name          = "${var.prefix}-collect-overdue"
  alarm_description   = "${var.names.functions["collect"]} has not run for a day. ${local.page}/collect-overdue.md"
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = var.names.functions["collect"] }
  statistic           = "Sum"
  period              = local.day
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.operator.arn]
  ok_actions          = [aws_sns_topic.operator.arn]
}

# CloudWatch looks back seven days at most, so the daily run counts the days and says how many.
resource "aws_cloudwatch_metric_alarm" "audit_overdue" {
  for_each = toset(local.audits && local.collects ? ["this"] : [])

  alarm_name          = "${var.prefix}-audit-overdue"
  alarm_description   = "No audit for ${var.alarms.audit_days} days. ${local.page}/audit-overdue.md"
  namespace           = local.metrics.namespace
  metric_name         = "DaysSinceAudit"
  dimensions          = local.metrics.dimensions
  statistic           = "Maximum"
  period              = local.day
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms.audit_days
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.operator.arn]
  ok_actions          = [aws_sns_topic.operator.arn]
}

# A machine that failed, ran too long or was stopped. Batches that failed are not seen here: they ring by themselves.
resource "aws_cloudwatch_metric_alarm" "run_failed" {
  for_each = local.machines

  alarm_name          = "${var.prefix}-${each.key}-run-failed"
  alarm_description   = "The state machine ${each.value} did not reach its end. ${local.page}/run-failed.md"
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.operator.arn]

  metric_query {
    id          = "ended"
    label       = "Runs that did not reach their end"
    expression  = "SUM(METRICS())"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { aborted = "ExecutionsAborted", failed = "ExecutionsFailed", overran = "ExecutionsTimedOut" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/States"
        metric_name = metric_query.value
        dimensions  = { StateMachineArn = local.machine_arns[each.key] }
        stat        = "Sum"
        period      = 300
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "failed" {
  for_each = var.functions

  alarm_name          = "${var.prefix}-${each.key}-failed"
  alarm_description   = "${var.names.functions[each.key]} ended with an error. ${local.page}/function-failed.md"
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
  alarm_description   = "Feedback that could not be delivered or read waits in ${var.names.dead_letters}. ${local.page}/dead-letters.md"
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
  alarm_description   = "Feedback has waited for more than ${var.alarms.oldest_message_hours} hours; it is lost after 14 days. ${local.page}/feedback-waits.md"
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
  alarm_description   = "The account's ${each.value.metric} is above ${each.value.threshold}: AWS stops the whole account, not one tenant. ${local.page}/account-rates.md"
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
