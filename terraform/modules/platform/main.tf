# ARNs are built from names, so that policies are known while planning and nothing waits for anything it only names.
locals {
  arn_prefix = {
    iam    = "arn:${var.partition}:iam::${var.account}"
    lambda = "arn:${var.partition}:lambda:${var.region}:${var.account}"
    logs   = "arn:${var.partition}:logs:${var.region}:${var.account}"
    ses    = "arn:${var.partition}:ses:${var.region}:${var.account}"
    sns    = "arn:${var.partition}:sns:${var.region}:${var.account}"
    sqs    = "arn:${var.partition}:sqs:${var.region}:${var.account}"
    states = "arn:${var.partition}:states:${var.region}:${var.account}"
  }

  bucket_arn          = "arn:${var.partition}:s3:::${var.names.bucket}"
  dead_letters_arn    = "${local.arn_prefix.sqs}:${var.names.dead_letters}"
  notices_queue_arn   = "${local.arn_prefix.sqs}:${var.names.notices_queue}"
  notices_set_arn     = "${local.arn_prefix.ses}:configuration-set/${var.names.configuration_set}"
  notices_topic_arn   = "${local.arn_prefix.sns}:${var.names.notices_topic}"
  operator_topic_arn  = "${local.arn_prefix.sns}:${var.names.operator_topic}"
  path                = "/${var.prefix}/"
  sender_domain       = element(split("@", var.sender.address), 1)
  sender_identity_arn = "${local.arn_prefix.ses}:identity/${local.sender_domain}"

  # Everything whose name begins like a tenant's.
  tenants = {
    blocks_policies    = "${local.arn_prefix.iam}:policy${local.path}${var.prefix}-*-blocks-*"
    configuration_sets = "${local.arn_prefix.ses}:configuration-set/${var.prefix}-*"
    queues             = "${local.arn_prefix.sqs}:${var.prefix}-*-feedback"
    secrets            = "arn:${var.partition}:secretsmanager:${var.region}:${var.account}:secret:${var.prefix}/*/smtp-*"
    ses_tenants        = "${local.arn_prefix.ses}:tenant/${var.prefix}-*/*"
    topics             = "${local.arn_prefix.sns}:${var.prefix}-*-feedback"
    users              = "${local.arn_prefix.iam}:user${local.path}*"
  }
}
