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

# The provider asks AWS to check a machine's definition while it plans; what is asserted below is the definition itself,
# and the tests of the machines run it.
override_resource {
  target = aws_sfn_state_machine.this
}

variables {
  account = "123456789012"
  package = "tests/module.tftest.hcl" # any file: nothing is uploaded by a plan
  prefix  = "innkeeper"
  region  = "eu-central-1"
  sender  = { address = "postmaster@hosting.example" }
  names = {
    boundary          = "innkeeper-boundary"
    bucket            = "innkeeper-123456789012-eu-central-1"
    configuration_set = "innkeeper-notices"
    dead_letters      = "innkeeper-dead-letters"
    machine_roles     = { audit = "innkeeper-audit-machine", collect = "innkeeper-collect-machine" }
    machines          = { audit = "innkeeper-audit", collect = "innkeeper-collect" }
    notices_queue     = "innkeeper-notices"
    notices_topic     = "innkeeper-notices"
    operator_topic    = "innkeeper-operator"
    schedule_group    = "innkeeper"
    scheduler_role    = "innkeeper-scheduler"
    suspended_policy  = "innkeeper-suspended"
    functions = {
      audit    = "innkeeper-audit"
      collect  = "innkeeper-collect"
      drill    = "innkeeper-drill"
      rotate   = "innkeeper-rotate"
      sentinel = "innkeeper-sentinel"
    }
  }
}

# J5
run "the_bucket_is_private_versioned_and_encrypted" {
  command = plan

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "Old versions are kept."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls, aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls, aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "Nothing in it can become public."
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"
    error_message = "It is encrypted."
  }

  assert {
    condition     = can(regex("prevent_destroy = true", file("${path.module}/bucket.tf")))
    error_message = "A plan that would replace the bucket is refused."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this["this"].policy).Statement[0].Effect == "Deny" && jsondecode(aws_s3_bucket_policy.this["this"].policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "Connections without TLS are refused."
  }

  assert {
    condition = { for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.id => rule.expiration[0].days if length(rule.expiration) > 0 && rule.id != "states-and-locks" } == {
      facts = 400, feedback = 400, quarantine = 400, runs = 400
    }
    error_message = "Feedback, facts, quarantine and the notes of runs go after 400 days; nothing else does."
  }
}

run "the_tls_policy_can_be_left_out" {
  command = plan

  variables {
    bucket_tls_only = false
  }

  assert {
    condition     = length(aws_s3_bucket_policy.this) == 0
    error_message = "An embedded AWS without TLS needs a bucket without this policy."
  }
}

# A13
run "dead_letters_stay_as_long_as_they_can" {
  command = plan

  assert {
    condition     = aws_sqs_queue.dead_letters.message_retention_seconds == 1209600
    error_message = "Retention counts from the first queue, so it must not be shorter here."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.dead_letters.policy).Statement[0].Condition.ArnLike["aws:SourceArn"] == ["arn:aws:sns:eu-central-1:123456789012:innkeeper-*-feedback", "arn:aws:sns:eu-central-1:123456789012:innkeeper-notices"]
    error_message = "Topics of tenants and that of notices, and only they, send here."
  }
}

