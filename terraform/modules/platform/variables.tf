variable "account" {
  description = "Number of the AWS account."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "account is an AWS account number of twelve digits, such as \"123456789012\"."
  }
}

variable "alarms" {
  description = "When the operator is told: the account's bounce and complaint rates (0 to 1; first and second alarm), the age of the oldest uncollected feedback, and the days without an audit."
  type = object({
    audit_days           = optional(number, 8)
    bounce_rates         = optional(list(number), [0.025, 0.04])
    complaint_rates      = optional(list(number), [0.0005, 0.0008])
    oldest_message_hours = optional(number, 36)
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([for rates in [var.alarms.bounce_rates, var.alarms.complaint_rates] :
      length(rates) == 2 && alltrue([for rate in rates : rate > 0 && rate < 1]) && try(rates[0] < rates[1], false)
    ])
    error_message = "alarms.bounce_rates and alarms.complaint_rates are two rates between 0 and 1, the lower first, such as [0.025, 0.04]."
  }

  validation {
    condition     = var.alarms.oldest_message_hours >= 25 && var.alarms.oldest_message_hours <= 240
    error_message = "alarms.oldest_message_hours is from 25 (feedback is collected daily) to 240, such as 36."
  }

  validation {
    condition     = var.alarms.audit_days >= 2 && var.alarms.audit_days <= 60
    error_message = "alarms.audit_days is from 2 to 60; with a weekly audit 8."
  }
}

variable "architecture" {
  description = "Processor of the Lambda functions; the package must have been built for it."
  type        = string
  default     = "x86_64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is \"arm64\" or \"x86_64\", as the package was built."
  }
}

variable "bucket_tls_only" {
  description = "Refuse connections to the bucket without TLS. Off only where the AWS in use is an embedded one without TLS."
  type        = bool
  default     = true
  nullable    = false
}

variable "drill" {
  description = "The monthly drill: whether it is scheduled (when, schedules says), and for which tenant; null for another one each month."
  type = object({
    monthly = optional(bool, true)
    tenant  = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.drill.tenant == null || can(regex("^[a-z][a-z0-9-]{1,30}$", var.drill.tenant))
    error_message = "drill.tenant is a tenant's id, such as \"bakery\"."
  }
}

variable "environment" {
  description = "Further environment variables of the Lambda functions. No secrets: they can be read by everybody who may read the functions."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^[A-Z][A-Z0-9_]*$", name)) && !startswith(name, "AWS_LAMBDA_")])
    error_message = "environment has names in capitals, such as \"INNKEEPER_LOG_LEVEL\"; those of Lambda itself (AWS_LAMBDA_...) cannot be set."
  }
}

variable "functions" {
  description = "The Lambda functions: entry point, memory, time limit, and reserved concurrency (-1 for none). Leave one out and it is not made."
  type = map(object({
    handler              = string
    memory_mb            = optional(number, 512)
    timeout_seconds      = optional(number, 900)
    reserved_concurrency = optional(number, -1)
  }))
  default = {
    audit    = { handler = "lambdas.audit.handler.handle", memory_mb = 1024 }
    collect  = { handler = "lambdas.collect.handler.handle", memory_mb = 1024 }
    drill    = { handler = "lambdas.drill.handler.handle" }
    rotate   = { handler = "lambdas.rotate.handler.handle" }
    sentinel = { handler = "lambdas.sentinel.handler.handle", timeout_seconds = 120 }
  }
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.functions) : contains(["audit", "collect", "drill", "rotate", "sentinel"], name)])
    error_message = "functions knows \"audit\", \"collect\", \"drill\", \"rotate\" and \"sentinel\"."
  }

  validation {
    condition     = alltrue([for function in values(var.functions) : can(regex("^[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)+$", function.handler))])
    error_message = "functions: handler is a module and a function, such as \"lambdas.audit.handler.handle\"."
  }

  validation {
    condition     = alltrue([for function in values(var.functions) : function.memory_mb >= 128 && function.memory_mb <= 10240])
    error_message = "functions: memory_mb is from 128 to 10240, such as 512."
  }

  validation {
    condition     = alltrue([for function in values(var.functions) : function.timeout_seconds >= 1 && function.timeout_seconds <= 900])
    error_message = "functions: timeout_seconds is from 1 to 900."
  }
}

