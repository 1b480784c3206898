variable "account" {
  description = "Number of the AWS account."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "account is an AWS account number of twelve digits, such as \"123456789012\"."
  }
}

variable "boundary_arn" {
  description = "Managed policy that bounds the SMTP user: sending is the most it can ever be allowed."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:policy/.+$", var.boundary_arn))
    error_message = "boundary_arn is the ARN of a managed policy, such as \"arn:aws:iam::123456789012:policy/innkeeper/innkeeper-boundary\"."
  }
}

variable "dead_letter_queue_arn" {
  description = "Queue, shared by all tenants, for what could not be delivered or read."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:sqs:[a-z0-9-]+:[0-9]{12}:.+$", var.dead_letter_queue_arn))
    error_message = "dead_letter_queue_arn is the ARN of a queue, such as \"arn:aws:sqs:eu-central-1:123456789012:innkeeper-dead-letters\"."
  }
}

variable "dkim_signing_zone" {
  description = "Zone that the three DKIM records point into. SES reports it as SigningHostedZone; it differs by Region and by identity."
  type        = string
  default     = "dkim.amazonses.com"
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)*dkim\\.([a-z0-9-]+\\.)*amazonses\\.com(\\.cn)?$", var.dkim_signing_zone))
    error_message = "dkim_signing_zone is a DKIM zone of Amazon SES, such as \"dkim.amazonses.com\", without a dot at the end."
  }
}

variable "dmarc" {
  description = "DMARC policy: what receivers do with mail that fails the checks, for how many percent of it, and where reports go."
  type = object({
    policy  = optional(string, "none")
    percent = optional(number, 100)
    reports = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["none", "quarantine", "reject"], var.dmarc.policy)
    error_message = "dmarc.policy is \"none\", \"quarantine\" or \"reject\"; start with \"none\"."
  }

  validation {
    condition     = var.dmarc.percent >= 0 && var.dmarc.percent <= 100 && floor(var.dmarc.percent) == var.dmarc.percent
    error_message = "dmarc.percent is a whole number from 0 to 100, such as 25."
  }

  validation {
    condition     = var.dmarc.reports == null || can(regex("^[^@\\s;,!\"]+@[a-z0-9.-]+$", var.dmarc.reports))
    error_message = "dmarc.reports is an e-mail address without spaces, commas and semicolons, such as \"dmarc@example.com\"."
  }
}

variable "dns" {
  description = "Who answers for the domain: route53 makes a hosted zone with all records, external only prints them."
  type        = string
  default     = "route53"
  nullable    = false

  validation {
    condition     = contains(["route53", "external"], var.dns)
    error_message = "dns is \"route53\" (a hosted zone is made) or \"external\" (the records are printed)."
  }
}

variable "domain" {
  description = "The tenant's e-mail domain, in lower case and ASCII (A-label) form."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.domain) <= 253 && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", var.domain))
    error_message = "domain is a DNS name in lower case without a dot at the end, such as \"bakery.example\"."
  }
}

variable "mail_from_domain" {
  description = "Sub-domain used as the MAIL FROM domain, and for nothing else."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", trimsuffix(var.mail_from_domain, ".${var.domain}")))
    error_message = "mail_from_domain is one label below domain, such as \"bounce.bakery.example\"."
  }
}

variable "max_receive_count" {
  description = "How often a message may be received before it moves to the dead-letter queue."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.max_receive_count >= 5 && var.max_receive_count <= 1000
    error_message = "max_receive_count is from 5 to 1000: a message can count as received though nobody got it."
  }
}

variable "names" {
  description = "Names of everything, computed by the program that calls this module, so that all its parts agree."
  type = object({
    configuration_set = string
    event_destination = optional(string, "feedback")
    queue             = string
    secret            = string
    topic             = string
    user              = string
    user_path         = string
    zone_comment      = string
  })
  nullable = false

  validation {
    condition = alltrue([for name in [var.names.configuration_set, var.names.event_destination, var.names.user] :
      can(regex("^[A-Za-z0-9_-]{1,64}$", name))
    ])
    error_message = "names.configuration_set, names.event_destination and names.user have 1 to 64 letters, digits, \"-\" or \"_\", such as \"innkeeper-bakery\"."
  }

  validation {
    condition     = alltrue([for name in [var.names.queue, var.names.topic] : can(regex("^[A-Za-z0-9_-]{1,80}$", name))])
    error_message = "names.queue and names.topic have 1 to 80 letters, digits, \"-\" or \"_\", such as \"innkeeper-bakery-feedback\"."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9/_+=.@-]{1,512}$", var.names.secret))
    error_message = "names.secret has letters, digits and /_+=.@- only, such as \"innkeeper/bakery/smtp\"."
  }

  validation {
    condition     = can(regex("^/([A-Za-z0-9-]+/)+$", var.names.user_path))
    error_message = "names.user_path begins and ends with a slash, such as \"/innkeeper/\"."
  }

  validation {
    condition     = can(regex("^[ -~]{1,256}$", var.names.zone_comment))
    error_message = "names.zone_comment says whose zone it is in at most 256 ASCII characters, such as \"innkeeper/bakery\"."
  }
}