# H4
run "a_notice_that_comes_back_is_heard_of" {
  command = plan

  assert {
    condition     = one(aws_sesv2_configuration_set_event_destination.notices.event_destination).matching_event_types == toset(["BOUNCE", "COMPLAINT", "REJECT"]) && one(one(aws_sesv2_configuration_set_event_destination.notices.event_destination).sns_destination).topic_arn == "arn:aws:sns:eu-central-1:123456789012:innkeeper-notices"
    error_message = "What SES says about the platform's own mail goes to a topic of its own."
  }

  assert {
    condition = [for statement in jsondecode(aws_sns_topic.notices.policy).Statement : [statement.Effect, jsonencode(statement.Condition)]] == [
      ["Allow", jsonencode({ StringEquals = { "aws:SourceAccount" = "123456789012", "aws:SourceArn" = "arn:aws:ses:eu-central-1:123456789012:configuration-set/innkeeper-notices" } })],
      ["Deny", jsonencode({ StringNotEquals = { "aws:SourceArn" = "arn:aws:ses:eu-central-1:123456789012:configuration-set/innkeeper-notices" } })],
    ]
    error_message = "Only SES, of this account and for this set, publishes there."
  }

  assert {
    condition     = [aws_sqs_queue.notices.message_retention_seconds, aws_sqs_queue.notices.sqs_managed_sse_enabled, jsondecode(aws_sqs_queue.notices.redrive_policy).deadLetterTargetArn] == [1209600, true, "arn:aws:sqs:eu-central-1:123456789012:innkeeper-dead-letters"]
    error_message = "Its queue keeps as long and as safely as a tenant's."
  }

  assert {
    condition = [for statement in jsondecode(aws_sqs_queue.notices.policy).Statement : [statement.Effect, jsonencode(statement.Condition)]] == [
      ["Allow", jsonencode({ ArnEquals = { "aws:SourceArn" = "arn:aws:sns:eu-central-1:123456789012:innkeeper-notices" } })],
      ["Deny", jsonencode({ ArnNotEquals = { "aws:SourceArn" = "arn:aws:sns:eu-central-1:123456789012:innkeeper-notices" } })],
    ]
    error_message = "Only its topic sends there."
  }

  assert {
    condition = { for name, policy in aws_iam_role_policy.function : name => flatten([for statement in jsondecode(policy.policy).Statement : statement.Action
      if can(regex("/notices/|:sqs:[a-z0-9:-]*:innkeeper-notices\"", jsonencode(statement.Resource)))
      ]) if can(regex("/notices/|:sqs:[a-z0-9:-]*:innkeeper-notices\"", policy.policy)) } == {
      audit   = ["s3:GetObject"]
      collect = ["s3:GetObject", "s3:PutObject", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"]
    }
    error_message = "Only the collector reads the queue and keeps the list; the audit shows it."
  }

  assert {
    condition     = length(jsondecode(aws_sns_topic.operator.policy).Statement) == 1 && jsondecode(aws_sns_topic.operator.policy).Statement[0].Principal.Service == "cloudwatch.amazonaws.com"
    error_message = "The operator hears of it by an alarm: nothing that SES publishes is mailed on."
  }
}

run "guards_only_take_away" {
  command = plan

  assert {
    condition     = [for statement in jsondecode(aws_iam_policy.suspended.policy).Statement : [statement.Effect, statement.Action, statement.Resource]] == [["Deny", "ses:*", "*"]]
    error_message = "Suspended means: nothing of SES."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : [statement.Effect, statement.Action]] == [["Allow", "ses:SendRawEmail"]]
    error_message = "A tenant's user can at most send."
  }
}

run "functions_may_do_little" {
  command = plan

  assert {
    condition = alltrue(flatten([for name, policy in aws_iam_role_policy.function : [for statement in jsondecode(policy.policy).Statement :
      [for action in flatten([statement.Action]) : !endswith(action, "*")]
    ]]))
    error_message = "Every action is spelled out."
  }

  assert {
    condition = toset(flatten([for name, policy in aws_iam_role_policy.function : [for statement in jsondecode(policy.policy).Statement :
      flatten([statement.Action]) if statement.Resource == "*"
      ]])) == toset([
      "cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:PutMetricData", "ses:DeleteSuppressedDestination",
      "ses:GetAccount", "ses:GetSuppressedDestination", "ses:ListRecommendations", "ses:ListReputationEntities",
      "ses:ListSuppressedDestinations", "ses:PutSuppressedDestination",
    ])
    error_message = "Only what has no ARN is allowed on everything."
  }

  assert {
    condition     = toset([for name, policy in aws_iam_role_policy.function : name if length(regexall("CreateAccessKey|PutSecretValue", policy.policy)) > 0]) == toset(["rotate"])
    error_message = "Only rotation makes keys and writes secrets."
  }

  assert {
    condition     = toset([for name, policy in aws_iam_role_policy.function : name if length(regexall("GetSecretValue", policy.policy)) > 0]) == toset(["drill", "rotate"])
    error_message = "Only rotation and the drill, which mails as the site does, read passwords."
  }

  # G6: it cannot lift a suspension, and of the bucket it sees only whom it rotates.
  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_role_policy.function["rotate"].policy).Statement :
      alltrue([for resource in flatten([statement.Resource]) : anytrue([
        startswith(resource, "arn:aws:iam::123456789012:user/innkeeper/"),
        startswith(resource, "arn:aws:secretsmanager:eu-central-1:123456789012:secret:innkeeper/"),
        startswith(resource, "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/innkeeper-rotate:"),
        can(regex("^arn:aws:s3:::[a-z0-9-]+(/(fleet|rotations|standing)/\\*)?$", resource)),
      ])])
    ])
    error_message = "The rotate function reaches tenants' users and secrets, their manifests and standings, and nothing else."
  }

  assert {
    condition     = alltrue([for name, policy in aws_iam_role_policy.function : length(policy.policy) < 10240])
    error_message = "A role's inline policies share 10,240 characters."
  }

  assert {
    condition     = length(regexall("s3:DeleteObject", join("", [for policy in aws_iam_role_policy.function : policy.policy]))) == 0
    error_message = "No function deletes from the bucket."
  }
}

