# Plans only, by the real provider, which asks AWS nothing while it plans something new: no account, no network.
# (A mocked provider cannot be used: it leaves out the block that carries the DKIM tokens.)
provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

variables {
  account               = "123456789012"
  boundary_arn          = "arn:aws:iam::123456789012:policy/innkeeper/innkeeper-boundary"
  dead_letter_queue_arn = "arn:aws:sqs:eu-central-1:123456789012:innkeeper-dead-letters"
  domain                = "bakery.example"
  mail_from_domain      = "bounce.bakery.example"
  region                = "eu-central-1"
  names = {
    configuration_set = "innkeeper-bakery"
    queue             = "innkeeper-bakery-feedback"
    secret            = "innkeeper/bakery/smtp"
    topic             = "innkeeper-bakery-feedback"
    user              = "innkeeper-bakery-smtp"
    user_path         = "/innkeeper/"
    zone_comment      = "innkeeper/bakery"
  }
}

run "sending_is_left_to_the_enforcer" {
  command = plan

  assert {
    condition     = !can(regex("\\bsending_options\\s*\\{|sending_enabled", file("${path.module}/identity.tf")))
    error_message = "Whether sending is enabled must not be in the configuration: an apply would lift a suspension."
  }

  assert {
    condition     = can(regex("ignore_changes = \\[sending_options\\]", file("${path.module}/identity.tf")))
    error_message = "What the enforcer set must be ignored."
  }

  assert {
    condition     = aws_sesv2_configuration_set.this.reputation_options[0].reputation_metrics_enabled
    error_message = "Reputation metrics are on."
  }

  assert {
    condition     = aws_sesv2_configuration_set.this.suppression_options[0].suppressed_reasons == tolist(["BOUNCE"])
    error_message = "SES must not block at the first complaint."
  }

  assert {
    condition     = aws_sesv2_configuration_set.this.delivery_options[0].tls_policy == "OPTIONAL"
    error_message = "TLS is required only when asked for."
  }

  assert {
    condition     = aws_sesv2_email_identity.this.configuration_set_name == "innkeeper-bakery"
    error_message = "Mail that names no set must use the tenant's."
  }

  assert {
    condition     = !aws_sesv2_email_identity_feedback_attributes.this.email_forwarding_enabled
    error_message = "Feedback must not come twice."
  }
}

run "the_user_may_send_for_one_domain_in_one_set" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_user_policy.smtp.policy).Statement == [{
      Sid    = "SmtpForOneDomain"
      Effect = "Allow"
      Action = "ses:SendRawEmail"
      Resource = [
        "arn:aws:ses:eu-central-1:123456789012:identity/bakery.example",
        "arn:aws:ses:eu-central-1:123456789012:configuration-set/innkeeper-bakery",
      ]
    }]
    error_message = "The user may send, for its identity, in its set, and do nothing else."
  }

  assert {
    condition     = aws_iam_user.smtp.permissions_boundary == var.boundary_arn && aws_iam_user.smtp.path == "/innkeeper/" && aws_iam_user.smtp.force_destroy
    error_message = "The user is bounded, has its path, and can be deleted though its keys are not in the state."
  }

  assert {
    condition     = length(regexall("aws_iam_access_key|secret_version", join("", [for name in fileset(path.module, "*.tf") : file("${path.module}/${name}")]))) == 0
    error_message = "No key and no secret value may enter the state."
  }

  assert {
    condition     = length(aws_secretsmanager_secret_policy.smtp) + length(aws_secretsmanager_secret_rotation.smtp) == 0
    error_message = "No policy of the secret's own and no schedule unless asked for."
  }
}

run "the_user_can_be_narrowed" {
  command = plan

  variables {
    only_from_address = "wordpress@bakery.example"
    readers           = { role = "arn:aws:iam::123456789012:role/bakery-site", only = ["arn:aws:iam::123456789012:user/olga"] }
    source_ips        = ["203.0.113.7/32", "2001:db8::/64"]
    tls_policy        = "REQUIRE"
  }

  assert {
    condition = jsondecode(aws_iam_user_policy.smtp.policy).Statement[0].Condition == {
      IpAddress    = { "aws:SourceIp" = ["203.0.113.7/32", "2001:db8::/64"] }
      StringEquals = { "ses:FromAddress" = "wordpress@bakery.example" }
    }
    error_message = "The user is bound to the address and the ranges given."
  }

  assert {
    condition = jsondecode(aws_secretsmanager_secret_policy.smtp["this"].policy).Statement[1] == {
      Sid       = "NobodyElseReads"
      Effect    = "Deny"
      Principal = "*"
      Action    = "secretsmanager:GetSecretValue"
      Resource  = "*"
      Condition = { ArnNotEquals = { "aws:PrincipalArn" = [
        "arn:aws:iam::123456789012:role/bakery-site", "arn:aws:iam::123456789012:user/olga", "arn:aws:iam::123456789012:root",
      ] } }
    }
    error_message = "Only reading is denied, and never to the account's root."
  }

  assert {
    condition     = aws_sesv2_configuration_set.this.delivery_options[0].tls_policy == "REQUIRE"
    error_message = "TLS is required when asked for."
  }
}

