# The conduct loop over all batches of tenants: what the schedules start. The definitions are plain files, so that the
# tests run the very same ones; terraform fills in names and numbers as text, hence the decimal point below.
locals {
  machines = { for name in ["audit", "collect"] : name => var.names.machines[name] if contains(keys(var.functions), name) }

  machine_arns = { for name, machine in local.machines : name => "${local.arn_prefix.states}:stateMachine:${machine}" }
}

resource "aws_sfn_state_machine" "this" {
  for_each = local.machines

  name     = each.value
  role_arn = aws_iam_role.machine[each.key].arn
  type     = "STANDARD" # a run takes longer than the five minutes of the other type

  definition = templatefile("${path.module}/machines/${each.key}.asl.json", {
    bucket                    = var.names.bucket
    function_arn              = "${local.arn_prefix.lambda}:function:${var.names.functions[each.key]}"
    max_concurrency           = var.runs.max_concurrency
    partition                 = var.partition
    retry_seconds             = var.runs.retry_seconds
    tolerated_failure_percent = format("%.1f", var.runs.tolerated_failure_percent)
  })

  depends_on = [aws_iam_role_policy.machine]
}

resource "aws_iam_role" "machine" {
  for_each = local.machines

  name        = var.names.machine_roles[each.key]
  path        = local.path
  description = "State machine ${each.value}: starts ${var.names.functions[each.key]} for every batch of tenants"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account } }
    }]
  })
}

# One function, one object, and itself: a distributed map starts an execution of its own machine for every batch.
resource "aws_iam_role_policy" "machine" {
  for_each = local.machines

  name = "run"
  role = aws_iam_role.machine[each.key].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "OneFunction"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = "${local.arn_prefix.lambda}:function:${var.names.functions[each.key]}"
      },
      {
        Sid      = "TheListOfBatches"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${local.bucket_arn}/fleet/batches.json"
      },
      {
        Sid      = "ItsOwnBatches"
        Effect   = "Allow"
        Action   = "states:StartExecution"
        Resource = local.machine_arns[each.key]
      },
      {
        Sid    = "WatchesAndEndsThem"
        Effect = "Allow"
        Action = ["states:DescribeExecution", "states:StopExecution"]
        Resource = [
          "${local.arn_prefix.states}:execution:${each.value}/*",
          "${local.arn_prefix.states}:execution:${each.value}:*",
        ]
      },
    ]
  })
}