# A18: the canary is sent for every tenant, but to nobody.
run "a_canary_flies_to_the_simulator_only" {
  command = plan

  assert {
    condition = { for name, policy in aws_iam_role_policy.function : name => [for statement in jsondecode(policy.policy).Statement : statement.Condition
      if contains(flatten([statement.Resource]), "arn:aws:ses:eu-central-1:123456789012:identity/*") && contains(flatten([statement.Action]), "ses:SendEmail")
      ] if strcontains(policy.policy, "identity/*") && name != "drill" } == {
      collect = [{
        "ForAllValues:StringEquals" = { "ses:Recipients" = ["success@simulator.amazonses.com"] }
        Null                        = { "ses:Recipients" = "false" }
      }]
    }
    error_message = "Only the collector may send as a tenant, and only to the mailbox simulator."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.function["collect"].policy).Statement : statement.Resource if strcontains(jsonencode(statement.Resource), "fleet/") && jsonencode(statement.Action) == "\"s3:PutObject\""] == ["arn:aws:s3:::innkeeper-123456789012-eu-central-1/fleet/batches.json"]
    error_message = "No function writes a tenant's manifest."
  }
}

run "amazons_own_word_is_heard" {
  command = plan

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.amazon["this"].event_pattern).source == ["aws.ses"]
    error_message = "The rule must listen to SES and to nothing else."
  }

  assert {
    condition     = contains(jsondecode(aws_cloudwatch_event_rule.amazon["this"].event_pattern)["detail-type"], "Sending Status Disabled")
    error_message = "A tenant that Amazon paused must not go unnoticed."
  }

  assert {
    condition     = endswith(aws_cloudwatch_event_target.amazon["this"].arn, ":function:innkeeper-sentinel") && aws_lambda_permission.amazon["this"].principal == "events.amazonaws.com"
    error_message = "The rule must reach the sentinel, and be allowed to."
  }
}

run "schedules_and_alarms" {
  command = plan

  assert {
    condition     = { for name, schedule in aws_scheduler_schedule.this : name => schedule.schedule_expression } == { audit = "cron(0 5 ? * MON *)", collect = "cron(0 3 * * ? *)", drill = "cron(0 6 1 * ? *)", rotate = "cron(0 4 * * ? *)" }
    error_message = "Collected daily, judged weekly, drilled monthly, old passwords retired daily."
  }

  assert {
    condition     = { for name, alarm in aws_cloudwatch_metric_alarm.reputation : name => alarm.threshold } == { bounce-half = 0.025, bounce-high = 0.04, complaints-half = 0.0005, complaints-high = 0.0008 }
    error_message = "The operator hears of it before AWS acts."
  }

  assert {
    condition     = [aws_cloudwatch_metric_alarm.collect_overdue["this"].period, aws_cloudwatch_metric_alarm.collect_overdue["this"].treat_missing_data] == [86400, "breaching"]
    error_message = "A day without collecting rings."
  }

  # D6
  assert {
    condition     = [aws_cloudwatch_metric_alarm.audit_overdue["this"].metric_name, aws_cloudwatch_metric_alarm.audit_overdue["this"].threshold] == ["DaysSinceAudit", 8]
    error_message = "Eight days without an audit ring."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.oldest_message.threshold == 129600
    error_message = "Feedback that waits for 36 hours rings."
  }

  assert {
    condition     = toset([for group in aws_cloudwatch_log_group.function : group.retention_in_days]) == toset([90])
    error_message = "Logs do not stay for ever."
  }
}

