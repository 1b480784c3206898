# Written by innkeeper; changes made here are lost.
# Made by a run that died before it could write them down: taken over, not made again.

import {
  to = module.tenant.aws_iam_user.smtp
  id = "user"
}

import {
  to = module.tenant.aws_route53_zone.this["this"]
  id = "Z0123"
}
