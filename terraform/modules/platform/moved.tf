# Where alarms stood before they were one table. Without these, Terraform would delete an alarm by its name just after
# it had made it anew.
moved {
  from = aws_cloudwatch_metric_alarm.audit_stopped["this"]
  to   = aws_cloudwatch_metric_alarm.counted["audit-stopped"]
}

moved {
  from = aws_cloudwatch_metric_alarm.chain_broken["this"]
  to   = aws_cloudwatch_metric_alarm.counted["chain-broken"]
}

moved {
  from = aws_cloudwatch_metric_alarm.enforcement_incomplete["this"]
  to   = aws_cloudwatch_metric_alarm.counted["enforcement-incomplete"]
}

moved {
  from = aws_cloudwatch_metric_alarm.foreign_messages["this"]
  to   = aws_cloudwatch_metric_alarm.counted["foreign-messages"]
}

moved {
  from = aws_cloudwatch_metric_alarm.not_collected["this"]
  to   = aws_cloudwatch_metric_alarm.counted["not-collected"]
}

moved {
  from = aws_cloudwatch_metric_alarm.not_judged["this"]
  to   = aws_cloudwatch_metric_alarm.counted["not-judged"]
}

moved {
  from = aws_cloudwatch_metric_alarm.notices_undelivered["this"]
  to   = aws_cloudwatch_metric_alarm.counted["notices-undelivered"]
}

moved {
  from = aws_cloudwatch_metric_alarm.silent_tenants["this"]
  to   = aws_cloudwatch_metric_alarm.counted["silent-tenants"]
}