# D15, D4, A18: the whole loop as a machine, and what rings when a part of it stays away.
run "the_loop_runs_over_batches" {
  command = plan

  assert {
    condition     = { for name, schedule in aws_scheduler_schedule.this : name => schedule.target[0].arn if !contains(["drill", "rotate"], name) } == { audit = "arn:aws:states:eu-central-1:123456789012:stateMachine:innkeeper-audit", collect = "arn:aws:states:eu-central-1:123456789012:stateMachine:innkeeper-collect" }
    error_message = "Schedules start the machines."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.scheduler.policy).Statement : statement.Action => statement.Resource } == {
      "lambda:InvokeFunction" = ["arn:aws:lambda:eu-central-1:123456789012:function:innkeeper-drill", "arn:aws:lambda:eu-central-1:123456789012:function:innkeeper-rotate"]
      "states:StartExecution" = ["arn:aws:states:eu-central-1:123456789012:stateMachine:innkeeper-audit", "arn:aws:states:eu-central-1:123456789012:stateMachine:innkeeper-collect"]
    }
    error_message = "The scheduler starts what is scheduled, as a machine where there is one."
  }

  assert {
    condition = alltrue([for machine in aws_sfn_state_machine.this : alltrue([for state in values(jsondecode(machine.definition).States) :
      state.ItemReader.Parameters == { Bucket = "innkeeper-123456789012-eu-central-1", Key = "fleet/batches.json" } && state.ItemReader.Resource == "arn:aws:states:::s3:getObject" && state.MaxConcurrency == 5 && state.ItemProcessor.ProcessorConfig.Mode == "DISTRIBUTED" && !can(state.ItemBatcher)
      if state.Type == "Map"
    ])])
    error_message = "Maps read the list of batches, list nothing, and run five at a time."
  }

  assert {
    condition     = keys(jsondecode(aws_sfn_state_machine.this["audit"].definition).States) == ["Act", "Count", "Decided", "Judge", "Prepare", "Publish"]
    error_message = "Judged, counted, acted, published."
  }

  assert {
    condition     = [for name in ["Prepare", "Judge", "Count", "Act"] : jsondecode(aws_sfn_state_machine.this["audit"].definition).States[name].Next] == ["Judge", "Count", "Decided", "Publish"] && jsondecode(aws_sfn_state_machine.this["audit"].definition).States["Decided"].Default == "Publish"
    error_message = "Nothing is done before everything was counted; a run that was stopped skips doing."
  }

  assert {
    condition     = length(regexall("\"ToleratedFailurePercentage\": (50|100)\\.0", aws_sfn_state_machine.this["audit"].definition)) == 2 && length(regexall("FULL", aws_sfn_state_machine.this["audit"].definition)) == 5
    error_message = "Some batches may fail; every call is tried again, spread over time."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.machine["audit"].policy).Statement : [statement.Action, statement.Resource]][0] == ["lambda:InvokeFunction", "arn:aws:lambda:eu-central-1:123456789012:function:innkeeper-audit"]
    error_message = "A machine starts its one function."
  }

  assert {
    condition     = length(regexall("\"\\*\"|:\\*\"", replace(aws_iam_role_policy.machine["audit"].policy, ":innkeeper-audit:*\"", ""))) == 0
    error_message = "A machine may do nothing on everything."
  }

  assert {
    condition = alltrue([for alarm in concat([aws_cloudwatch_metric_alarm.audit_overdue["this"]], values(aws_cloudwatch_metric_alarm.counted)) :
    alarm.namespace == "Innkeeper" && alarm.dimensions == tomap({ Platform = "innkeeper" })])
    error_message = "The functions' own metrics are those of this platform."
  }

  assert {
    condition = keys(aws_cloudwatch_metric_alarm.counted) == [
      "audit-stopped", "chain-broken", "enforcement-incomplete", "foreign-messages", "not-collected", "not-judged", "notices-undelivered", "silent-tenants",
    ] && alltrue([for alarm in values(aws_cloudwatch_metric_alarm.counted) : alarm.threshold == 0 && alarm.comparison_operator == "GreaterThanThreshold"])
    error_message = "One is enough for each of these."
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.run_failed) == ["audit", "collect"]
    error_message = "A machine that did not reach its end rings."
  }
}