variable "names" {
  description = "Names of everything, computed by the program that calls this module, so that all its parts agree."
  type = object({
    boundary          = string
    bucket            = string
    configuration_set = string
    dead_letters      = string
    functions         = map(string)
    machine_roles     = map(string)
    machines          = map(string)
    notices_queue     = string
    notices_topic     = string
    operator_topic    = string
    schedule_group    = string
    scheduler_role    = string
    suspended_policy  = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.names.bucket))
    error_message = "names.bucket is a bucket name in lower case, such as \"innkeeper-123456789012-eu-central-1\"."
  }

  validation {
    condition = alltrue([for name in concat(values(var.names.functions), values(var.names.machines), values(var.names.machine_roles), [
      var.names.boundary, var.names.configuration_set, var.names.dead_letters, var.names.notices_queue,
      var.names.notices_topic, var.names.operator_topic,
      var.names.schedule_group, var.names.scheduler_role, var.names.suspended_policy,
    ]) : can(regex("^[A-Za-z0-9_-]{1,64}$", name))])
    error_message = "names (but the bucket's) have 1 to 64 letters, digits, \"-\" or \"_\", such as \"innkeeper-audit\"."
  }

  validation {
    condition     = alltrue([for name in concat(keys(var.functions), keys(var.schedules)) : contains(keys(var.names.functions), name)])
    error_message = "names.functions needs a name for every one of functions and schedules."
  }

  validation {
    condition = alltrue([for name in ["audit", "collect"] :
      !contains(keys(var.functions), name) || (contains(keys(var.names.machines), name) && contains(keys(var.names.machine_roles), name))
    ])
    error_message = "names.machines and names.machine_roles need a name for \"audit\" and for \"collect\", where these functions are made."
  }
}

variable "operator_email" {
  description = "Address that alarms are mailed to, once the operator has confirmed it; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.operator_email == null || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.operator_email))
    error_message = "operator_email is an e-mail address, such as \"operator@example.com\"."
  }
}

variable "package" {
  description = "Zip file with the code of the Lambda functions."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists(var.package)
    error_message = "package is the path of an existing zip file with the functions' code."
  }
}

variable "partition" {
  description = "Partition of AWS."
  type        = string
  default     = "aws"
  nullable    = false

  validation {
    condition     = can(regex("^aws(-[a-z]+)*$", var.partition))
    error_message = "partition is \"aws\", or \"aws-cn\" or \"aws-us-gov\" where that applies."
  }
}

variable "prefix" {
  description = "What the names of all tenants' resources begin with; permissions are given on it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,15}$", var.prefix))
    error_message = "prefix has at most 16 lower-case letters, digits and \"-\", such as \"innkeeper\"."
  }
}

variable "region" {
  description = "Region of AWS in which the platform lives."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2,}(-[a-z]+)+-[0-9]+$", var.region))
    error_message = "region is a Region of AWS, such as \"eu-central-1\"."
  }
}

variable "retention" {
  description = "Days that feedback and facts, quarantine, old versions, and logs are kept. The conduct rules look back 365 days."
  type = object({
    feedback_days   = optional(number, 400)
    logs_days       = optional(number, 90)
    noncurrent_days = optional(number, 90)
    quarantine_days = optional(number, 400)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for days in [var.retention.feedback_days, var.retention.quarantine_days, var.retention.noncurrent_days] : days >= 1 && floor(days) == days])
    error_message = "retention is in whole days, at least 1."
  }

  validation {
    condition     = var.retention.feedback_days >= 60
    error_message = "retention.feedback_days is at least 60: an audit that was missed looks back over weeks."
  }

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.retention.logs_days)
    error_message = "retention.logs_days is one of the spans CloudWatch knows, such as 30, 90 or 365."
  }
}

