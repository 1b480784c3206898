# The Lambda functions of the conduct loop: one package, one role each.
locals {
  environment = merge({
    INNKEEPER_ACCOUNT        = var.account
    INNKEEPER_BUCKET         = var.names.bucket
    INNKEEPER_DEAD_LETTERS   = var.names.dead_letters
    INNKEEPER_NOTICES_FROM   = var.sender.address
    INNKEEPER_NOTICES_QUEUE  = var.names.notices_queue
    INNKEEPER_NOTICES_SET    = var.names.configuration_set
    INNKEEPER_OPERATOR_TOPIC = local.operator_topic_arn
    INNKEEPER_PARTITION      = var.partition
    INNKEEPER_PREFIX         = var.prefix
    INNKEEPER_REGION         = var.region
  }, var.environment)
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = var.functions

  name              = "/aws/lambda/${var.names.functions[each.key]}"
  retention_in_days = var.retention.logs_days
}

resource "aws_lambda_function" "this" {
  for_each = var.functions

  function_name    = var.names.functions[each.key]
  description      = local.purposes[each.key]
  role             = aws_iam_role.function[each.key].arn
  handler          = each.value.handler
  runtime          = var.runtime
  architectures    = [var.architecture]
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  memory_size      = each.value.memory_mb
  timeout          = each.value.timeout_seconds

  reserved_concurrent_executions = each.value.reserved_concurrency

  environment {
    variables = local.environment
  }

  # The group first, else the function makes one that keeps its logs for ever.
  depends_on = [aws_cloudwatch_log_group.function, aws_iam_role_policy.function]
}

# One permission for the topics of all tenants: one per tenant would fill the function's policy with some fifty.
resource "aws_lambda_permission" "sentinel" {
  for_each = toset(contains(keys(var.functions), "sentinel") ? ["this"] : [])

  statement_id   = "TopicsOfTenants"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.this["sentinel"].function_name
  principal      = "sns.amazonaws.com"
  source_account = var.account
  source_arn     = local.tenants.topics
}

# Secrets Manager calls this one in the four steps of a rotation.
resource "aws_lambda_permission" "rotate" {
  for_each = toset(contains(keys(var.functions), "rotate") ? ["this"] : [])

  statement_id   = "SecretsManagerRotates"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.this["rotate"].function_name
  principal      = "secretsmanager.amazonaws.com"
  source_account = var.account
  source_arn     = local.tenants.secrets
}