run "the_drill_can_be_for_one_tenant" {
  command = plan

  variables {
    drill = { tenant = "bakery" }
  }

  assert {
    condition     = aws_scheduler_schedule.this["drill"].target[0].input == "{\"tenant\":\"bakery\"}" && aws_scheduler_schedule.this["audit"].target[0].input == "{}"
    error_message = "The function is told for whom."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.function["drill"].policy).Statement : statement.Action
      if contains(flatten([statement.Resource]), "arn:aws:ses:eu-central-1:123456789012:identity/*")
    ] == ["ses:GetEmailIdentity"]
    error_message = "On tenants' domains the drill's role only looks."
  }

  assert {
    condition     = aws_lambda_function.this["drill"].timeout == 900
    error_message = "IAM and SES take minutes to show a change: all the time that Lambda gives."
  }

  assert {
    condition = length([for statement in jsondecode(aws_iam_role_policy.function["drill"].policy).Statement : statement
      if length(setintersection(toset(flatten([statement.Action])), toset(["ses:SendEmail", "ses:SendRawEmail"]))) > 0 && try(statement.Condition.StringEquals["ses:FromAddress"], "") != "postmaster@hosting.example"
    ]) == 0
    error_message = "It sends as a tenant only by that tenant's own password; its role sends notices, as every judge does."
  }
}

run "the_drill_can_be_off" {
  command = plan

  variables {
    drill = { monthly = false }
  }

  assert {
    condition     = keys(aws_scheduler_schedule.this) == ["audit", "collect", "rotate"] && length(regexall("innkeeper-drill", aws_iam_role_policy.scheduler.policy)) == 0
    error_message = "Nothing starts it but a person."
  }
}

run "functions_can_be_left_out" {
  command = plan

  variables {
    functions = { collect = { handler = "lambdas.collect.handler.handle" } }
  }

  assert {
    condition     = keys(aws_scheduler_schedule.this) == ["collect"] && keys(aws_sfn_state_machine.this) == ["collect"] && keys(aws_cloudwatch_metric_alarm.counted) == ["foreign-messages", "not-collected", "notices-undelivered", "silent-tenants"] && length(aws_lambda_permission.sentinel) == 0 && length(aws_lambda_permission.rotate) == 0
    error_message = "What is not there is not called."
  }
}

run "the_sender_gets_records_in_its_zone" {
  command = plan

  variables {
    sender         = { address = "postmaster@hosting.example", zone = "hosting.example" }
    operator_email = "operator@hosting.example"
  }

  override_data {
    target = data.aws_route53_zone.sender["this"]
    values = { zone_id = "Z0123456789ABC" }
  }

  assert {
    condition     = join(" ", keys(aws_route53_record.sender)) == "dkim-1 dkim-2 dkim-3 mail-from spf"
    error_message = "A DMARC policy the domain may have already is not overwritten."
  }

  assert {
    condition     = aws_sns_topic_subscription.operator["this"].endpoint == "operator@hosting.example"
    error_message = "Alarms are mailed."
  }
}

run "a_known_sender_is_left_alone" {
  command = plan

  variables {
    sender = { address = "postmaster@hosting.example", create_identity = false }
  }

  assert {
    condition     = length(aws_sesv2_email_identity.sender) == 0 && output.records == []
    error_message = "An identity that exists is not made again."
  }
}

