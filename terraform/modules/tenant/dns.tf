# The records this domain needs: written into Route 53, or printed for the owner's DNS provider.
locals {
  dmarc = join("; ", concat(
    ["v=DMARC1", "p=${var.dmarc.policy}"],
    var.dmarc.percent == 100 ? [] : ["pct=${var.dmarc.percent}"],
    var.dmarc.reports == null ? [] : ["rua=mailto:${var.dmarc.reports}"],
  ))

  # SES makes three tokens; the keys are ours, because the tokens are unknown until the identity exists.
  tokens = { for number in ["1", "2", "3"] :
    number => aws_sesv2_email_identity.this.dkim_signing_attributes[0].tokens[tonumber(number) - 1]
  }

  dkim_records = { for number, token in local.tokens : "dkim-${number}" => {
    type  = "CNAME"
    name  = "${token}._domainkey.${var.domain}"
    value = "${token}.${var.dkim_signing_zone}"
    why   = "DKIM: lets receivers check that the mail was signed for this domain"
  } }

  policy_records = {
    mail-from = {
      type  = "MX"
      name  = var.mail_from_domain
      value = "10 feedback-smtp.${var.region}.amazonses.com"
      why   = "MAIL FROM: where bounces of this domain's mail go"
    }
    spf = {
      type  = "TXT"
      name  = var.mail_from_domain
      value = "v=spf1 include:amazonses.com ~all"
      why   = "SPF: says that Amazon SES may send for this domain"
    }
    dmarc = {
      type  = "TXT"
      name  = "_dmarc.${var.domain}"
      value = local.dmarc
      why   = "DMARC: tells receivers what to do with mail that fails the checks"
    }
  }

  records = merge(local.dkim_records, local.policy_records)
}

# A zone that holds records we did not write is not deleted: force_destroy stays off.
resource "aws_route53_zone" "this" {
  for_each = toset(var.dns == "route53" ? ["this"] : [])

  name    = var.domain
  comment = var.names.zone_comment
}

resource "aws_route53_record" "this" {
  for_each = var.dns == "route53" ? local.records : {}

  zone_id = aws_route53_zone.this["this"].zone_id
  type    = each.value.type
  name    = each.value.name
  ttl     = var.ttl_seconds

  # One string of a TXT record holds at most 255 characters; a longer text is written as several.
  records = [each.value.type == "TXT" ? join("\"\"", regexall(".{1,255}", each.value.value)) : each.value.value]
}
