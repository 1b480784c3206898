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