variable "runs" {
  description = "How a scheduled run goes over the batches of tenants: functions at the same time (a new account has ten in all), per cent of the batches that may fail to be judged before the audit gives up, and seconds before the first retry."
  type = object({
    max_concurrency           = optional(number, 5)
    retry_seconds             = optional(number, 30)
    tolerated_failure_percent = optional(number, 50)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.runs.max_concurrency >= 1 && var.runs.max_concurrency <= 1000 && floor(var.runs.max_concurrency) == var.runs.max_concurrency
    error_message = "runs.max_concurrency is a whole number from 1 to 1000, such as 5."
  }

  validation {
    condition     = var.runs.retry_seconds >= 1 && var.runs.retry_seconds <= 600 && floor(var.runs.retry_seconds) == var.runs.retry_seconds
    error_message = "runs.retry_seconds is a whole number from 1 to 600, such as 30."
  }

  validation {
    condition     = var.runs.tolerated_failure_percent >= 0 && var.runs.tolerated_failure_percent <= 100
    error_message = "runs.tolerated_failure_percent is from 0 to 100, such as 50."
  }
}

variable "runtime" {
  description = "Python of the Lambda functions."
  type        = string
  default     = "python3.13"
  nullable    = false

  validation {
    condition     = can(regex("^python3\\.1[1-9]$", var.runtime))
    error_message = "runtime is a Python of Lambda from 3.11 on, such as \"python3.13\"."
  }
}

variable "schedules" {
  description = "When functions run: an expression of EventBridge Scheduler, its time zone, and the input (JSON)."
  type = map(object({
    expression = string
    timezone   = optional(string, "UTC")
    input      = optional(string, "{}")
  }))
  default = {
    audit   = { expression = "cron(0 5 ? * MON *)" }
    collect = { expression = "cron(0 3 * * ? *)" }
    drill   = { expression = "cron(0 6 1 * ? *)" }
    rotate  = { expression = "cron(0 4 * * ? *)" } # retires old passwords that no site uses any more
  }
  nullable = false

  validation {
    condition     = alltrue([for schedule in values(var.schedules) : can(regex("^(cron|rate|at)\\(.+\\)$", schedule.expression))])
    error_message = "schedules: expression is such as \"cron(0 3 * * ? *)\" or \"rate(1 day)\"."
  }

  validation {
    condition     = alltrue([for schedule in values(var.schedules) : can(jsondecode(schedule.input))])
    error_message = "schedules: input is JSON, such as \"{}\"."
  }
}

variable "sender" {
  description = "Address that notices and reports come from, on a domain of the platform's own; its existing hosted zone, if the records are to be written there; create_identity = false where the domain is known to SES already."
  type = object({
    address           = string
    create_identity   = optional(bool, true)
    dkim_signing_zone = optional(string, "dkim.amazonses.com")
    mail_from         = optional(string, "bounce")
    write_dmarc       = optional(bool, false)
    zone              = optional(string)
  })
  nullable = false

  validation {
    condition     = can(regex("^[^@\\s]+@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]*[a-z0-9]$", var.sender.address))
    error_message = "sender.address is an e-mail address with its domain in lower case, such as \"postmaster@hosting.example\"."
  }

  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)*dkim\\.([a-z0-9-]+\\.)*amazonses\\.com(\\.cn)?$", var.sender.dkim_signing_zone))
    error_message = "sender.dkim_signing_zone is a DKIM zone of Amazon SES, such as \"dkim.amazonses.com\", without a dot at the end."
  }

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.sender.mail_from))
    error_message = "sender.mail_from is one label, such as \"bounce\"."
  }

  validation {
    condition     = var.sender.zone == null || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]*[a-z0-9]$", var.sender.zone))
    error_message = "sender.zone is the name of an existing hosted zone without a dot at the end, such as \"hosting.example\"."
  }
}
