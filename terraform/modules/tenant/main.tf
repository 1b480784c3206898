# ARNs are built from names, never read from other resources: so policies are known while planning, and
# resources that only name each other are created side by side. A tenant costs one chain of waits (zone, then
# records), not the sum of all.
locals {
  arn_prefix = {
    ses = "arn:${var.partition}:ses:${var.region}:${var.account}"
    sns = "arn:${var.partition}:sns:${var.region}:${var.account}"
    sqs = "arn:${var.partition}:sqs:${var.region}:${var.account}"
  }

  configuration_set_arn = "${local.arn_prefix.ses}:configuration-set/${var.names.configuration_set}"
  identity_arn          = "${local.arn_prefix.ses}:identity/${var.domain}"
  queue_arn             = "${local.arn_prefix.sqs}:${var.names.queue}"
  topic_arn             = "${local.arn_prefix.sns}:${var.names.topic}"
}