run "the_site_may_read_its_password_and_aws_may_change_it" {
  command = plan

  variables {
    readers  = { role = "arn:aws:iam::123456789012:role/bakery-site" }
    rotation = { every_days = 90, function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:innkeeper-rotate" }
  }

  assert {
    condition = jsondecode(aws_secretsmanager_secret_policy.smtp["this"].policy).Statement == [{
      Sid       = "TheSiteReads"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:role/bakery-site" }
      Action    = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
      Resource  = "*"
    }]
    error_message = "The role reads, and nobody is denied while the operators are not known."
  }

  assert {
    condition     = aws_secretsmanager_secret_policy.smtp["this"].block_public_policy
    error_message = "AWS must check that no stranger is allowed."
  }

  assert {
    condition = (
      !aws_secretsmanager_secret_rotation.smtp["this"].rotate_immediately &&
      aws_secretsmanager_secret_rotation.smtp["this"].rotation_rules[0].automatically_after_days == 90
    )
    error_message = "Setting the schedule must not change the password, and the days are those of the tenant's file."
  }
}

# B1, A18: only SES, for this account and this set.
run "only_ses_publishes_for_this_set" {
  command = plan

  assert {
    condition = [for statement in jsondecode(aws_sns_topic.feedback.policy).Statement : statement if statement.Effect == "Allow"] == [{
      Sid       = "SesPublishesForThisSet"
      Effect    = "Allow"
      Principal = { Service = "ses.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = "arn:aws:sns:eu-central-1:123456789012:innkeeper-bakery-feedback"
      Condition = { StringEquals = {
        "aws:SourceAccount" = "123456789012"
        "aws:SourceArn"     = "arn:aws:ses:eu-central-1:123456789012:configuration-set/innkeeper-bakery"
      } }
    }]
    error_message = "Only SES may publish, for this account and this set."
  }

  assert {
    condition = [for statement in jsondecode(aws_sns_topic.feedback.policy).Statement :
      [statement.Action, statement.Condition.StringNotEquals["aws:SourceArn"]] if statement.Effect == "Deny"
    ] == [["sns:Publish", "arn:aws:ses:eu-central-1:123456789012:configuration-set/innkeeper-bakery"]]
    error_message = "Nobody else may publish, whatever rights they have in this account."
  }
}

# A9, A12, A19, B2: what arrives, stays, and comes from this topic only.
run "the_queue_takes_from_this_topic_only_and_keeps_14_days" {
  command = plan

  assert {
    condition = [for statement in jsondecode(aws_sqs_queue.feedback.policy).Statement : [
      statement.Effect, try(statement.Principal.Service, statement.Principal.AWS), statement.Action, statement.Resource,
      try(statement.Condition.ArnEquals["aws:SourceArn"], statement.Condition.ArnNotEquals["aws:SourceArn"]),
      ]] == [
      ["Allow", "sns.amazonaws.com", "sqs:SendMessage", "arn:aws:sqs:eu-central-1:123456789012:innkeeper-bakery-feedback", "arn:aws:sns:eu-central-1:123456789012:innkeeper-bakery-feedback"],
      ["Deny", "*", "sqs:SendMessage", "arn:aws:sqs:eu-central-1:123456789012:innkeeper-bakery-feedback", "arn:aws:sns:eu-central-1:123456789012:innkeeper-bakery-feedback"],
    ]
    error_message = "The queue takes messages from the tenant's topic and from nobody else."
  }

  assert {
    condition     = aws_sqs_queue.feedback.message_retention_seconds == 1209600 && aws_sqs_queue.feedback.sqs_managed_sse_enabled
    error_message = "Feedback is kept for 14 days, encrypted."
  }

  assert {
    condition = jsondecode(aws_sqs_queue.feedback.redrive_policy) == {
      deadLetterTargetArn = var.dead_letter_queue_arn
      maxReceiveCount     = 10
    }
    error_message = "What cannot be read goes to the shared dead-letter queue, and not too soon."
  }

  assert {
    condition = (
      aws_sns_topic_subscription.queue.topic_arn == "arn:aws:sns:eu-central-1:123456789012:innkeeper-bakery-feedback" &&
      aws_sns_topic_subscription.queue.endpoint == "arn:aws:sqs:eu-central-1:123456789012:innkeeper-bakery-feedback" &&
      !aws_sns_topic_subscription.queue.raw_message_delivery &&
      jsondecode(aws_sns_topic_subscription.queue.redrive_policy).deadLetterTargetArn == var.dead_letter_queue_arn
    )
    error_message = "The topic feeds the queue, in SNS's envelope, and what it cannot deliver is kept."
  }

  assert {
    condition     = aws_sesv2_configuration_set_event_destination.feedback.event_destination[0].matching_event_types == toset(["BOUNCE", "COMPLAINT", "DELIVERY", "DELIVERY_DELAY", "REJECT"])
    error_message = "All five kinds of events are published."
  }

  assert {
    condition     = aws_sesv2_configuration_set_event_destination.feedback.event_destination[0].enabled && aws_sesv2_configuration_set_event_destination.feedback.event_destination[0].sns_destination[0].topic_arn == aws_sns_topic_subscription.queue.topic_arn
    error_message = "They are published to the tenant's topic."
  }
}

run "no_sentinel_unless_there_is_one" {
  command = plan

  assert {
    condition     = length(aws_sns_topic_subscription.sentinel) == 0
    error_message = "Without a function there is nothing to call."
  }
}

run "rejects_reach_the_sentinel" {
  command = plan

  variables {
    sentinel_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:innkeeper-sentinel"
  }

  assert {
    condition = (
      jsondecode(aws_sns_topic_subscription.sentinel["this"].filter_policy) == { eventType = ["Reject"] } &&
      aws_sns_topic_subscription.sentinel["this"].filter_policy_scope == "MessageBody" &&
      aws_sns_topic_subscription.sentinel["this"].endpoint == var.sentinel_function_arn
    )
    error_message = "Rejects, and only they, call the function."
  }
}

run "records_are_written_into_a_zone_of_its_own" {
  command = plan

  variables {
    dmarc = { policy = "quarantine", percent = 25, reports = "dmarc@hosting.example" }
  }

  assert {
    condition     = aws_route53_zone.this["this"].name == "bakery.example" && aws_route53_zone.this["this"].comment == "innkeeper/bakery" && !aws_route53_zone.this["this"].force_destroy
    error_message = "The zone says whose it is and is not deleted with foreign records in it."
  }

  assert {
    condition     = join(" ", keys(aws_route53_record.this)) == "dkim-1 dkim-2 dkim-3 dmarc mail-from spf"
    error_message = "Six records make a domain."
  }

  assert {
    condition = (
      aws_route53_record.this["mail-from"].records == toset(["10 feedback-smtp.eu-central-1.amazonses.com"]) &&
      aws_route53_record.this["mail-from"].type == "MX" &&
      aws_route53_record.this["spf"].records == toset(["v=spf1 include:amazonses.com ~all"]) &&
      aws_route53_record.this["spf"].name == aws_route53_record.this["mail-from"].name &&
      aws_route53_record.this["dmarc"].name == "_dmarc.bakery.example" &&
      aws_route53_record.this["dmarc"].records == toset(["v=DMARC1; p=quarantine; pct=25; rua=mailto:dmarc@hosting.example"])
    )
    error_message = "MAIL FROM, SPF and DMARC are as SES and the tenant want them."
  }
}

# F14: a string of a TXT record holds 255 characters.
run "long_texts_are_split" {
  command = plan

  variables {
    dmarc = { reports = "${join("", [for _ in range(260) : "a"])}@hosting.example" }
  }

  assert {
    condition     = alltrue([for text in flatten([for record in aws_route53_record.this["dmarc"].records : split("\"\"", record)]) : length(text) <= 255])
    error_message = "No string of a TXT record is longer than 255 characters."
  }
}

run "records_are_only_printed_for_external_dns" {
  command = plan

  variables {
    dns = "external"
  }

  assert {
    condition     = length(aws_route53_zone.this) == 0 && length(aws_route53_record.this) == 0 && output.name_servers == [] && output.zone_id == null
    error_message = "No zone is made for a domain somebody else answers for."
  }

  assert {
    condition     = length(output.records) == 6 && alltrue([for record in output.records : record.why != ""])
    error_message = "Every record is printed with its reason."
  }
}

# Each run starts the provider anew, so one run gives many inputs a wrong value; it fails if any of them is let through.
run "refuses_wrong_values_1" {
  command = plan

  variables {
    # an odd account
    account = "12345"
    # an odd boundary
    boundary_arn = "innkeeper-boundary"
    # an odd dead letter queue
    dead_letter_queue_arn = "innkeeper-dead-letters"
    # a foreign dkim zone
    dkim_signing_zone = "dkim.example.com"
    # an unknown dmarc policy
    dmarc = { policy = "block" }
    # an unknown dns
    dns = "cloudflare"
    # a domain in capitals
    domain           = "Bakery.example"
    mail_from_domain = "bounce.Bakery.example"
    # a receive count of one
    max_receive_count = 1
    # an odd partition
    partition = "AWS"
    # an odd region
    region = "Frankfurt"
    # an odd recovery window
    secret_recovery_days = 3
    # an odd sentinel
    sentinel_function_arn = "sentinel"
    # an odd source ip
    source_ips = ["203.0.113.7"]
    # an odd tls policy
    tls_policy = "NEVER"
    # an odd ttl
    ttl_seconds = 1
    # an odd visibility timeout
    visibility_timeout_seconds = 5
  }

  expect_failures = [
    var.account,
    var.boundary_arn,
    var.dead_letter_queue_arn,
    var.dkim_signing_zone,
    var.dmarc,
    var.dns,
    var.domain,
    var.max_receive_count,
    var.partition,
    var.region,
    var.secret_recovery_days,
    var.sentinel_function_arn,
    var.source_ips,
    var.tls_policy,
    var.ttl_seconds,
    var.visibility_timeout_seconds,
  ]
}

run "refuses_wrong_values_2" {
  command = plan

  variables {
    # a dmarc percent above 100
    dmarc = { percent = 101 }
    # a mail from elsewhere
    mail_from_domain = "bounce.other.example"
    # a reader of another account and a rotation too soon
    readers  = { role = "arn:aws:iam::210987654321:role/bakery-site" }
    rotation = { every_days = 7, function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:innkeeper-rotate" }
    # too many source ips
    source_ips = [for number in range(21) : "203.0.113.${number}/32"]
  }

  expect_failures = [
    var.dmarc,
    var.mail_from_domain,
    var.readers,
    var.rotation,
    var.source_ips,
  ]
}

run "refuses_wrong_values_3" {
  command = plan

  variables {
    # a dmarc address with a semicolon
    dmarc = { reports = "a;p=reject@hosting.example" }
    # an odd set name
    names = {
      configuration_set = "inn keeper"
      queue             = "innkeeper-bakery-feedback"
      secret            = "innkeeper/bakery/smtp"
      topic             = "innkeeper-bakery-feedback"
      user              = "innkeeper-bakery-smtp"
      user_path         = "/innkeeper/"
      zone_comment      = "innkeeper/bakery"
    }
    # a pattern of readers and an odd rotation function
    readers  = { only = ["arn:aws:iam::123456789012:role/*"] }
    rotation = { every_days = 90, function_arn = "rotate" }
  }

  expect_failures = [
    var.dmarc,
    var.names,
    var.readers,
    var.rotation,
  ]
}

run "refuses_wrong_values_4" {
  command = plan

  variables {
    # an odd queue name
    names = {
      configuration_set = "innkeeper-bakery"
      queue             = "queue.fifo"
      secret            = "innkeeper/bakery/smtp"
      topic             = "innkeeper-bakery-feedback"
      user              = "innkeeper-bakery-smtp"
      user_path         = "/innkeeper/"
      zone_comment      = "innkeeper/bakery"
    }
  }

  expect_failures = [
    var.names,
  ]
}

run "refuses_wrong_values_5" {
  command = plan

  variables {
    # an odd secret name
    names = {
      configuration_set = "innkeeper-bakery"
      queue             = "innkeeper-bakery-feedback"
      secret            = "secret of bakery"
      topic             = "innkeeper-bakery-feedback"
      user              = "innkeeper-bakery-smtp"
      user_path         = "/innkeeper/"
      zone_comment      = "innkeeper/bakery"
    }
  }

  expect_failures = [
    var.names,
  ]
}

run "refuses_wrong_values_6" {
  command = plan

  variables {
    # an odd user path
    names = {
      configuration_set = "innkeeper-bakery"
      queue             = "innkeeper-bakery-feedback"
      secret            = "innkeeper/bakery/smtp"
      topic             = "innkeeper-bakery-feedback"
      user              = "innkeeper-bakery-smtp"
      user_path         = "innkeeper"
      zone_comment      = "innkeeper/bakery"
    }
  }

  expect_failures = [
    var.names,
  ]
}

run "refuses_wrong_values_7" {
  command = plan

  variables {
    # an empty zone comment
    names = {
      configuration_set = "innkeeper-bakery"
      queue             = "innkeeper-bakery-feedback"
      secret            = "innkeeper/bakery/smtp"
      topic             = "innkeeper-bakery-feedback"
      user              = "innkeeper-bakery-smtp"
      user_path         = "/innkeeper/"
      zone_comment      = ""
    }
  }

  expect_failures = [
    var.names,
  ]
}

run "refuses_wrong_values_8" {
  command = plan

  variables {
    # a sender of another domain
    only_from_address = "wordpress@other.example"
  }

  expect_failures = [
    var.only_from_address,
  ]
}
