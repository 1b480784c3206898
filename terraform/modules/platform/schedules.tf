# When the loop runs by itself. A late or repeated run does no harm: what was done already is not done again.
locals {
  scheduled = { for name, schedule in var.schedules : name => schedule
    if contains(keys(var.functions), name) && (name != "drill" || var.drill.monthly)
  }

  # The drill may have a tenant of its own; everything else is told by its schedule.
  inputs = { for name, schedule in local.scheduled : name =>
    name == "drill" && var.drill.tenant != null ? jsonencode({ tenant = var.drill.tenant }) : schedule.input
  }

  # What goes over all tenants is started as a state machine, anything else as its function.
  targets = { for name in keys(local.scheduled) :
    name => lookup(local.machine_arns, name, "${local.arn_prefix.lambda}:function:${var.names.functions[name]}")
  }
}

resource "aws_scheduler_schedule_group" "this" {
  name = var.names.schedule_group
}

resource "aws_scheduler_schedule" "this" {
  for_each = local.scheduled

  name        = var.names.functions[each.key]
  group_name  = aws_scheduler_schedule_group.this.name
  description = local.purposes[each.key]

  schedule_expression          = each.value.expression
  schedule_expression_timezone = each.value.timezone

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = local.targets[each.key]
    role_arn = aws_iam_role.scheduler.arn
    input    = local.inputs[each.key]

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 3
    }
  }

  depends_on = [aws_lambda_function.this, aws_sfn_state_machine.this, aws_iam_role_policy.scheduler]
}

resource "aws_iam_role" "scheduler" {
  name        = var.names.scheduler_role
  path        = local.path
  description = "Starts the platform's functions on their schedules"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account } }
    }]
  })
}

resource "aws_iam_role_policy" "scheduler" {
  name = "start"
  role = aws_iam_role.scheduler.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for statement in [
      {
        Sid      = "Machines"
        Effect   = "Allow"
        Action   = "states:StartExecution"
        Resource = [for name in sort(keys(local.targets)) : local.targets[name] if contains(keys(local.machines), name)]
      },
      {
        Sid      = "Functions"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = [for name in sort(keys(local.targets)) : local.targets[name] if !contains(keys(local.machines), name)]
      },
    ] : statement if length(statement.Resource) > 0]
  })
}