# Each run starts the provider anew, so one run gives many inputs a wrong value; it fails if any of them is let through.
run "refuses_wrong_values_1" {
  command = plan

  variables {
    # an odd drill
    drill = { tenant = "../x" }
    # an odd account
    account = "12345"
    # rates in percent
    alarms = { bounce_rates = [2.5, 4] }
    # an odd architecture
    architecture = "sparc"
    # an odd environment
    environment = { AWS_LAMBDA_ROLE = "x" }
    # an unknown function
    functions = { cleanup = { handler = "a.b" } }
    names = {
      boundary          = "innkeeper-boundary"
      bucket            = "innkeeper-123456789012-eu-central-1"
      configuration_set = "innkeeper-notices"
      dead_letters      = "innkeeper-dead-letters"
      machine_roles     = { audit = "innkeeper-audit-machine", collect = "innkeeper-collect-machine" }
      machines          = { audit = "innkeeper-audit", collect = "innkeeper-collect" }
      notices_queue     = "innkeeper-notices"
      notices_topic     = "innkeeper-notices"
      operator_topic    = "innkeeper-operator"
      schedule_group    = "innkeeper"
      scheduler_role    = "innkeeper-scheduler"
      suspended_policy  = "innkeeper-suspended"
      functions = {
        cleanup  = "innkeeper-cleanup"
        audit    = "innkeeper-audit"
        collect  = "innkeeper-collect"
        drill    = "innkeeper-drill"
        rotate   = "innkeeper-rotate"
        sentinel = "innkeeper-sentinel"
      }
    }
    # an odd operator email
    operator_email = "operator"
    # a missing package
    package = "no-such-file.zip"
    # an odd partition
    partition = "AWS"
    # a long prefix
    prefix = "a-name-of-seventeen"
    # an odd region
    region = "Frankfurt"
    # half days
    retention = { noncurrent_days = 0.5 }
    # no concurrency
    runs = { max_concurrency = 0 }
    # an odd runtime
    runtime = "python2.7"
    # an odd sender
    sender = { address = "postmaster" }
  }

  expect_failures = [
    var.account,
    var.alarms,
    var.architecture,
    var.drill,
    var.environment,
    var.functions,
    var.operator_email,
    var.package,
    var.partition,
    var.prefix,
    var.region,
    var.retention,
    var.runs,
    var.runtime,
    var.sender,
  ]
}

run "refuses_wrong_values_2" {
  command = plan

  variables {
    # an age below a day
    alarms = { oldest_message_hours = 12 }
    # an odd handler
    functions = { audit = { handler = "handler" } }
    # a short memory
    retention = { feedback_days = 30 }
    # a retry without a pause
    runs = { retry_seconds = 0 }
    # an odd schedule
    schedules = { audit = { expression = "weekly" } }
    # a foreign dkim zone
    sender = { address = "a@hosting.example", dkim_signing_zone = "dkim.example.com" }
  }

  expect_failures = [
    var.alarms,
    var.functions,
    var.retention,
    var.runs,
    var.schedules,
    var.sender,
  ]
}

run "refuses_wrong_values_3" {
  command = plan

  variables {
    # too little memory
    functions = { audit = { handler = "a.b", memory_mb = 64 } }
    # an odd log retention
    retention = { logs_days = 42 }
    # more than all failures
    runs = { tolerated_failure_percent = 150 }
    # an audit alarm every day
    alarms = { audit_days = 1 }
    # an input that is no json
    schedules = { audit = { expression = "rate(7 days)", input = "{" } }
    # an odd mail from
    sender = { address = "a@hosting.example", mail_from = "a.b" }
  }

  expect_failures = [
    var.alarms,
    var.functions,
    var.retention,
    var.runs,
    var.schedules,
    var.sender,
  ]
}

run "refuses_wrong_values_4" {
  command = plan

  variables {
    # too long a time limit
    functions = { audit = { handler = "a.b", timeout_seconds = 901 } }
    # an odd zone
    sender = { address = "a@hosting.example", zone = "hosting" }
  }

  expect_failures = [
    var.functions,
    var.sender,
  ]
}

