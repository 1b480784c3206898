# What each function may do. Statements are written once, with the reason; a function lists those it needs.
locals {
  purposes = {
    audit    = "Judges every tenant by the conduct policy and makes AWS match the standings"
    collect  = "Moves feedback from the tenants' queues into the bucket"
    drill    = "Proves once a month that a bounce becomes a block that holds"
    rotate   = "Gives tenants new SMTP credentials and retires old ones no site uses"
    sentinel = "Judges rejected mail (viruses) within minutes"
  }

  grants = {
    audit    = ["list", "read", "batches", "judge", "report", "levers", "keys-status", "blocks", "notices", "operator", "account", "amazon", "metrics", "policy-deny", "undelivered-read"]
    collect  = ["list", "read", "batches", "canary", "store", "judge", "queues", "undelivered-read", "undelivered-write", "levers", "keys-status", "blocks", "notices", "operator", "metrics", "policy-deny"]
    drill    = ["list", "read", "store", "judge", "queues", "levers", "keys-status", "blocks", "notices", "operator", "policy-deny", "as-site"]
    rotate   = ["list", "rotations", "keys", "secrets"]
    sentinel = ["list", "read", "store", "judge", "levers", "keys-status", "blocks", "notices", "operator", "amazon", "metrics", "policy-deny"]
  }

  statements = {
    # Keys under a prefix; without it a missing object answers 403 instead of 404.
    list = {
      Action   = "s3:ListBucket"
      Resource = local.bucket_arn
    }
    # Manifests, facts, standings and earlier verdicts. Nothing of Terraform's states.
    read = {
      Action = "s3:GetObject"
      Resource = [for prefix in ["dashboard", "facts", "feedback", "fleet", "forget", "outbox", "quarantine", "reports", "runs", "standing", "verdicts"] :
        "${local.bucket_arn}/${prefix}/*"
      ]
    }
    # Who the tenant is, whether it may have an active key, and when its keys were tested.
    rotations = [
      {
        Action   = "s3:GetObject"
        Resource = [for prefix in ["fleet", "rotations", "standing"] : "${local.bucket_arn}/${prefix}/*"]
      },
      {
        Action   = "s3:PutObject"
        Resource = "${local.bucket_arn}/rotations/*"
      },
    ]
    # Feedback is written once and never deleted by a function.
    store = {
      Action   = "s3:PutObject"
      Resource = [for prefix in ["facts", "feedback", "quarantine"] : "${local.bucket_arn}/${prefix}/*"]
    }
    # A flood or a virus is judged where it is seen, so three functions write standings and verdicts.
    judge = {
      Action   = "s3:PutObject"
      Resource = [for prefix in ["outbox", "runs", "standing", "verdicts"] : "${local.bucket_arn}/${prefix}/*"]
    }
    # A mail a week as each tenant, to one address of the mailbox simulator and to nobody else; and SES's own count.
    canary = [
      {
        Action   = "ses:SendEmail"
        Resource = ["${local.arn_prefix.ses}:identity/*", local.tenants.configuration_sets, local.tenants.ses_tenants]
        Condition = {
          "ForAllValues:StringEquals" = { "ses:Recipients" = ["success@simulator.amazonses.com"] }
          Null                        = { "ses:Recipients" = "false" }
        }
      },
      {
        Action   = "cloudwatch:GetMetricData"
        Resource = "*"
      },
    ]
    # The work list of the scheduled runs; a tenant's manifest is written by onboarding alone.
    batches = {
      Action   = "s3:PutObject"
      Resource = "${local.bucket_arn}/fleet/batches.json"
    }
    report = {
      Action   = "s3:PutObject"
      Resource = [for prefix in ["dashboard", "reports"] : "${local.bucket_arn}/${prefix}/*"]
    }
    # The tenants' queues and the dead-letter queue.
    queues = {
      Action   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"]
      Resource = [local.tenants.queues, local.dead_letters_arn]
    }
    # Who cannot be told: shown by the audit, kept by the collector, which alone reads that queue.
    undelivered-read = {
      Action   = "s3:GetObject"
      Resource = "${local.bucket_arn}/notices/undelivered.json"
    }
    undelivered-write = [
      {
        Action   = "s3:PutObject"
        Resource = "${local.bucket_arn}/notices/undelivered.json"
      },
      {
        Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"]
        Resource = local.notices_queue_arn
      },
    ]
    # Sending on and off: the configuration set and the SES tenant.
    levers = {
      Action = [
        "ses:GetConfigurationSet", "ses:GetReputationEntity", "ses:GetTenant",
        "ses:PutConfigurationSetSendingOptions", "ses:UpdateReputationEntityCustomerManagedStatus",
      ]
      Resource = [local.tenants.configuration_sets, local.tenants.ses_tenants]
    }
    # Only these policies can be attached, only to tenants' users; they do nothing but deny.
    policy-deny = {
      Action   = ["iam:AttachUserPolicy", "iam:DetachUserPolicy"]
      Resource = local.tenants.users
      Condition = {
        ArnLike = { "iam:PolicyARN" = ["${local.arn_prefix.iam}:policy${local.path}${var.names.suspended_policy}", local.tenants.blocks_policies] }
      }
    }
    keys-status = {
      Action   = ["iam:ListAccessKeys", "iam:ListAttachedUserPolicies", "iam:UpdateAccessKey"]
      Resource = local.tenants.users
    }
    # Blocked recipients: policies of denied recipients, and the tenant's suppression list, which has no ARN of its own.
    blocks = [
      {
        Action = [
          "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion",
          "iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListPolicyVersions",
        ]
        Resource = local.tenants.blocks_policies
      },
      {
        Action = [
          "ses:DeleteSuppressedDestination", "ses:GetSuppressedDestination",
          "ses:ListSuppressedDestinations", "ses:PutSuppressedDestination",
        ]
        Resource = "*"
      },
    ]
    # The platform's mail, from its own address and in its own set.
    notices = {
      Action    = ["ses:SendEmail", "ses:SendRawEmail"]
      Resource  = [local.sender_identity_arn, local.notices_set_arn]
      Condition = { StringEquals = { "ses:FromAddress" = var.sender.address } }
    }
    operator = {
      Action   = "sns:Publish"
      Resource = local.operator_topic_arn
    }
    # The account's own reputation, of which AWS knows no narrower resource.
    account = {
      Action   = ["cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "ses:GetAccount"]
      Resource = "*"
    }
    # Amazon's view of all tenants and its findings; neither call knows a narrower resource.
    amazon = {
      Action   = ["ses:ListRecommendations", "ses:ListReputationEntities"]
      Resource = "*"
    }
    metrics = {
      Action    = "cloudwatch:PutMetricData"
      Resource  = "*"
      Condition = { StringEquals = { "cloudwatch:namespace" = "Innkeeper" } }
    }
    keys = {
      Action = [
        "iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "iam:UpdateAccessKey",
      ]
      Resource = local.tenants.users
    }
    # A drill mails as the site does, with its password; and notes that it did, so that nobody takes it for the site.
    as-site = [
      {
        Action   = "secretsmanager:GetSecretValue"
        Resource = local.tenants.secrets
      },
      {
        Action   = "ses:GetEmailIdentity" # whose domain may send at all
        Resource = "${local.arn_prefix.ses}:identity/*"
      },
      {
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = "${local.bucket_arn}/rotations/*"
      },
    ]
    secrets = {
      Action = [
        "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:ListSecretVersionIds",
        "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage",
      ]
      Resource = local.tenants.secrets
    }
  }
}

resource "aws_iam_role" "function" {
  for_each = var.functions

  name        = var.names.functions[each.key]
  path        = local.path
  description = "Function ${var.names.functions[each.key]}: ${local.purposes[each.key]}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "function" {
  for_each = var.functions

  name = "work"
  role = aws_iam_role.function[each.key].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${local.arn_prefix.logs}:log-group:/aws/lambda/${var.names.functions[each.key]}:*"
      }],
      [for statement in flatten([for grant in local.grants[each.key] : local.statements[grant]]) : merge({ Effect = "Allow" }, statement)],
    )
  })
}
