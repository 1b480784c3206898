# Feedback, standings, verdicts and reports. What is in here decides who may send: it is versioned, private, and a
# plan that would replace it is refused.
resource "aws_s3_bucket" "this" {
  bucket = var.names.bucket

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "this" {
  for_each = toset(var.bucket_tls_only ? ["this"] : [])

  bucket = aws_s3_bucket.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyEncryptedConnections"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

# Each kind of object has its own age. A standing carries what the longest window needs, so old feedback may go.
locals {
  expiring = {
    "facts/"      = var.retention.feedback_days
    "feedback/"   = var.retention.feedback_days
    "quarantine/" = var.retention.quarantine_days
    "runs/"       = var.retention.feedback_days
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  dynamic "rule" {
    for_each = local.expiring

    content {
      id     = trimsuffix(rule.key, "/")
      status = "Enabled"

      filter {
        prefix = rule.key
      }

      expiration {
        days = rule.value
      }

      noncurrent_version_expiration {
        noncurrent_days = var.retention.noncurrent_days
      }
    }
  }

  # Standings, manifests, reports, who cannot be told: the current version stays for good.
  dynamic "rule" {
    for_each = toset(["dashboard/", "fleet/", "notices/", "reports/", "standing/"])

    content {
      id     = "old-${trimsuffix(rule.key, "/")}"
      status = "Enabled"

      filter {
        prefix = rule.key
      }

      noncurrent_version_expiration {
        noncurrent_days = var.retention.noncurrent_days
      }
    }
  }

  # Terraform's states, if they are kept here. Each run leaves a version of its lock (*.tflock) behind, which a
  # lifecycle rule cannot name by its ending: so old versions and empty delete markers go below the whole prefix.
  rule {
    id     = "states-and-locks"
    status = "Enabled"

    filter {
      prefix = "state/"
    }

    expiration {
      expired_object_delete_marker = true
    }

    noncurrent_version_expiration {
      noncurrent_days = var.retention.noncurrent_days
    }
  }

  rule {
    id     = "unfinished-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}
