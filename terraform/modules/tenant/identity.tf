# The domain as a sender: its DKIM keys, its default configuration set and its MAIL FROM domain.
resource "aws_sesv2_email_identity" "this" {
  email_identity         = var.domain
  configuration_set_name = aws_sesv2_configuration_set.this.configuration_set_name
}

# Feedback comes through the configuration set; without this it would come by e-mail as well.
resource "aws_sesv2_email_identity_feedback_attributes" "this" {
  email_identity           = aws_sesv2_email_identity.this.email_identity
  email_forwarding_enabled = false
}

resource "aws_sesv2_email_identity_mail_from_attributes" "this" {
  email_identity   = aws_sesv2_email_identity.this.email_identity
  mail_from_domain = var.mail_from_domain

  # While the record is not there yet, mail flows from SES's own domain instead of failing.
  behavior_on_mx_failure = "USE_DEFAULT_VALUE"
}

# Whether sending is enabled belongs to the enforcer. A block here that says so would lift a suspension with the
# next apply; leaving it out and ignoring it keeps what is set.
resource "aws_sesv2_configuration_set" "this" {
  configuration_set_name = var.names.configuration_set

  delivery_options {
    tls_policy = var.tls_policy
  }

  reputation_options {
    reputation_metrics_enabled = true
  }

  # Not COMPLAINT: SES would then block a recipient at the first complaint, and the conduct rules count to three.
  suppression_options {
    suppressed_reasons = ["BOUNCE"]
  }

  lifecycle {
    ignore_changes = [sending_options]
  }
}
