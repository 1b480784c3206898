# Two policies that only take away. Both are managed, so that one change reaches every tenant.

# Attached to a suspended tenant's user by the enforcer.
resource "aws_iam_policy" "suspended" {
  name        = var.names.suspended_policy
  path        = local.path
  description = "Suspended: no use of Amazon SES at all"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Suspended"
      Effect   = "Deny"
      Action   = "ses:*"
      Resource = "*"
    }]
  })
}

# Permissions boundary of every tenant's user: whatever is attached to it later, it can do no more than send.
resource "aws_iam_policy" "boundary" {
  name        = var.names.boundary
  path        = local.path
  description = "The most an SMTP user can ever be allowed"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "SendingAtMost"
      Effect   = "Allow"
      Action   = "ses:SendRawEmail"
      Resource = "*"
    }]
  })
}