variable "only_from_address" {
  description = "The one address the SMTP user may send from; null for any address of the domain. Upper and lower case count."
  type        = string
  default     = null

  validation {
    condition     = var.only_from_address == null || can(regex("^[^@\\s*?$]+@${replace(var.domain, ".", "\\.")}$", var.only_from_address))
    error_message = "only_from_address is an address of this domain, such as \"wordpress@bakery.example\"."
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

variable "readers" {
  description = "Who may read the SMTP password. role: the site's host, allowed by the secret itself. only: where given, the role and these ARNs read, the account's root as a way back, and nobody else in the account."
  type = object({
    only = optional(list(string), [])
    role = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.readers.role == null || can(regex("^arn:[a-z-]+:iam::${var.account}:role/[A-Za-z0-9_+=,.@/-]+$", var.readers.role))
    error_message = "readers.role is the ARN of a role in this account, such as \"arn:aws:iam::123456789012:role/bakery-site\"."
  }

  validation {
    condition     = alltrue([for arn in var.readers.only : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9_+=,.@/-]+$", arn))])
    error_message = "readers.only holds ARNs of roles and users in full, such as \"arn:aws:iam::123456789012:role/innkeeper-operator\"."
  }
}

variable "region" {
  description = "Region of AWS in which the tenant lives."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2,}(-[a-z]+)+-[0-9]+$", var.region))
    error_message = "region is a Region of AWS, such as \"eu-central-1\"."
  }
}

variable "rotation" {
  description = "Lets Secrets Manager change the password every so many days, through this function; null for never. Only for a secret that holds a password."
  type = object({
    every_days   = number
    function_arn = string
  })
  default = null

  validation {
    condition     = var.rotation == null || try(var.rotation.every_days >= 14 && var.rotation.every_days <= 1000 && floor(var.rotation.every_days) == var.rotation.every_days, false)
    error_message = "rotation.every_days is a whole number from 14 to 1000: the old password stays for a week at least."
  }

  validation {
    condition     = var.rotation == null || can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:.+$", var.rotation.function_arn))
    error_message = "rotation.function_arn is the ARN of a Lambda function, such as \"arn:aws:lambda:eu-central-1:123456789012:function:innkeeper-rotate\"."
  }
}

variable "secret_recovery_days" {
  description = "Days for which a deleted secret can be restored; 0 deletes it at once."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.secret_recovery_days == 0 || (var.secret_recovery_days >= 7 && var.secret_recovery_days <= 30)
    error_message = "secret_recovery_days is 0, or from 7 to 30."
  }
}

variable "sentinel_function_arn" {
  description = "Function that judges rejected mail (viruses) within minutes; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.sentinel_function_arn == null || can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:.+$", var.sentinel_function_arn))
    error_message = "sentinel_function_arn is the ARN of a Lambda function, such as \"arn:aws:lambda:eu-central-1:123456789012:function:innkeeper-sentinel\"."
  }
}

variable "source_ips" {
  description = "Address ranges (CIDR) the SMTP user may send from; empty for anywhere."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for range in var.source_ips : can(cidrnetmask(range)) || can(regex("^[0-9a-fA-F:]+/[0-9]{1,3}$", range)) && can(cidrhost(range, 0))])
    error_message = "source_ips are address ranges such as \"203.0.113.7/32\" or \"2001:db8::/64\"."
  }

  # All inline policies of a user share 2,048 characters.
  validation {
    condition     = length(var.source_ips) <= 20
    error_message = "source_ips holds at most 20 ranges: IAM limits the size of a user's policy. Use wider ranges."
  }
}

variable "tls_policy" {
  description = "OPTIONAL sends without TLS where a receiver has none; REQUIRE does not send there at all."
  type        = string
  default     = "OPTIONAL"
  nullable    = false

  validation {
    condition     = contains(["OPTIONAL", "REQUIRE"], var.tls_policy)
    error_message = "tls_policy is \"OPTIONAL\" or \"REQUIRE\"."
  }
}

variable "ttl_seconds" {
  description = "How long resolvers may keep the DNS records."
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition     = var.ttl_seconds >= 60 && var.ttl_seconds <= 86400
    error_message = "ttl_seconds is from 60 to 86400, such as 3600."
  }
}

variable "visibility_timeout_seconds" {
  description = "How long the collector may work on a received message before others see it again."
  type        = number
  default     = 900
  nullable    = false

  validation {
    condition     = var.visibility_timeout_seconds >= 30 && var.visibility_timeout_seconds <= 43200
    error_message = "visibility_timeout_seconds is from 30 to 43200, such as 900."
  }
}
