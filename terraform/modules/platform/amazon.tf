# Amazon's own word on a tenant: it paused one, or found a fault. Only a hint; the function asks SES before it believes.
locals {
  hears_amazon = toset(contains(keys(var.functions), "sentinel") ? ["this"] : [])
}

resource "aws_cloudwatch_event_rule" "amazon" {
  for_each = local.hears_amazon

  name        = var.names.functions["sentinel"]
  description = "SES paused or resumed a tenant, or opened or closed a finding"

  event_pattern = jsonencode({
    source = ["aws.ses"]
    detail-type = [
      "Sending Status Enabled",
      "Sending Status Disabled",
      "Advisor Recommendation Status Open",
      "Advisor Recommendation Status Resolved",
      "Advisor Recommendation Status Closed",
    ]
  })
}

resource "aws_cloudwatch_event_target" "amazon" {
  for_each = local.hears_amazon

  rule      = aws_cloudwatch_event_rule.amazon[each.key].name
  target_id = "sentinel"
  arn       = "${local.arn_prefix.lambda}:function:${var.names.functions["sentinel"]}"

  depends_on = [aws_lambda_permission.amazon]
}

resource "aws_lambda_permission" "amazon" {
  for_each = local.hears_amazon

  statement_id  = "AmazonTells"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this["sentinel"].function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.amazon[each.key].arn
}