run "refuses_wrong_values_5" {
  command = plan

  variables {
    # an odd bucket name
    names = {
      boundary          = "innkeeper-boundary"
      bucket            = "Innkeeper"
      configuration_set = "innkeeper-notices"
      dead_letters      = "innkeeper-dead-letters"
      machine_roles     = { audit = "innkeeper-audit-machine", collect = "innkeeper-collect-machine" }
      machines          = { audit = "innkeeper-audit", collect = "innkeeper-collect" }
      notices_queue     = "innkeeper-notices"
      notices_topic     = "innkeeper-notices"
      operator_topic    = "innkeeper-operator"
      schedule_group    = "innkeeper"
      scheduler_role    = "innkeeper-scheduler"
      suspended_policy  = "innkeeper-suspended"
      functions = {
        audit    = "innkeeper-audit"
        collect  = "innkeeper-collect"
        drill    = "innkeeper-drill"
        rotate   = "innkeeper-rotate"
        sentinel = "innkeeper-sentinel"
      }
    }
  }

  expect_failures = [
    var.names,
  ]
}

run "refuses_wrong_values_6" {
  command = plan

  variables {
    # an odd name
    names = {
      boundary          = "innkeeper-boundary"
      bucket            = "innkeeper-123456789012-eu-central-1"
      configuration_set = "innkeeper-notices"
      dead_letters      = "dead letters"
      machine_roles     = { audit = "innkeeper-audit-machine", collect = "innkeeper-collect-machine" }
      machines          = { audit = "innkeeper-audit", collect = "innkeeper-collect" }
      notices_queue     = "innkeeper-notices"
      notices_topic     = "innkeeper-notices"
      operator_topic    = "innkeeper-operator"
      schedule_group    = "innkeeper"
      scheduler_role    = "innkeeper-scheduler"
      suspended_policy  = "innkeeper-suspended"
      functions = {
        audit    = "innkeeper-audit"
        collect  = "innkeeper-collect"
        drill    = "innkeeper-drill"
        rotate   = "innkeeper-rotate"
        sentinel = "innkeeper-sentinel"
      }
    }
  }

  expect_failures = [
    var.names,
  ]
}

run "refuses_wrong_values_7" {
  command = plan

  variables {
    # a function without a name
    names = {
      boundary          = "innkeeper-boundary"
      bucket            = "innkeeper-123456789012-eu-central-1"
      configuration_set = "innkeeper-notices"
      dead_letters      = "innkeeper-dead-letters"
      machine_roles     = { audit = "innkeeper-audit-machine", collect = "innkeeper-collect-machine" }
      machines          = { audit = "innkeeper-audit", collect = "innkeeper-collect" }
      notices_queue     = "innkeeper-notices"
      notices_topic     = "innkeeper-notices"
      operator_topic    = "innkeeper-operator"
      schedule_group    = "innkeeper"
      scheduler_role    = "innkeeper-scheduler"
      suspended_policy  = "innkeeper-suspended"
      functions         = { audit = "innkeeper-audit" }
    }
  }

  expect_failures = [
    var.names,
  ]
}

run "refuses_wrong_values_8" {
  command = plan

  variables {
    # a machine without a name
    names = {
      boundary          = "innkeeper-boundary"
      bucket            = "innkeeper-123456789012-eu-central-1"
      configuration_set = "innkeeper-notices"
      dead_letters      = "innkeeper-dead-letters"
      machine_roles     = { audit = "innkeeper-audit-machine", collect = "innkeeper-collect-machine" }
      machines          = { audit = "innkeeper-audit" }
      notices_queue     = "innkeeper-notices"
      notices_topic     = "innkeeper-notices"
      operator_topic    = "innkeeper-operator"
      schedule_group    = "innkeeper"
      scheduler_role    = "innkeeper-scheduler"
      suspended_policy  = "innkeeper-suspended"
      functions = {
        audit    = "innkeeper-audit"
        collect  = "innkeeper-collect"
        drill    = "innkeeper-drill"
        rotate   = "innkeeper-rotate"
        sentinel = "innkeeper-sentinel"
      }
    }
  }

  expect_failures = [
    var.names,
  ]
}
