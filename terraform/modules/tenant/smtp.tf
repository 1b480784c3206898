# The SMTP user and the place for its password. Keys are made, rotated and switched off outside Terraform, so that
# no secret ever enters a state file: there is no access key and no secret value here on purpose.
locals {
  conditions = merge(
    length(var.source_ips) == 0 ? {} : { IpAddress = { "aws:SourceIp" = var.source_ips } },
    var.only_from_address == null ? {} : { StringEquals = { "ses:FromAddress" = var.only_from_address } },
  )

  # SES checks the identity and the configuration set in effect: naming one set keeps the user from choosing another.
  send_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [merge(
      {
        Sid      = "SmtpForOneDomain"
        Effect   = "Allow"
        Action   = "ses:SendRawEmail"
        Resource = [local.identity_arn, local.configuration_set_arn]
      },
      length(local.conditions) == 0 ? {} : { Condition = local.conditions },
    )]
  })

  # The account's root is the way back should every operator's role be gone.
  root_arn = "arn:${var.partition}:iam::${var.account}:root"
  readers  = concat(var.readers.role == null ? [] : [var.readers.role], var.readers.only, [local.root_arn])

  # Only reading is denied: who may change policies can always take this one back, and CloudTrail shows it.
  secret_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      var.readers.role == null ? [] : [{
        Sid       = "TheSiteReads"
        Effect    = "Allow"
        Principal = { AWS = var.readers.role }
        Action    = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
        Resource  = "*"
      }],
      length(var.readers.only) == 0 ? [] : [{
        Sid       = "NobodyElseReads"
        Effect    = "Deny"
        Principal = "*"
        Action    = "secretsmanager:GetSecretValue"
        Resource  = "*"
        Condition = { ArnNotEquals = { "aws:PrincipalArn" = local.readers } }
      }],
    )
  })
}

resource "aws_iam_user" "smtp" {
  name                 = var.names.user
  path                 = var.names.user_path
  permissions_boundary = var.boundary_arn
  force_destroy        = true # its keys are not in the state
}

resource "aws_iam_user_policy" "smtp" {
  name   = "send"
  user   = aws_iam_user.smtp.name
  policy = local.send_policy
}

resource "aws_secretsmanager_secret" "smtp" {
  name                    = var.names.secret
  description             = "SMTP credentials of ${var.domain}"
  recovery_window_in_days = var.secret_recovery_days
}

resource "aws_secretsmanager_secret_policy" "smtp" {
  for_each = toset(var.readers.role == null && length(var.readers.only) == 0 ? [] : ["this"])

  secret_arn          = aws_secretsmanager_secret.smtp.arn
  policy              = local.secret_policy
  block_public_policy = true
}

# Only once the secret holds a password: Secrets Manager runs the function's test step as soon as this is set.
resource "aws_secretsmanager_secret_rotation" "smtp" {
  for_each = toset(var.rotation == null ? [] : ["this"])

  secret_id           = aws_secretsmanager_secret.smtp.id
  rotation_lambda_arn = var.rotation.function_arn
  rotate_immediately  = false

  rotation_rules {
    automatically_after_days = var.rotation.every_days
  }

  # The function must be among the readers before it is asked to read.
  depends_on = [aws_secretsmanager_secret_policy.smtp]
}
